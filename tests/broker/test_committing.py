"""Committed offsets: what a group is told, and which commits count."""

from __future__ import annotations

import pytest

from rmqtw.broker.committing import NOT_FOUND, NOT_ZERO
from rmqtw.tap import wiring
from rmqtw.wire import commands
from rmqtw.wire.codes import ResponseCode
from rmqtw.wire.headers.pull import QueryConsumerOffsetRequest, UpdateConsumerOffsetRequest
from tests.broker.world import consumer


def ask(client, group="G", topic="Orders", queue=0, **more):
    """Ask for a committed offset: (code, offset or remark)."""
    answer = client.call(commands.QUERY_CONSUMER_OFFSET, QueryConsumerOffsetRequest(
        consumer_group=group, topic=topic, queue_id=queue, **more
    ))
    return answer.code, answer.remark if answer.code else int(answer.ext_fields["offset"])


def commit(client, offset, group="G", topic="Orders", queue=0, **more):
    """Commit; the answer."""
    return client.call(commands.UPDATE_CONSUMER_OFFSET, UpdateConsumerOffsetRequest(
        consumer_group=group, topic=topic, queue_id=queue, commit_offset=offset, **more
    ))


@pytest.fixture
def member(client):
    """A client of group G; topic Orders has one message in queue 0."""
    client.send()
    client.heartbeat(consumers=[consumer()])
    return client


def test_committed_offset_is_answered(member):
    """A restarted consumer would begin somewhere else."""
    assert commit(member, 5).code == ResponseCode.SUCCESS
    assert ask(member) == (0, 5)
    assert commit(member, 3).code == ResponseCode.SUCCESS
    assert ask(member) == (0, 3)


def test_commit_beyond_the_end_counts(member):
    """A group that was set to the end of a longer queue elsewhere could not keep its place (as Java)."""
    assert commit(member, 99_999).code == ResponseCode.SUCCESS
    assert ask(member) == (0, 99_999)


def test_new_group_starts_at_0_while_the_queue_is_fresh(member):
    """A new group that consumes from the last offset would miss what was sent just before."""
    assert ask(member, "New") == (0, 0)


def test_new_group_chooses_itself_when_told_so_or_nothing_is_there(member):
    """consumeFromWhere would have no effect."""
    assert ask(member, "New", set_zero_if_not_found=False) == (ResponseCode.QUERY_NOT_FOUND, NOT_ZERO)
    assert ask(member, "New", set_zero_if_not_found=True) == (0, 0)
    assert ask(member, "New", queue=3) == (ResponseCode.QUERY_NOT_FOUND, NOT_FOUND)
    assert ask(member, "New", topic="NoSuch") == (ResponseCode.QUERY_NOT_FOUND, NOT_FOUND)


def test_new_group_chooses_itself_once_the_start_is_old(make_world, monkeypatch):
    """A new group on a large old queue would begin to read it all."""
    monkeypatch.setattr(wiring, "hot_bytes", lambda: 10_000)
    client = make_world().connect()
    client.send()
    assert ask(client, "New") == (0, 0)
    client.send("Other", body=bytes(20_000))
    assert ask(client, "New") == (ResponseCode.QUERY_NOT_FOUND, NOT_FOUND)


@pytest.mark.parametrize(
    ("where", "code", "said"),
    [
        ({"group": "Nobody"}, ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST, "Group Nobody not exist!"),
        ({"topic": "NoSuch"}, ResponseCode.TOPIC_NOT_EXIST, "Topic NoSuch not exist!"),
        ({"queue": 4}, ResponseCode.INVALID_PARAMETER, "queueId[4]"),
        ({"queue": -1}, ResponseCode.INVALID_PARAMETER, "queueId[-1]"),
        ({"offset": -1}, ResponseCode.INVALID_PARAMETER, "commitOffset"),
    ],
)
def test_commit_that_means_nothing_changes_nothing(world, member, where, code, said):
    """Mistaken clients would fill the table of offsets with queues that do not exist."""
    answer = commit(member, **{"offset": 1, **where})
    assert answer.code == code
    assert said in answer.remark
    assert world.broker.offsets.committed(
        where.get("group", "G"), where.get("topic", "Orders"), where.get("queue", 0)
    ) is None
    assert world.broker.groups.get("Nobody") is None


def test_asking_creates_nothing(world, client):
    """Looking at a group would bring it into being."""
    ask(client, "Nobody")
    assert world.broker.groups.get("Nobody") is None
