"""Calls that wait for an answer, by opaque, with one timer for all of them."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import NamedTuple

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

from rmqtw.wire.frames import RemotingCommand

_INT32 = 0x7FFFFFFF
_SLACK = 256


class CallTimeout(Exception):
    """No answer came in time. The request may have been done all the same."""


class _Pending(NamedTuple):
    deferred: Deferred[RemotingCommand]
    what: str
    timeout: float


class PendingCalls:
    """What one connection waits for.

    `target` names the other end in errors.
    """

    def __init__(self, clock: IReactorTime, target: str) -> None:
        self._clock = clock
        self._target = target
        self._opaque = 0
        self._pending: dict[int, _Pending] = {}
        self._deadlines: list[tuple[float, int]] = []
        self._timer: IDelayedCall | None = None
        self._timer_at = 0.0

    def __len__(self) -> int:
        return len(self._pending)

    def start(self, what: str, timeout: float) -> tuple[int, Deferred[RemotingCommand]]:
        """Wait for an answer to `what`: returns the opaque to send and a Deferred of the answer.

        It fails with `CallTimeout` after `timeout` seconds and with whatever `fail` is given.
        Cancelling it forgets the call; an answer that comes later is ignored.
        """
        opaque = self._opaque
        self._opaque = (opaque + 1) & _INT32
        deferred: Deferred[RemotingCommand] = Deferred()
        self._pending[opaque] = _Pending(deferred, what, timeout)
        deadline = self._clock.seconds() + timeout
        heappush(self._deadlines, (deadline, opaque))
        if self._timer is None or deadline < self._timer_at:
            self._arm(deadline)
        return opaque, deferred

    def answer(self, command: RemotingCommand) -> bool:
        """Hand a response to the call it answers; False, and no harm, when nobody waits for it."""
        pending = self._pending.pop(command.opaque, None)
        if pending is None:
            return False
        if len(self._deadlines) > 2 * len(self._pending) + _SLACK:
            self._compact()
        pending.deferred.callback(command)
        return True

    def forget(self, opaque: int) -> None:
        """Wait for that answer no longer; its Deferred never fires."""
        self._pending.pop(opaque, None)

    def fail(self, reason: Failure) -> None:
        """Fail every call that waits, and stop the timer."""
        pending, self._pending = self._pending, {}
        self._deadlines.clear()
        self._disarm()
        for call in pending.values():
            call.deferred.errback(reason)

    def _compact(self) -> None:
        self._deadlines = [entry for entry in self._deadlines if entry[1] in self._pending]
        heapify(self._deadlines)

    def _arm(self, deadline: float) -> None:
        self._disarm()
        self._timer_at = deadline
        self._timer = self._clock.callLater(max(0.0, deadline - self._clock.seconds()), self._expire)

    def _disarm(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def _expire(self) -> None:
        self._timer = None
        late = self._take_late()
        while self._deadlines and self._deadlines[0][1] not in self._pending:
            heappop(self._deadlines)
        if self._deadlines:
            self._arm(self._deadlines[0][0])
        for call in late:
            call.deferred.errback(Failure(self._timeout(call)))

    def _take_late(self) -> list[_Pending]:
        now = self._clock.seconds()
        late = []
        while self._deadlines and self._deadlines[0][0] <= now:
            call = self._pending.pop(heappop(self._deadlines)[1], None)
            if call is not None:
                late.append(call)
        return late

    def _timeout(self, call: _Pending) -> CallTimeout:
        return CallTimeout(f"{self._target} did not answer {call.what} within {call.timeout:g} s")
