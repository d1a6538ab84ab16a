"""Messages found by key and by id, and cleaning on demand: as Java answers."""

from __future__ import annotations

import pytest

from rmqtw.wire import commands
from rmqtw.wire.codes import ResponseCode
from rmqtw.wire.headers.pull import QueryMessageRequest, ViewMessageRequest
from rmqtw.wire.messages import Message, pack_host
from tests.broker.world import records

LOOKING = (12, 29, 32, 33)
EVER = 2**62


def query(client, key, topic="Orders", most=32, **more):
    """Ask for a key; the answer."""
    return client.call(commands.QUERY_MESSAGE, QueryMessageRequest(
        topic=topic, key=key, max_num=most, begin_timestamp=0, end_timestamp=EVER, **more,
    ))


def test_a_sent_message_is_found_by_its_keys(client):
    """Whoever looks for a message would not find it."""
    for number in range(3):
        client.send(body=b"%d" % number, properties={"KEYS": f"all k{number}", "UNIQ_KEY": f"U{number}"})
    assert [bytes(one.body) for one in records(query(client, "all"))] == [b"0", b"1", b"2"]
    assert [bytes(one.body) for one in records(query(client, "all", most=2))] == [b"1", b"2"]
    assert [bytes(one.body) for one in records(query(client, "U1"))] == [b"1"]
    assert query(client, "k1", topic="Others").code == ResponseCode.QUERY_NOT_FOUND


@pytest.mark.parametrize("most", [0, -1, -(2**31)])
def test_a_query_for_nothing_is_refused(client, most):
    """A slip would look as if there were no messages."""
    answer = query(client, "k", most=most)
    assert answer.code == ResponseCode.INVALID_PARAMETER
    assert "maxNum" in answer.remark


def test_a_query_is_bounded(client):
    """One request would make the broker read all of its log."""
    for _ in range(70):
        client.send(properties={"KEYS": "k"})
    assert len(records(query(client, "k", most=2**31 - 1))) == 64
    unique = client.raw(12, {
        "topic": "Orders", "key": "k", "maxNum": "64", "beginTimestamp": "0", "endTimestamp": str(EVER),
        "_UNIQUE_KEY_QUERY": "true",
    })
    assert len(records(unique)) == 32


@pytest.mark.parametrize("offset", [-1, 1, 10**9, 2**63 - 1, -(2**63)])
def test_no_message_at_a_place(client, offset):
    """A made-up id would bring anything, or break the connection."""
    client.send()
    answer = client.call(commands.VIEW_MESSAGE_BY_ID, ViewMessageRequest(offset=offset, topic="Orders"))
    assert (answer.code, answer.remark) == (1, f"can not find message by the offset, {offset}")


def test_a_message_of_another_topic_is_not_shown(client):
    """Who may read one topic could read every other by its places in the log."""
    client.send("Secrets")
    asked = ViewMessageRequest(offset=0, topic="Orders")
    assert client.call(commands.VIEW_MESSAGE_BY_ID, asked).code == ResponseCode.SYSTEM_ERROR
    asked = ViewMessageRequest(offset=0, topic="Secrets")
    assert client.call(commands.VIEW_MESSAGE_BY_ID, asked).code == 0


def test_age_of_an_empty_queue(client):
    """mqadmin would show a time for what has none."""
    answer = client.raw(32, {"topic": "Orders", "queueId": "0"})
    assert (answer.code, answer.ext_fields) == (0, {"timestamp": "-1"})


@pytest.mark.parametrize("code", [306, 329])
def test_cleaning_keeps_what_is_there(client, code):
    """Cleaning would cost messages."""
    client.send()
    assert client.raw(code).code == 0
    assert client.raw(30, {"topic": "Orders", "queueId": "0"}).ext_fields == {"offset": "1"}


def test_unused_topics_are_cleaned(world, client):
    """Queues of deleted topics would stay; or those of living ones would go."""
    client.send("Kept")
    store = world.storage.store
    host = pack_host("127.0.0.1", 10911)
    names = ("Gone", "rmq_sys_wheel_timer", "RMQ_SYS_TRANS_HALF_TOPIC", "%LMQ%light")
    store.append([Message(name, 0, 0, 0, b"", b"", 1, host, host) for name in names])
    world.time.settle()
    assert client.raw(316).code == 0
    assert store.bounds("Gone", 0) is None
    assert all(store.bounds(name, 0) is not None for name in ("Kept", *names[1:]))
