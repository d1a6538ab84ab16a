"""Sends: where messages go, what is created for them, and what is refused."""

from __future__ import annotations

import pytest

from rmqtw.wire.batch import BatchItem
from rmqtw.wire.codes import ResponseCode
from rmqtw.wire.ids import parse_offset_message_id
from rmqtw.wire.properties import parse
from tests.broker.world import NAMESERVER, bodies, records


def test_sent_message_is_pulled_with_what_it_had(client):
    """Body, flag, tag or properties of a message would change on its way."""
    answer = client.send(body=b"\x00\xffx", flag=7, tag="A", properties={"KEYS": "k1", "mine": "é"})
    assert answer.code == ResponseCode.SUCCESS, answer.remark
    (record,) = records(client.pull())
    assert (bytes(record.body), record.flag, record.queue_id, record.queue_offset) == (b"\x00\xffx", 7, 0, 0)
    said = parse(record.properties)
    assert (said["TAGS"], said["KEYS"], said["mine"]) == ("A", "k1", "é")
    assert (said["MSG_REGION"], said["TRACE_ON"], said["CLUSTER"]) == (
        "DefaultRegion", "true", "DefaultCluster",
    )


def test_answer_says_where_the_message_lies(client):
    """A client would get an id by which nobody finds the message."""
    answer = client.send(properties={"UNIQ_KEY": "ABC"})
    assert answer.ext_fields["transactionId"] == "ABC"
    assert (answer.ext_fields["queueId"], answer.ext_fields["queueOffset"]) == ("0", "0")
    assert parse_offset_message_id(answer.ext_fields["msgId"])[-1] == 0
    assert (answer.ext_fields["MSG_REGION"], answer.ext_fields["TRACE_ON"]) == ("DefaultRegion", "true")


def test_unique_key_is_given_where_the_client_sent_none(client):
    """A message of such a client could never be told apart from others."""
    keys = [client.send().ext_fields["transactionId"] for _ in range(2)]
    assert len(set(keys)) == 2
    assert [parse(record.properties)["UNIQ_KEY"] for record in records(client.pull())] == keys


def test_topic_is_created_from_tbw102_and_known_to_the_nameserver_at_once(world, client):
    """The consumer of a new topic would have to wait for the next registration, 30 seconds."""
    names = world.connect(NAMESERVER)
    assert names.route("Fresh").code == ResponseCode.TOPIC_NOT_EXIST
    assert client.send("Fresh", queues=4).code == ResponseCode.SUCCESS
    topic = world.broker.topics.get("Fresh")
    assert (topic.read_queue_nums, topic.write_queue_nums, topic.perm) == (4, 4, 6)
    route = names.route("Fresh")
    assert b'"writeQueueNums":4' in route.body
    assert b"127.0.0.1:10911" in route.body


@pytest.mark.parametrize(("asked", "made"), [(16, 8), (1, 1), (0, 1), (-5, 1)])
def test_created_topic_has_no_more_queues_than_its_template(world, client, asked, made):
    """A client could make a topic of a million queues, or one that has none."""
    client.send("Fresh", queues=asked)
    assert world.broker.topics.get("Fresh").write_queue_nums == made


def test_unknown_topic_is_refused_where_topics_are_not_created(make_world):
    """A mistyped topic would come into being on a broker that must not create any."""
    world = make_world(auto_create_topic_enable=False)
    answer = world.connect().send("Fresh")
    assert answer.code == ResponseCode.TOPIC_NOT_EXIST
    assert "topic[Fresh] not exist" in answer.remark
    assert world.broker.topics.get("Fresh") is None


def test_unknown_template_creates_nothing(world, client):
    """Topics would be made after a model that nobody defined."""
    assert client.send("Fresh", template="NoSuch").code == ResponseCode.TOPIC_NOT_EXIST
    assert world.broker.topics.get("Fresh") is None


def test_retry_topic_belongs_to_a_group(make_world):
    """Messages for a group that may not exist would pile up, or the group's first would be refused."""
    client = make_world().connect()
    assert client.send("%RETRY%Anyone", template="NoSuch").code == ResponseCode.SUCCESS
    client = make_world(auto_create_subscription_group=False).connect()
    assert client.send("%RETRY%Anyone").code == ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST


