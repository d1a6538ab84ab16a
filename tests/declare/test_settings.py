import attrs
import pytest
from attrs.exceptions import FrozenAttributeError

from rmqtw.declare.catalogue import BROKER, CATALOGUES, NAMESRV, RMQ
from rmqtw.declare.javakeys import KEYS
from rmqtw.declare.setting import PROFILES, BadSetting, setting, settings_of
from rmqtw.declare.settings import BrokerSettings, NameserverSettings
from rmqtw.declare.values import PATH

# House defaults: (setting, dev, safe, apache). They are a promise of the README.
NORMATIVE = [
    ("bind_address", "127.0.0.1", "127.0.0.1", "127.0.0.1"),
    ("auto_create_topic_enable", True, False, True),
    ("auto_create_subscription_group", True, False, True),
    ("flush_disk_type", "ASYNC_FLUSH", "SYNC_FLUSH", "ASYNC_FLUSH"),
    ("fast_port_enable", False, False, True),
    ("mapped_file_size_commit_log", 64 * 2**20, 2**30, 2**30),
    ("auth", "loopback", "loopback", "none"),
]


@pytest.mark.parametrize(("name", "dev", "safe", "apache"), NORMATIVE)
def test_profiles_have_the_promised_defaults(name, dev, safe, apache):
    """Somebody who picks a profile gets what the documentation says about it."""
    found = [getattr(BrokerSettings.for_profile(profile), name) for profile in PROFILES]
    assert found == [dev, safe, apache]


def test_services_start_from_their_profile():
    """`twistd rmq` is easy to try, the services for production are safe without a flag."""
    assert [catalogue.profile for catalogue in (RMQ, NAMESRV, BROKER)] == ["dev", "safe", "safe"]


def test_a_value_at_the_bound_is_taken_and_one_past_it_is_refused():
    """A port of 65535 works; 65536 is refused with a sentence that says what is allowed."""
    assert BrokerSettings(listen_port=65535).port == 65535
    with pytest.raises(BadSetting, match="listenPort must be between 0 and 65535, not 65536"):
        BrokerSettings(listen_port=65536)


@pytest.mark.parametrize(("values", "complaint"), [
    ({"flush_disk_type": "SYNC"}, "flushDiskType must be ASYNC_FLUSH or SYNC_FLUSH, not 'SYNC'"),
    ({"bind_address": "localhost"}, "bindAddress must be an IPv4 or IPv6 address, not 'localhost'"),
    ({"listen_port": "10911"}, "listenPort must be of type int, not '10911'"),
    ({"listen_port": True}, "listenPort must be of type int, not True"),
    ({"max_message_size": 2**40}, "maxMessageSize must be between 1 KiB and 64 MiB"),
])
def test_a_bad_value_names_key_value_and_bound(values, complaint):
    """Whoever embeds a broker with a wrong setting is told which, and what it may be."""
    with pytest.raises(BadSetting, match=complaint):
        BrokerSettings(**values)


def test_an_unknown_profile_names_the_nearest():
    """A slip in a profile's name is answered with the name that was probably meant."""
    with pytest.raises(ValueError, match="not 'saef'; did you mean safe"):
        BrokerSettings.for_profile("saef")


def test_a_setting_that_is_not_live_cannot_be_assigned():
    """A running broker never pretends that a changed port has taken effect."""
    settings = BrokerSettings()
    with pytest.raises(FrozenAttributeError):
        settings.listen_port = 1


def test_a_live_setting_can_be_assigned_within_its_bounds_only():
    """A change while running is checked like one at the start."""

    @attrs.define
    class Live:
        depth: int = setting(3, "How deep.", group="Test", live=True, remote=True, bounds=(1, 9))

    live = Live()
    live.depth = 9
    assert live.depth == 9
    with pytest.raises(BadSetting, match="depth must be between 1 and 9, not 10"):
        live.depth = 10
    assert live.depth == 9


@pytest.mark.parametrize("facts", [{"live": False}, {"live": True, "unit": PATH}])
def test_what_must_not_change_over_the_wire_cannot_be_declared_so(facts):
    """No peer can ever point a path of ours somewhere else."""
    with pytest.raises(TypeError, match="not changeable over the wire"):
        setting("x", "Somewhere.", group="Test", remote=True, **facts)


def test_an_offset_moves_every_port_and_the_nameserver_beside():
    """A second set of services with --port-offset 100 meets its own nameserver, not the first one's."""
    settings = BrokerSettings.for_profile("apache", port_offset=100)
    assert (settings.port, settings.fast_port) == (11011, 11009)
    assert settings.namesrv_addresses == ("127.0.0.1:9976",)
    assert NameserverSettings(port_offset=100).port == 9976
    assert BrokerSettings(port_offset=100, listen_port=0).port == 0


def test_nameservers_are_listed_as_java_lists_them():
    """An address list copied from a Java broker.conf is understood; `none` registers nowhere."""
    listed = BrokerSettings(namesrv_addr="10.0.0.1:9876; 10.0.0.2:9876;").namesrv_addresses
    assert listed == ("10.0.0.1:9876", "10.0.0.2:9876")
    assert BrokerSettings(namesrv_addr="none").namesrv_addresses == ()


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda catalogue: catalogue.command)
def test_keys_and_flags_are_unique(catalogue):
    """No setting hides another one of the same command."""
    assert len(catalogue.by_key) == len(catalogue.by_flag) == len(catalogue.choices)


def test_one_process_takes_shared_settings_once_and_ports_apart():
    """With `twistd rmq`, one --frame-max-length holds for both servers, each with its own port."""
    built = RMQ.build("dev", {"frameMaxLength": 2**20, "listenPort": 1111, "namesrvListenPort": 2222})
    assert [settings.frame_max_length for settings in built.values()] == [2**20, 2**20]
    assert built[BrokerSettings].listen_port == 1111
    assert built[NameserverSettings].listen_port == 2222


def test_names_that_apache_has_are_spelled_as_apache_spells_them():
    """A key differs from Apache's in more than case, or not at all: `brokerIP1`, not `brokerIp1`."""
    by_lower = {key.lower(): key for key in KEYS}
    ours = {item.key for cls in (BrokerSettings, NameserverSettings) for item in settings_of(cls)}
    assert [(key, by_lower[key.lower()]) for key in ours if by_lower.get(key.lower(), key) != key] == []
    assert {"listenPort", "brokerIP1", "namesrvAddr", "flushDiskType", "autoCreateTopicEnable"} <= ours


@pytest.mark.parametrize(("bind", "host"), [
    ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("10.0.0.7", "10.0.0.7"), ("::", "[::1]"),
    ("::1", "[::1]")])
def test_a_listener_is_reached_where_it_listens(bind, host):
    """A broker in the same process finds its nameserver whatever that listens on."""
    assert NameserverSettings(bind_address=bind).reachable_host == host
