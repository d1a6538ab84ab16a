from rmqtw.declare.settings import BrokerSettings
from rmqtw.tap.resolve import resolved
from rmqtw.tap.translate import connection_limits, pull_limits, send_limits, store_settings

RISK = "unauthenticated-listener"


def resolve(**values):
    return resolved(BrokerSettings(**values), hostname=lambda: "h1", address=lambda: "192.0.2.7")


def test_what_is_open_is_filled_in_and_what_is_set_stays():
    """A broker without name and address gets those of its machine; a given one keeps its own."""
    found = resolve(bind_address="0.0.0.0", accept_risks=RISK)
    assert (found.broker_name, found.broker_ip1) == ("h1", "192.0.2.7")
    found = resolve(broker_name="b", broker_ip1="127.0.0.9")
    assert (found.broker_name, found.broker_ip1) == ("b", "127.0.0.9")


def test_a_bound_address_is_advertised():
    """A broker that listens on one address tells clients that one, not the machine's first."""
    assert resolve(bind_address="198.51.100.3").broker_ip1 == "198.51.100.3"
    assert resolve().broker_ip1 == "127.0.0.1"


def test_resolving_twice_changes_nothing():
    """Options and embedding may both resolve; the second time finds nothing to do."""
    once = resolve(store="file:somewhere")
    assert resolved(once) == once


def test_folder_of_the_store_is_the_folder_of_everything(tmp_path, monkeypatch):
    """`--store file:DIR` moves topics and offsets along with the messages."""
    monkeypatch.chdir(tmp_path)
    assert resolve(store="file:x").store_path_root_dir == str(tmp_path / "x")
    assert resolve(store="memory", store_path_root_dir="y").store_path_root_dir == str(tmp_path / "y")


def test_limits_arrive_where_they_are_applied():
    """A limit in milliseconds or bytes means the same in the part that applies it."""
    settings = BrokerSettings(
        unauthenticated_timeout=2500, server_channel_max_idle_time_seconds=7, frame_max_length=2**23,
        max_message_size=2**21, flush_disk_type="SYNC_FLUSH", sync_flush_timeout=1500,
        flush_interval_commit_log=250, short_polling_time_mills=9, long_polling_enable=False)
    limits, store = connection_limits(settings), store_settings(settings)
    assert (limits.unauthenticated_seconds, limits.idle_seconds, limits.frame_bytes) == (2.5, 7, 2**23)
    assert (store.sync_flush, store.flush_timeout, store.flush_interval) == (True, 1.5, 0.25)
    assert store.max_record_size > send_limits(settings).body == 2**21
    assert (pull_limits(settings).long_poll, pull_limits(settings).short_poll_millis) == (False, 9)
