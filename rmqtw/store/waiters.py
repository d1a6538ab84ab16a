"""Who waits for the log to get somewhere: one structure, keyed by log position."""

from __future__ import annotations

from bisect import insort
from collections import deque
from operator import itemgetter

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from rmqtw.interfaces.storage import PutStatus, Waiter

_log = Logger()
_OK = PutStatus.OK  # looking a member up costs more than calling a function


Waiting = tuple[int, float, Waiter]
"""Position, deadline and whom to call: no class, since there is one for each message sent."""


class Waiters:
    """Waiters in order of position; released by a watermark, by time, or by failure.

    After `timeout` seconds a waiter is told `late`; without a clock nobody is ever late.
    """

    def __init__(
        self,
        clock: IReactorTime | None = None,
        timeout: float = 0.0,
        late: PutStatus = PutStatus.FLUSH_DISK_TIMEOUT,
    ) -> None:
        self._clock = clock
        self._timeout = timeout
        self._late = late
        self._waiting: deque[Waiting] = deque()
        self._sweep: IDelayedCall | None = None

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def add(self, position: int, waiter: Waiter) -> None:
        """Call `waiter(PutStatus.OK)` once `release` reaches `position`."""
        deadline = self._deadline() if self._clock is not None else 0.0
        waiting = self._waiting
        if not waiting or waiting[-1][0] <= position:
            waiting.append((position, deadline, waiter))
        else:
            self._insert((position, deadline, waiter))

    def _deadline(self) -> float:
        assert self._clock is not None
        if self._sweep is None:
            self._sweep = self._clock.callLater(self._timeout, self._end_late)
        return self._clock.seconds() + self._timeout

    def furthest(self) -> int:
        """The furthest position that somebody waits for; -1 when nobody does."""
        return self._waiting[-1][0] if self._waiting else -1

    def release(self, position: int) -> None:
        """Tell everybody who waits for `position` or less that it is reached."""
        waiting = self._waiting
        while waiting and waiting[0][0] <= position:
            _tell(waiting.popleft()[2], _OK)
        if not waiting:
            self._stop_sweep()

    def fail(self, status: PutStatus, beyond: int = -1) -> None:
        """Tell everybody who waits for more than `beyond` that it will not be reached."""
        failed = []
        while self._waiting and self._waiting[-1][0] > beyond:
            failed.append(self._waiting.pop())
        if not self._waiting:
            self._stop_sweep()
        for one in reversed(failed):
            _tell(one[2], status)

    def _insert(self, waiting: Waiting) -> None:
        """Put in one who asks for a position that others are already past; rare."""
        ordered = list(self._waiting)
        insort(ordered, waiting, key=itemgetter(0))
        self._waiting = deque(ordered)

    def _end_late(self) -> None:
        assert self._clock is not None
        self._sweep = None
        now = self._clock.seconds()
        late = [one for one in self._waiting if one[1] <= now]
        if late:
            self._waiting = deque(one for one in self._waiting if one[1] > now)
        if self._waiting:
            first = min(one[1] for one in self._waiting)
            self._sweep = self._clock.callLater(max(0.0, first - now), self._end_late)
        for one in late:
            _tell(one[2], self._late)

    def _stop_sweep(self) -> None:
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None


def _tell(waiter: Waiter, status: PutStatus) -> None:
    """Call a waiter; one that fails must not keep the others waiting."""
    try:
        waiter(status)
    except Exception:  # noqa: BLE001  whatever it is, it is the waiter's
        _log.failure("A waiter for the log failed.")
