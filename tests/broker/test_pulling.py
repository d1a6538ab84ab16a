"""Pulls: what is found, with which code and remark, and who may not pull."""

from __future__ import annotations

import pytest

from rmqtw.model.groups import PutGroup
from rmqtw.model.topics import PutTopic, make_topic
from rmqtw.wire import commands
from rmqtw.wire.bodies.groups import SubscriptionGroupConfig
from rmqtw.wire.bodies.heartbeat import MessageModel
from rmqtw.wire.codes import ResponseCode
from tests.broker.world import COMMIT, FAST, SUBSCRIPTION, bodies, consumer, pull_header

NEEDED = {
    "suggestWhichBrokerId", "nextBeginOffset", "minOffset", "maxOffset", "topicSysFlag", "groupSysFlag",
}


@pytest.fixture
def filled(client):
    """A queue with six messages: tags A and B in turn."""
    for number in range(6):
        client.send(body=b"%d" % number, tag="AB"[number % 2])
    return client


@pytest.mark.parametrize(
    ("queue", "offset", "more", "code", "remark", "next_offset"),
    [
        (0, 0, {}, 0, "FOUND", 6),
        (0, 4, {}, 0, "FOUND", 6),
        (0, 0, {"max_msg_nums": 2}, 0, "FOUND", 2),
        (0, 0, {"max_msg_nums": 0}, 0, "FOUND", 1),
        (0, 0, {"max_msg_nums": -7}, 0, "FOUND", 1),
        (0, 0, {"max_msg_bytes": 10}, 0, "FOUND", 1),
        (0, 0, {"subscription": "Nothing"}, 20, "NO_MATCHED_MESSAGE", 6),
        (0, 6, {}, 19, "OFFSET_OVERFLOW_ONE", 6),
        (0, 1000, {}, 21, "OFFSET_OVERFLOW_BADLY", 6),
        (0, -1, {}, 21, "OFFSET_TOO_SMALL", 0),
        (3, 0, {}, 19, "NO_MESSAGE_IN_QUEUE", 0),
        (3, 5, {}, 21, "NO_MESSAGE_IN_QUEUE", 0),
    ],
)
def test_outcome_has_javas_code_and_remark(filled, queue, offset, more, code, remark, next_offset):
    """A client would start again at the wrong offset, or take an empty queue for a lost one."""
    answer = filled.pull(offset=offset, queue_id=queue, **more)
    assert (answer.code, answer.remark) == (code, remark)
    assert answer.ext_fields.keys() == NEEDED
    assert answer.ext_fields["nextBeginOffset"] == str(next_offset)
    assert answer.ext_fields["maxOffset"] == ("6" if queue == 0 else "0")
    assert bool(answer.body) == (code == 0)


def test_tags_are_filtered_by_the_expression_that_the_pull_carries(filled):
    """A consumer would get messages that it did not ask for, or miss some."""
    assert bodies(filled.pull(subscription="A")) == [b"0", b"2", b"4"]
    assert bodies(filled.pull(subscription="A || B", offset=3)) == [b"3", b"4", b"5"]
    assert bodies(filled.pull(subscription="*", max_msg_nums=100_000)) == [b"%d" % n for n in range(6)]
    assert bodies(filled.pull(command=commands.LITE_PULL_MESSAGE, subscription="B")) == [b"1", b"3", b"5"]


def test_tags_are_filtered_by_the_heartbeat_when_the_pull_carries_none(filled):
    """The broker would answer a push consumer's pulls with everything, or with nothing."""
    filled.heartbeat(consumers=[consumer(text="B", version=10)])
    assert bodies(filled.pull(sys_flag=0, subscription=None, sub_version=10)) == [b"1", b"3", b"5"]
    newer = filled.pull(sys_flag=0, sub_version=11)
    assert (newer.code, newer.remark) == (25, "the consumer's subscription not latest")


def test_without_subscription_says_what_is_missing(filled):
    """Somebody who looks for a mistake could not tell a dead group from a wrong topic."""
    answer = filled.pull(sys_flag=0)
    assert (answer.code, answer.remark.partition("\n")[0]) == (24, "the consumer's group info not exist")
    filled.heartbeat(consumers=[consumer(topic="Other")])
    answer = filled.pull(sys_flag=0)
    assert (answer.code, answer.remark.partition("\n")[0]) == (24, "the consumer's subscription not exist")


