from __future__ import annotations

import pytest
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure

from rmqtw.net.calls import CallTimeout, PendingCalls
from rmqtw.wire.frames import RemotingCommand


@pytest.fixture
def calls(time):
    return PendingCalls(time.clock, "10.0.0.1:10911")


def test_answers_find_their_calls_in_any_order(calls, success_of):
    """Two calls on a connection must not get each other's answers."""
    first, one = calls.start("A", 3.0)
    second, two = calls.start("B", 3.0)
    assert calls.answer(RemotingCommand(code=2, opaque=second))
    assert calls.answer(RemotingCommand(code=1, opaque=first))
    assert success_of(one).code == 1
    assert success_of(two).code == 2
    assert len(calls) == 0
    calls.fail(Failure(ConnectionLost()))


def test_an_answer_nobody_waits_for_is_ignored(calls):
    """A late or made-up answer must not disturb a connection."""
    assert not calls.answer(RemotingCommand(code=0, opaque=77))


def test_each_call_has_its_own_deadline(time, calls, failure_of, success_of):
    """A short time-out after a long one must fire first, and say who did not answer what."""
    _, slow = calls.start("PULL_MESSAGE", 30.0)
    opaque, quick = calls.start("GET_MAX_OFFSET", 3.0)
    answered, fine = calls.start("GET_MIN_OFFSET", 3.0)
    calls.answer(RemotingCommand(code=0, opaque=answered))
    time.advance(2.9)
    assert not quick.called
    time.advance(0.2)
    assert str(failure_of(quick, CallTimeout).value) == (
        "10.0.0.1:10911 did not answer GET_MAX_OFFSET within 3 s"
    )
    assert success_of(fine).code == 0
    assert not slow.called
    time.advance(27)
    failure_of(slow, CallTimeout)
    assert not calls.answer(RemotingCommand(code=0, opaque=opaque))
    assert time.clock.getDelayedCalls() == []


def test_one_timer_serves_all_calls(time, calls):
    """A producer with 10,000 sends under way must not hold 10,000 timers, nor remember answered ones."""
    for _ in range(10_000):
        opaque, deferred = calls.start("SEND", 3.0)
        deferred.addErrback(lambda _: None)
        calls.answer(RemotingCommand(code=0, opaque=opaque))
    assert len(time.clock.getDelayedCalls()) == 1
    assert len(calls._deadlines) < 1000
    calls.fail(Failure(ConnectionLost()))
    assert time.clock.getDelayedCalls() == []


def test_a_lost_connection_fails_all_calls(time, calls, failure_of):
    """Whoever waits must hear that the connection is gone, at once."""
    waiting = [calls.start("SEND", 3.0)[1] for _ in range(3)]
    calls.fail(Failure(ConnectionLost()))
    for deferred in waiting:
        failure_of(deferred, ConnectionLost)
    assert time.clock.getDelayedCalls() == []


def test_a_cancelled_call_ignores_its_answer(time, calls, failure_of):
    """A caller that gave up must not hear of the call again."""
    opaque, deferred = calls.start("SEND", 3.0)
    deferred.cancel()
    failure_of(deferred)
    calls.answer(RemotingCommand(code=0, opaque=opaque))
    time.advance(5)


def test_opaques_stay_in_32_bits(calls):
    """The wire has an int32: the number after the largest is 0."""
    calls._opaque = 2**31 - 1
    last, first = calls.start("A", 1.0), calls.start("B", 1.0)
    assert (last[0], first[0]) == (2**31 - 1, 0)
    for opaque, _ in (last, first):
        calls.answer(RemotingCommand(code=0, opaque=opaque))
    calls.fail(Failure(ConnectionLost()))
