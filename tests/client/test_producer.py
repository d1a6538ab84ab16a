"""What a producer puts on the wire, where, how often, and what it says when it cannot."""

from __future__ import annotations

from collections import Counter

import pytest
from twisted.internet.defer import CancelledError

from rmqtw.client.errors import NoBroker, NoNameserver, NoRoute
from rmqtw.client.producer import Producer
from rmqtw.net.connections import CallTimeout
from rmqtw.wire import properties
from rmqtw.wire.codes import RequestCode, ResponseCode
from rmqtw.wire.errors import MessageIllegal, SystemBusy
from rmqtw.wire.messages import BODY_LIMIT
from tests.client.cluster import route
from tests.golden import frames

SEND = RequestCode.SEND_MESSAGE_V2


def stored(command):
    """A broker that stores what it gets in the queue that was asked for."""
    return 0, {"msgId": "0A", "queueId": command.ext_fields["e"], "queueOffset": "7"}, b""


@pytest.fixture
def brokers(cluster):
    """Two brokers with two queues each that store every message."""
    cluster.routes["T"] = route({"broker-a": 2, "broker-b": 2})
    for broker in cluster.brokers.values():
        broker.verbs[SEND] = stored
    return cluster.brokers


@pytest.fixture
def producer(cluster):
    """A producer of the cluster's client."""
    return Producer(cluster.client, "PG")


def attempts(brokers):
    """How many sends each broker got."""
    return {name: len(broker.fields(SEND)) for name, broker in brokers.items()}


def test_a_send_says_where_the_message_is(cluster, brokers, producer):
    """The caller could not find the message again."""
    result = cluster.result(producer.send("T", b"hello", tags="A", keys=["k1", "k2"]))
    assert (result.message_id, result.offset_message_id, result.queue_offset) == ("KEY0", "0A", 7)
    assert (result.status, result.queue.topic) == ("SEND_OK", "T")
    (sent,) = [command for broker in brokers.values() for command in broker.asked]
    assert sent.body == b"hello"
    assert properties.parse(sent.ext_fields["i"]) == {
        "KEYS": "k1 k2", "UNIQ_KEY": "KEY0", "WAIT": "true", "TAGS": "A",
    }  # fmt: skip


def test_the_header_has_the_fields_that_java_sends(cluster, brokers, producer):
    """A broker of Apache's would miss a field, or get one that it does not know."""
    recorded = next(
        frame.line["extFields"]
        for frame in frames("producer-send")
        if frame.line.get("code") == SEND and not frame.is_response
    )
    cluster.result(producer.send("T", b"hello"))
    (ours,) = [fields for broker in brokers.values() for fields in broker.fields(SEND)]
    assert set(ours) == set(recorded)
    same = ("c", "d", "f", "h", "j", "k", "m")
    assert {name: ours[name] for name in same} == {name: recorded[name] for name in same}


def test_messages_go_to_all_queues_in_turn(cluster, brokers, producer):
    """One queue would get all messages, and one consumer all the work."""
    results = [cluster.result(producer.send("T", b"x")) for _ in range(8)]
    places = [(result.queue.broker_name, result.queue.queue_id) for result in results]
    assert places[:4] == places[4:]
    assert set(Counter(places).values()) == {2}


def test_short_lived_producers_do_not_all_begin_with_one_queue(cluster, brokers):
    """A command that sends one message would always use queue 0."""
    results = [cluster.result(Producer(cluster.client).send("T", b"x")) for _ in range(20)]
    assert len({result.queue for result in results}) > 1


def test_another_broker_is_tried_when_one_is_away(cluster, brokers, producer):
    """One broker that is down would lose half of all messages."""
    brokers["broker-a"].stop()
    for _ in range(4):
        assert cluster.result(producer.send("T", b"x")).queue.broker_name == "broker-b"
    assert cluster.questions() > 1  # the route that did not work was asked again


def test_another_broker_is_tried_when_one_is_busy(cluster, brokers, producer):
    """Flow control of one broker would fail sends that another one would take."""
    brokers["broker-a"].verbs[SEND] = lambda _: (ResponseCode.SYSTEM_BUSY, {}, b"")
    for _ in range(4):
        assert cluster.result(producer.send("T", b"x")).queue.broker_name == "broker-b"


def test_another_broker_is_tried_before_another_queue_of_a_busy_one(cluster, brokers, producer):
    """A broker with many queues that is busy would get all three attempts."""
    cluster.routes["T"] = route({"broker-a": 8, "broker-b": 1})
    brokers["broker-a"].verbs[SEND] = lambda _: (ResponseCode.SYSTEM_BUSY, {}, b"")
    for _ in range(9):
        assert cluster.result(producer.send("T", b"x")).queue.broker_name == "broker-b"
    assert 1 <= attempts(brokers)["broker-a"] <= 9  # once for a message at most