def test_negative_queue_picks_one_and_an_unknown_one_is_refused(world, client):
    """A client that lets the broker choose would fail, or one that is mistaken would lose messages."""
    client.send()
    chosen = {client.send(queue=-1).ext_fields["queueId"] for _ in range(60)}
    assert chosen == {"0", "1", "2", "3"}
    answer = client.send(queue=4)
    assert answer.code == ResponseCode.INVALID_PARAMETER
    assert "queueId[4]" in answer.remark
    assert world.storage.store.bounds("Orders", 4) is None


@pytest.mark.parametrize("topic", ["SCHEDULE_TOPIC_XXXX", "RMQ_SYS_TRANS_HALF_TOPIC", "OFFSET_MOVED_EVENT"])
def test_own_topics_are_refused(client, topic):
    """A client could forge delayed or half messages."""
    assert client.send(topic).code == ResponseCode.NO_PERMISSION


@pytest.mark.parametrize("permission", [4, 0])
def test_broker_without_write_permission_refuses(make_world, permission):
    """An operator who takes a broker out of writing would still see it written."""
    assert make_world(broker_permission=permission).connect().send().code == ResponseCode.NO_PERMISSION


@pytest.mark.parametrize(
    "properties",
    [{"DELAY": "3"}, {"TIMER_DELAY_SEC": "5"}, {"TIMER_DELIVER_MS": "99"}, {"TRAN_MSG": "true"}],
)
def test_what_is_not_served_is_refused_and_not_delivered_wrongly(world, client, properties):
    """A delayed message would arrive at once, a half message before its commit."""
    answer = client.send(properties=properties)
    assert answer.code in (ResponseCode.MESSAGE_ILLEGAL, ResponseCode.NO_PERMISSION)
    assert "not served" in answer.remark
    assert world.storage.store.bounds("Orders", 0) is None


def test_batch_becomes_messages_of_their_own(client):
    """A batch would arrive as one message, in another order, or without its tags."""
    answer = client.send_batch(BatchItem(0, b"1", b"TAGS\x01A\x02"), BatchItem(0, b"2", b"TAGS\x01B\x02"))
    assert answer.code == ResponseCode.SUCCESS, answer.remark
    assert len(answer.ext_fields["msgId"].split(",")) == 2
    assert bodies(client.pull()) == [b"1", b"2"]
    assert bodies(client.pull(subscription="B")) == [b"2"]


def test_batch_is_stored_whole_or_not_at_all(world, client):
    """A sender that is told of a failure would send the stored half again."""
    answer = client.send_batch(BatchItem(0, b"1", b""), BatchItem(0, b"2", b"DELAY\x013\x02"))
    assert answer.code == ResponseCode.MESSAGE_ILLEGAL
    assert world.storage.store.bounds("Orders", 0) is None
    assert client.send_batch(BatchItem(0, b"1", b""), topic="%RETRY%G").code == ResponseCode.MESSAGE_ILLEGAL


def test_oneway_send_is_stored_and_not_answered(client):
    """A one-way message would be lost, or its answer be taken for another's."""
    client.send()
    before = len(client.peer.got)
    fields = {"a": "P", "b": "Orders", "c": "TBW102", "d": "4", "e": "0", "f": "0", "g": "1", "h": "0"}
    assert client.raw(310, fields, b"one-way", oneway=True) is None
    assert client.raw(310, {**fields, "e": "77"}, b"refused", oneway=True) is None
    assert len(client.peer.got) == before
    assert bodies(client.pull()) == [b"hello", b"one-way"]


@pytest.mark.parametrize("sys_flag", [4, 12, -1])
def test_half_messages_are_refused(client, sys_flag):
    """A transactional message would be acknowledged, and no consumer would ever see it."""
    answer = client.send(sys_flag=sys_flag)
    assert answer.code == ResponseCode.NO_PERMISSION
    assert "transactional" in answer.remark
