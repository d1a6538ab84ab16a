"""When brokers are forgotten: silence, lost connections; and when they must register again."""

from __future__ import annotations

import pytest

from rmqtw.nameserver.registry import Registration, Registry
from rmqtw.wire.bodies.base import DataVersion
from rmqtw.wire.bodies.topics import TopicConfig


def test_silent_broker_is_forgotten_after_two_minutes(names, broker):
    """Clients would be sent to a hung machine for ever, or a busy one would be dropped."""
    broker.register()
    names.pass_time(115)
    assert names.addresses() != {}
    names.pass_time(12)
    assert names.addresses() == {}
    assert names.clusters().broker_addr_table == {}


@pytest.mark.parametrize(("millis", "stays", "gone"), [(20_000, 18, 8), (0, 115, 12), (-5, 115, 12)])
def test_brokers_own_time_out_counts(names, broker, millis, stays, gone):
    """A broker that heartbeats each second would be trusted as long as one that does each minute."""
    broker.register(heartbeat_timeout_millis=millis)
    names.pass_time(stays)
    assert names.addresses() != {}
    names.pass_time(gone)
    assert names.addresses() == {}


def test_lost_connection_takes_its_brokers_out_at_once(names, broker):
    """Clients would be sent to a crashed broker for two minutes."""
    broker.register()
    broker.register(broker_id=1)
    other = names.connect()
    other.register("b")
    broker.hang_up()
    assert names.addresses() == {"b": {0: "10.0.0.98:10910"}}


def test_old_connection_takes_nobody_out_who_registered_anew(names, broker):
    """A broker that reconnected would vanish when its old connection is noticed to be gone."""
    broker.register()
    again = names.connect()
    again.register()
    broker.hang_up()
    assert set(names.addresses()) == {"a"}


def test_data_version_says_whether_to_register(names, broker):
    """Brokers would send all their topics every 30 seconds, or not when it is needed."""
    mine = DataVersion(counter=3)
    assert broker.must_register(mine) == (True, b"")
    broker.register(version=3)
    changed, body = broker.must_register(mine)
    assert not changed
    assert DataVersion.decode(body) == mine
    changed, body = broker.must_register(DataVersion(counter=4))
    assert changed
    assert DataVersion.decode(body) == mine


def test_asking_for_the_data_version_is_a_sign_of_life(names, broker):
    """A broker that only asks, because nothing changed, would be dropped."""
    broker.register(version=3)
    for _ in range(5):
        names.pass_time(60)
        assert broker.must_register(DataVersion(counter=3))[0] is False
    assert names.addresses() != {}


def test_brokers_of_one_connection_are_forgotten_with_their_topics():
    """Topics of brokers that are gone would still have routes, and others would lose theirs."""
    registry = Registry()
    for name, peer in (("a", "one"), ("b", "one"), ("c", "two")):
        topics = {topic: TopicConfig(topic_name=topic) for topic in (f"only-{name}", "shared")}
        registry.register(
            Registration("C", name, 0, f"{name}:1", "", topics, DataVersion()), 0.0, peer
        )
    registry.forget(registry.behind("one"))
    assert set(registry.topics) == {"only-c", "shared"}
    assert set(registry.topics["shared"]) == {"c"}
    assert set(registry.groups) == {"c"}