def test_a_broken_connection_is_tried_again_with_the_same_key(cluster, brokers, producer):
    """A message would be lost with its connection, or its copy could not be told from another message."""

    def breaks(command):
        brokers["broker-a"].stop()

    brokers["broker-a"].verbs[SEND] = brokers["broker-b"].verbs[SEND] = breaks
    brokers["broker-b"].verbs[SEND] = stored
    for _ in range(4):
        cluster.result(producer.send("T", b"x"))
    keys = [
        properties.parse(fields["i"])["UNIQ_KEY"]
        for broker in brokers.values()
        for fields in broker.fields(SEND)
    ]
    assert attempts(brokers) == {"broker-a": 1, "broker-b": 4}
    assert len(set(keys)) == 4


def test_three_brokers_that_are_busy_are_enough(cluster, brokers, producer):
    """A client would hammer a cluster that is overloaded."""
    for broker in brokers.values():
        broker.verbs[SEND] = lambda _: (ResponseCode.SYSTEM_BUSY, {}, b"")
    with pytest.raises(SystemBusy, match="remark of 2"):
        cluster.result(producer.send("T", b"x"))
    assert sum(attempts(brokers).values()) == 3


def test_what_no_broker_would_take_is_tried_once(cluster, brokers, producer):
    """A message that is refused for good would be sent three times."""
    for broker in brokers.values():
        broker.verbs[SEND] = lambda _: (ResponseCode.MESSAGE_ILLEGAL, {}, b"")
    with pytest.raises(MessageIllegal):
        cluster.result(producer.send("T", b"x"))
    assert sum(attempts(brokers).values()) == 1


def test_no_broker_reachable_is_said(cluster, brokers, producer):
    """A message would be lost silently."""
    for broker in brokers.values():
        broker.stop()
    with pytest.raises(NoBroker, match=r"cannot be reached.*is it running"):
        cluster.result(producer.send("T", b"x"))


def test_no_answer_in_time_is_not_repeated_and_says_what_that_means(cluster, brokers, producer):
    """A slow broker would get every message three times; or the caller would think it is not stored."""
    for broker in brokers.values():
        broker.verbs[SEND] = lambda _: None
    sending = producer.send("T", b"x")
    cluster.time.settle()
    cluster.time.advance(2.9)
    assert not sending.called
    cluster.time.advance(0.2)
    with pytest.raises(CallTimeout, match="may be stored all the same"):
        cluster.result(sending)
    assert sum(attempts(brokers).values()) == 1


def test_the_time_limit_counts_finding_the_topic(cluster, brokers):
    """A send with a limit of a second would take as long as all nameservers are silent."""
    for server in cluster.nameservers:
        server.verbs[RequestCode.GET_ROUTEINFO_BY_TOPIC] = lambda _: None
    sending = Producer(cluster.client, timeout=1.0).send("T", b"x")
    cluster.time.settle()
    cluster.time.advance(1.0)
    with pytest.raises(NoNameserver, match="no answer within 1 s"):
        cluster.result(sending)
    cluster.time.advance(6, steps=4)


def test_a_topic_that_nobody_has_is_said(cluster, producer):
    """A message to a mistyped topic would vanish."""
    with pytest.raises(NoRoute, match="topic Tpyo does not exist"):
        cluster.result(producer.send("Tpyo", b"x"))


def test_a_message_that_is_stored_less_safely_is_no_failure(cluster, brokers, producer):
    """A caller would send again what is stored, or not learn that a replica is behind."""
    for broker in brokers.values():
        broker.verbs[SEND] = lambda command: (ResponseCode.FLUSH_SLAVE_TIMEOUT, *stored(command)[1:])
    assert cluster.result(producer.send("T", b"x")).status == "FLUSH_SLAVE_TIMEOUT"


def test_a_cancelled_send_leaves_nothing_behind(cluster, brokers, producer):
    """A program that gives up would keep timers, or send again what it gave up."""
    for broker in brokers.values():
        broker.verbs[SEND] = lambda _: None
    sending = producer.send("T", b"x")
    cluster.time.settle()
    sending.cancel()
    with pytest.raises(CancelledError):
        cluster.result(sending)
    cluster.time.advance(10)
    assert sum(attempts(brokers).values()) == 1


@pytest.mark.parametrize(
    ("body", "named"), [(b"", {}), (bytes(BODY_LIMIT + 1), {}), (b"x", {"p": "x" * 32767})]
)
def test_a_message_over_the_limits_is_not_sent(cluster, brokers, producer, body, named):
    """Megabytes would be sent to hear that they are too many."""
    with pytest.raises(MessageIllegal):
        cluster.result(producer.send("T", body, user_properties=named))
    assert sum(attempts(brokers).values()) == 0


@pytest.mark.parametrize(
    ("named", "cause"),
    [
        ({"TAGS": "A"}, "TAGS is set by the tag"),
        ({"UNIQ_KEY": "A"}, "UNIQ_KEY is made"),
        ({"": "A"}, "needs a name"),
        ({"p": " "}, "needs a name and a value"),
        ({"p": "a\x02b"}, "must not hold"),
    ],
)
def test_a_property_that_would_be_lost_is_refused(cluster, brokers, producer, named, cause):
    """A property would silently be dropped, replaced, or taken for two."""
    with pytest.raises(ValueError, match=cause):
        cluster.result(producer.send("T", b"x", user_properties=named))
