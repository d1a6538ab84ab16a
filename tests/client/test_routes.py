"""Where topics are: whom a client asks, how often, and what it says when nobody knows."""

from __future__ import annotations

import pytest

from rmqtw.client.errors import NoBroker, NoNameserver, NoRoute
from rmqtw.client.routes import Route
from rmqtw.wire.codes import RequestCode
from rmqtw.wire.errors import InvalidParameter, SystemFailure
from tests.client.cluster import BROKERS, NAMESERVERS, route


def test_many_callers_share_one_question(cluster):
    """A thousand sends at once would ask the nameserver a thousand times."""
    cluster.routes["T"] = route({"broker-a": 2})
    asked = [cluster.client.routes.for_sending("T") for _ in range(1000)]
    found = [cluster.result(deferred) for deferred in asked]
    assert {len(each.write_queues) for each in found} == {2}
    assert cluster.questions() == 1


def test_one_caller_who_gives_up_disturbs_nobody(cluster):
    """Cancelling one send would fail others that wait for the same route."""
    cluster.routes["T"] = route({"broker-a": 2})
    first, second = cluster.client.routes.for_reading("T"), cluster.client.routes.for_reading("T")
    first.addErrback(lambda _: None)
    first.cancel()
    assert cluster.result(second).topic == "T"


def test_a_route_is_asked_again_after_half_a_minute_and_when_it_failed(cluster):
    """A client would send to where the queues were yesterday."""
    cluster.routes["T"] = route({"broker-a": 2})
    cluster.result(cluster.client.routes.for_reading("T"))
    cluster.routes["T"] = route({"broker-a": 3})
    assert len(cluster.result(cluster.client.routes.for_reading("T")).read_queues) == 2
    cluster.time.advance(30)
    assert len(cluster.result(cluster.client.routes.for_reading("T")).read_queues) == 3
    cluster.routes["T"] = route({"broker-a": 4})
    cluster.client.routes.forget("T")
    assert len(cluster.result(cluster.client.routes.for_reading("T")).read_queues) == 4


def test_the_next_nameserver_is_asked_when_one_is_away(cluster):
    """One nameserver that is down would stop a client that knows two."""
    cluster.routes["T"] = route({"broker-a": 2})
    cluster.nameservers[0].stop()
    assert cluster.result(cluster.client.routes.for_reading("T")).topic == "T"
    assert cluster.client.routes.nameservers == [NAMESERVERS[1], NAMESERVERS[0]]


def test_a_nameserver_that_does_not_know_is_not_the_last_word(cluster):
    """A nameserver that has just started would make every topic vanish."""
    cluster.routes["T"] = route({"broker-a": 2})
    cluster.nameservers[0].verbs[RequestCode.GET_ROUTEINFO_BY_TOPIC] = lambda _: (17, {}, b"")
    assert cluster.result(cluster.client.routes.for_reading("T")).topic == "T"


def test_what_was_known_serves_while_all_nameservers_are_away(cluster):
    """A nameserver's restart would stop every producer."""
    cluster.routes["T"] = route({"broker-a": 2})
    cluster.result(cluster.client.routes.for_reading("T"))
    for server in cluster.nameservers:
        server.stop()
    cluster.time.settle()
    cluster.client.routes.forget("T")
    assert len(cluster.result(cluster.client.routes.for_reading("T")).read_queues) == 2


def test_nobody_reachable_is_said_with_all_addresses(cluster):
    """The user would not know which addresses were tried."""
    for server in cluster.nameservers:
        server.stop()
    with pytest.raises(NoNameserver, match=r"10\.0\.0\.1:9876, 10\.0\.0\.2:9876.*is one running there\?"):
        cluster.result(cluster.client.routes.for_reading("T"))


def test_a_nameserver_that_refuses_is_quoted(cluster):
    """The user would be told that nobody answers, when somebody said no."""
    for server in cluster.nameservers:
        server.verbs[RequestCode.GET_ROUTEINFO_BY_TOPIC] = lambda _: (1, {}, b"")
    with pytest.raises(SystemFailure, match="remark of 1"):
        cluster.result(cluster.client.routes.for_reading("T"))


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b'{"queueDatas":7}'])
def test_a_route_that_cannot_be_read_does_not_end_the_client(cluster, body):
    """Garbage from one nameserver would be taken for an answer."""
    cluster.routes["T"] = route({"broker-a": 2})
    cluster.nameservers[0].verbs[RequestCode.GET_ROUTEINFO_BY_TOPIC] = lambda _: (0, {}, body)
    assert cluster.result(cluster.client.routes.for_reading("T")).topic == "T"


def test_an_unknown_topic_is_sent_where_brokers_create_topics(cluster):
    """The first message of a new topic would find no queue."""
    cluster.routes["TBW102"] = route({"broker-a": 8, "broker-b": 2}, perm=7)
    found = cluster.result(cluster.client.routes.for_sending("New"))
    assert [(queue.topic, queue.broker_name) for queue in found.write_queues] == [
        *[("New", "broker-a")] * 4, *[("New", "broker-b")] * 2,
    ]  # fmt: skip


@pytest.mark.parametrize("way", ["for_sending", "for_reading"])
def test_an_unknown_topic_is_an_error_with_a_next_step(cluster, way):
    """The user would wait for a topic that nobody has."""
    with pytest.raises(NoRoute, match=r"topic New does not exist.*create it"):
        cluster.result(getattr(cluster.client.routes, way)("New"))


def test_a_topic_without_permission_has_no_queue(cluster):
    """A client would send to a queue that refuses every message."""
    cluster.routes["T"] = route({"broker-a": 2}, perm=4)
    assert cluster.result(cluster.client.routes.for_reading("T")).topic == "T"
    with pytest.raises(NoRoute, match="no queue for sending"):
        cluster.result(cluster.client.routes.for_sending("T"))


def test_a_slave_is_read_while_the_master_is_away_but_not_written():
    """A message would be sent to a slave, which refuses it; or nothing read, though a copy is there."""
    slave_only = route({"broker-a": 1}, addresses={"broker-a": {2: "10.0.9.2:1", 1: "10.0.9.1:1"}})
    assert Route("T", slave_only).write_queues == []
    assert len(Route("T", slave_only).read_queues) == 1
    assert Route("T", slave_only).address("broker-a") == "10.0.9.1:1"
    assert Route("T", route({"broker-a": 1})).address("broker-a") == BROKERS["broker-a"]
    with pytest.raises(NoBroker, match="broker-z"):
        Route("T", slave_only).address("broker-z")


def test_a_name_that_no_topic_may_have_is_refused_before_anybody_is_asked(cluster):
    """The user would hear of a missing topic instead of a bad name."""
    with pytest.raises(InvalidParameter, match="illegal characters"):
        cluster.result(cluster.client.routes.for_sending("no such name"))
    assert cluster.questions() == 0
