import pytest

from rmqtw.declare.settings import BrokerSettings, NameserverSettings
from rmqtw.declare.startchecks import check, check_together

RISK = "unauthenticated-listener"


@pytest.mark.parametrize("profile", ["dev", "safe", "apache"])
def test_every_profile_starts_as_it_is(profile):
    """A profile without further settings has nothing wrong with it."""
    assert check(BrokerSettings.for_profile(profile)) == []
    assert check(NameserverSettings.for_profile(profile)) == []


@pytest.mark.parametrize(("bind", "advertised"), [
    ("127.0.0.1", "10.0.0.5"), ("10.0.0.5", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "fd00::5")])
def test_loopback_on_one_side_only_is_refused_naming_both(bind, advertised):
    """Clients are never sent to an address that the broker does not listen on."""
    problems = check(BrokerSettings(bind_address=bind, broker_ip1=advertised, accept_risks=RISK))
    assert len(problems) == 1
    assert bind in problems[0]
    assert advertised in problems[0]


@pytest.mark.parametrize(("bind", "advertised"), [
    ("127.0.0.1", "127.0.0.2"), ("10.0.0.5", ""), ("0.0.0.0", "203.0.113.9"), ("::1", "::1")])
def test_addresses_on_the_same_side_are_fine(bind, advertised):
    """A broker behind address translation may advertise an address that is not its own."""
    assert check(BrokerSettings(bind_address=bind, broker_ip1=advertised, accept_risks=RISK)) == []


@pytest.mark.parametrize("settings_class", [BrokerSettings, NameserverSettings])
@pytest.mark.parametrize("auth", ["loopback", "none"])
def test_an_open_listener_without_authentication_needs_its_risk_accepted(settings_class, auth):
    """Nobody opens a server to the network by setting one address."""
    problems = check(settings_class.for_profile("safe", bind_address="0.0.0.0", auth=auth))
    assert len(problems) == 1
    assert f"acceptRisks={RISK}" in problems[0]
    accepted = settings_class.for_profile("safe", bind_address="0.0.0.0", auth=auth, accept_risks=f" {RISK} ")
    assert check(accepted) == []


def test_an_open_listener_with_authentication_needs_nothing():
    """Another plugin than the built-in ones is taken to authenticate."""
    assert check(BrokerSettings(bind_address="0.0.0.0", auth="acl:/etc/acl.json")) == []


@pytest.mark.parametrize(("values", "complaint"), [
    ({"accept_risks": "unauthenticated-listner"}, "did you mean unauthenticated-listener"),
    ({"listen_port": 60000, "port_offset": 10000}, "make 70000, which is over 65535"),
    ({"listen_port": 2, "fast_port_enable": True}, "fastPortEnable needs listenPort above 2"),
    ({"mapped_file_size_consume_queue": 6_000_001}, "must be a multiple of 20, not 6000001"),
    ({"mapped_file_size_commit_log": 2**20}, "maxMessageSize 4 MiB plus 64 KiB does not fit into mapped"),
    ({"frame_max_length": 2**20}, "does not fit into frameMaxLength 1 MiB"),
    ({"namesrv_addr": "10.0.0.1"}, "namesrvAddr must be host:port;host:port or none, not '10.0.0.1'"),
    ({"namesrv_addr": "10.0.0.1:99999"}, "not '10.0.0.1:99999'"),
    ({"broker_ip1": "0.0.0.0"}, "brokerIP1 0.0.0.0 is no address to connect to"),
])
def test_settings_that_cannot_work_together_are_named(values, complaint):
    """A start that could only fail later fails at once, with the settings to change."""
    assert any(complaint in problem for problem in check(BrokerSettings(**values)))


def test_two_servers_in_one_process_need_two_ports():
    """A clash of ports inside `twistd rmq` names both settings."""
    nameserver = NameserverSettings(listen_port=10911)
    assert "namesrvListenPort" in check_together(BrokerSettings(), nameserver)[0]
    assert check_together(BrokerSettings(listen_port=0), NameserverSettings(listen_port=0)) == []
    fast = BrokerSettings(fast_port_enable=True)
    assert check_together(fast, NameserverSettings(listen_port=10909)) != []
