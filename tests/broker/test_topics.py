"""Topics made by administrators: UPDATE_AND_CREATE_TOPIC."""

from __future__ import annotations

import pytest

from rmqtw.wire import commands
from rmqtw.wire.codes import ResponseCode
from rmqtw.wire.headers.topic import CreateTopicRequest
from tests.broker.world import NAMESERVER


def create(client, topic="Made", **more):
    """Create or change a topic; the answer."""
    return client.call(commands.UPDATE_AND_CREATE_TOPIC, CreateTopicRequest(**{
        "topic": topic, "default_topic": "TBW102", "read_queue_nums": 2, "write_queue_nums": 3, "perm": 6,
        "topic_filter_type": "SINGLE_TAG", "topic_sys_flag": 0, "order": False, **more,
    }))


def test_created_topic_is_there_and_registered(world, client):
    """An administrator's topic would not be found by clients."""
    assert create(client).code == ResponseCode.SUCCESS
    topic = world.broker.topics.get("Made")
    assert (topic.read_queue_nums, topic.write_queue_nums, topic.perm) == (2, 3, 6)
    assert b'"readQueueNums":2' in world.connect(NAMESERVER).route("Made").body
    assert b"Made" in world.disk.content("config/topics.json")


def test_changed_topic_takes_effect_at_once(world, client):
    """A topic that was locked would still be written, a widened one still be narrow."""
    create(client)
    assert client.send("Made", queue=2).code == ResponseCode.SUCCESS
    create(client, perm=4, write_queue_nums=8)
    assert client.send("Made").code == ResponseCode.NO_PERMISSION
    assert b'"perm":4' in world.connect(NAMESERVER).route("Made").body


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"topic": "a b"}, "illegal characters"),
        ({"topic": ""}, "blank"),
        ({"topic": "t" * 128}, "127"),
        ({"topic": "SCHEDULE_TOPIC_XXXX"}, "system topic"),
        ({"topic": "../etc"}, "illegal characters"),
        ({"read_queue_nums": 0}, "read"),
        ({"write_queue_nums": -1}, "write"),
        ({"write_queue_nums": 2**31 - 1}, "write"),
        ({"perm": 99}, "perm"),
        ({"perm": -1}, "perm"),
        ({"attributes": "+message.type=FIFO"}, "attributes"),
        ({"topic_filter_type": "FOO"}, "topicFilterType FOO"),
    ],
)
def test_topic_that_breaks_a_rule_is_refused(world, client, more, said):
    """A topic would come into being that cannot be stored, listed or removed."""
    before = len(list(world.broker.topics))
    answer = create(client, **more)
    wrong = ResponseCode.SYSTEM_ERROR if "topic_filter_type" in more else ResponseCode.INVALID_PARAMETER
    assert answer.code == wrong
    assert said in answer.remark
    assert len(list(world.broker.topics)) == before
    assert world.broker.topics.get("SCHEDULE_TOPIC_XXXX").write_queue_nums == 18