def test_broadcast_is_refused_to_groups_that_may_not(world, filled):
    """Each consumer of such a group would consume everything although it was forbidden."""
    group = SubscriptionGroupConfig(group_name="G", consume_broadcast_enable=False)
    world.broker.groups.apply(PutGroup(group, 1))
    filled.heartbeat(consumers=[consumer(message_model=MessageModel.BROADCASTING)])
    answer = filled.pull(sys_flag=0)
    assert answer.code == ResponseCode.NO_PERMISSION
    assert "G" in answer.remark
    assert "broadcast" in answer.remark
    filled.heartbeat(consumers=[consumer(message_model=MessageModel.CLUSTERING)])
    assert filled.pull(sys_flag=0).code == 0


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ({"topic": "NoSuch"}, ResponseCode.TOPIC_NOT_EXIST, "topic[NoSuch] not exist"),
        ({"queue_id": 4}, ResponseCode.INVALID_PARAMETER, "queueId[4]"),
        ({"queue_id": -1}, ResponseCode.INVALID_PARAMETER, "queueId[-1]"),
        ({"subscription": "||"}, ResponseCode.SUBSCRIPTION_PARSE_FAILED, "subscription"),
        ({"expression_type": "SQL92", "subscription": "a > 1"}, ResponseCode.SYSTEM_ERROR, "SQL92"),
        ({"consumer_group": "a b"}, ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST, "illegal characters"),
        ({"consumer_group": "g" * 256}, ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST, "255"),
        ({"consumer_group": ""}, ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST, "blank"),
    ],
)
def test_refusal_names_what_is_wrong(world, filled, more, code, said):
    """A developer would be left to guess which of the fields is wrong."""
    answer = filled.pull(**more)
    assert answer.code == code
    assert said in answer.remark
    assert all(world.broker.groups.get(name) is None for name in ("a b", "g" * 256, ""))


def test_unknown_group_is_created_by_a_pull_or_refused(make_world):
    """A new consumer would not start, or a forbidden one would."""
    world = make_world()
    client = world.connect()
    client.send()
    assert client.pull(consumer_group="New").code == 0
    assert world.broker.groups.get("New").consume_enable
    world = make_world(auto_create_subscription_group=False)
    client = world.connect()
    client.send()
    answer = client.pull(consumer_group="New")
    assert answer.code == ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST
    assert "[New] does not exist" in answer.remark
    assert world.broker.groups.get("New") is None


def test_permissions_are_kept(make_world, world, filled):
    """What an operator locked would still be read."""
    world.broker.groups.apply(PutGroup(SubscriptionGroupConfig(group_name="Off", consume_enable=False), 1))
    assert filled.pull(consumer_group="Off").code == ResponseCode.NO_PERMISSION
    world.broker.topics.apply(PutTopic(make_topic("Secret", 4, 2), 1))
    assert filled.pull(topic="Secret").code == ResponseCode.NO_PERMISSION
    closed = make_world(broker_permission=2).connect()
    closed.send()
    assert closed.pull().code == ResponseCode.NO_PERMISSION


def test_pull_commits_when_it_says_so(world, filled):
    """A consumer that stops would get messages again that it had committed with its last pull."""
    filled.pull(commit_offset=3)
    filled.pull(sys_flag=SUBSCRIPTION | COMMIT, commit_offset=-1)
    assert world.broker.offsets.committed("G", "Orders", 0) is None
    filled.pull(sys_flag=SUBSCRIPTION | COMMIT, commit_offset=4)
    assert world.broker.offsets.committed("G", "Orders", 0) == 4


def test_refused_pull_commits_nothing(world, filled):
    """A client could set offsets of a group that it may not use."""
    filled.pull(sys_flag=COMMIT, commit_offset=4, consumer_group="Nobody")
    filled.pull(sys_flag=SUBSCRIPTION | COMMIT, commit_offset=4, queue_id=9)
    assert world.broker.offsets.committed("Nobody", "Orders", 0) is None
    assert world.broker.offsets.committed("G", "Orders", 9) is None


def test_pull_is_cut_at_the_most_bytes(make_world):
    """One pull would make an answer that no client takes, or none at all."""
    client = make_world(max_transfer_bytes_on_message_in_memory=1024).connect()
    for number in range(4):
        client.send(body=b"%d" % number * 2000)
    assert [body[:1] for body in bodies(client.pull())] == [b"0"]


def test_fast_port_serves_no_pulls(world, filled):
    """Held pulls would fill the port that is kept free for sends."""
    fast = world.connect(FAST)
    answer = fast.call(commands.PULL_MESSAGE, pull_header())
    assert answer.code == ResponseCode.REQUEST_CODE_NOT_SUPPORTED
    assert fast.send().code == 0
