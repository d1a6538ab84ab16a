"""Long polls: held pulls are answered by a message, by their deadline or by the stop, and once."""

from __future__ import annotations

import pytest

from rmqtw.wire.batch import BatchItem
from rmqtw.wire.codes import ResponseCode
from tests.broker.world import SUBSCRIPTION, SUSPEND, bodies

HOLD = SUBSCRIPTION | SUSPEND


@pytest.fixture
def consumer(world):
    """A client with topic, whose queue 0 has one message."""
    client = world.connect()
    client.send(body=b"first")
    return client


def wait(consumer, offset=1, millis=15_000, **more):
    """Start a pull that waits; its opaque."""
    opaque = consumer.start_pull(
        offset=offset, **{"sys_flag": HOLD, "suspend_timeout_millis": millis, **more}
    )
    assert consumer.answer(opaque) is None
    return opaque


def test_message_wakes_a_held_pull_at_once(world, consumer):
    """A message would wait for the next pull, up to 15 seconds."""
    opaque = wait(consumer)
    world.connect().send(body=b"second")
    answer = consumer.answer(opaque)
    assert (answer.code, answer.remark) == (0, "FOUND")
    assert bodies(answer) == [b"second"]
    assert len(world.broker.holding) == 0


def test_message_with_another_tag_does_not_wake(world, consumer):
    """Each message would make every consumer of the topic pull, whatever it subscribed."""
    opaque = wait(consumer, subscription="A || B")
    world.connect().send(tag="C")
    world.connect().send()
    assert consumer.answer(opaque) is None
    world.connect().send(body=b"mine", tag="B")
    assert bodies(consumer.answer(opaque)) == [b"mine"]


def test_several_messages_at_once_wake_each_pull_once(world, consumer):
    """A pull would be answered twice, or one of two waiting groups would be forgotten."""
    opaques = [wait(consumer, consumer_group=f"G{ord(tag)}", subscription=tag) for tag in ("*", "A", "C")]
    tags = (b"B", b"A", b"A")
    world.connect().send_batch(*(BatchItem(0, b"in " + tag, b"TAGS\x01%b\x02" % tag) for tag in tags))
    everything, some, nothing = map(consumer.answer, opaques)
    assert bodies(everything) == [b"in B", b"in A", b"in A"]
    assert bodies(some) == [b"in A", b"in A"]
    assert nothing is None


@pytest.mark.parametrize("millis", [500, 1_000, 15_000])
def test_pull_is_answered_by_its_deadline_and_never_later(world, consumer, millis):
    """A client would give the connection up, since nothing came in the time it allowed."""
    opaque = wait(consumer, millis=millis)
    world.time.advance(millis / 1000 - 0.5, steps=50)
    assert consumer.answer(opaque) is None or millis == 500
    world.time.advance(0.5, steps=10)
    world.time.settle()
    answer = consumer.answer(opaque)
    assert (answer.code, answer.remark) == (ResponseCode.PULL_NOT_FOUND, "OFFSET_OVERFLOW_ONE")
    assert answer.ext_fields["nextBeginOffset"] == "1"


@pytest.mark.parametrize("millis", [0, -1, -(2**63), 100])
def test_pull_that_may_not_wait_is_answered_at_once(consumer, millis):
    """A client that allows no time would be held all the same."""
    answer = consumer.pull(offset=1, sys_flag=HOLD, suspend_timeout_millis=millis)
    assert answer.code == ResponseCode.PULL_NOT_FOUND


def test_nobody_is_held_longer_than_a_minute(world, consumer):
    """Pulls with an absurd time would stay for ever and fill the broker."""
    opaque = wait(consumer, millis=2**63 - 1)
    world.time.advance(60, steps=240)
    world.time.settle()
    assert consumer.answer(opaque).code == ResponseCode.PULL_NOT_FOUND


def test_empty_queue_is_waited_for_from_its_start(world, consumer):
    """A consumer of a new queue would poll in a loop."""
    opaque = wait(consumer, offset=0, queue_id=2)
    consumer.send(queue=2, body=b"there")
    assert bodies(consumer.answer(opaque)) == [b"there"]


@pytest.mark.parametrize(("offset", "more"), [(0, {}), (7, {}), (-1, {}), (3, {"queue_id": 2})])
def test_only_a_pull_at_the_end_is_held(consumer, offset, more):
    """A client with a wrong offset would wait for a message that can never come."""
    assert consumer.pull(offset=offset, sys_flag=HOLD, suspend_timeout_millis=15_000, **more) is not None


def test_lost_client_is_forgotten(world, consumer):
    """Pulls of clients that went would pile up, and be read for nobody."""
    waiting = world.connect()
    wait(waiting)
    wait(consumer)
    waiting.hang_up()
    world.time.advance(0.5, steps=2)
    assert len(world.broker.holding) == 1
    consumer.send()
    assert len(world.broker.holding) == 0


def test_stop_answers_everybody(make_world):
    """Clients would see a broken connection, and try the stopped broker again."""
    world = make_world()
    client = world.connect()
    client.send()
    opaque = wait(client)
    world.stop_broker()
    assert client.answer(opaque).code == ResponseCode.PULL_NOT_FOUND
    world.start_broker()


def test_short_polling_holds_as_long_as_the_setting_says(make_world):
    """An operator who turned long polling off would still have pulls held."""
    world = make_world(long_polling_enable=False, short_polling_time_mills=1000)
    client = world.connect()
    client.send()
    opaque = wait(client)
    world.time.advance(1, steps=10)
    world.time.settle()
    assert client.answer(opaque).code == ResponseCode.PULL_NOT_FOUND


def test_oneway_pull_is_never_answered(world, consumer):
    """An answer nobody asked for would be taken for another request's."""
    before = len(consumer.peer.got)
    consumer.start_pull(offset=1, sys_flag=HOLD, suspend_timeout_millis=5_000, oneway=True)
    consumer.start_pull(offset=0, oneway=True)
    world.time.advance(6, steps=30)
    assert len(consumer.peer.got) == before
    assert len(world.broker.holding) == 0
