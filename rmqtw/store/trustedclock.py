"""The age of files, whatever somebody does to the wall clock.

A wall clock that is set forward must not make files old. It is compared with the reactor's clock, which
nobody can set: only what it has shown for a whole day is believed. Set back, it makes files younger,
which harms nobody, and is believed at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from twisted.internet.interfaces import IReactorTime

BELIEVED_AFTER = 24 * 3600.0
"""Seconds after which a wall clock that was set forward is believed."""

SAMPLE_EVERY = 600.0


class TrustedClock:
    """`now()` is milliseconds of the wall clock, or less when that was set forward within a day."""

    def __init__(self, clock: IReactorTime, wall: Callable[[], int]) -> None:
        self._clock = clock
        self._wall = wall
        self._samples: deque[tuple[float, float]] = deque()
        """(reactor's time, wall minus reactor's time in seconds): of one day, the least offset first."""

    def now(self) -> int:
        """The time that may be believed."""
        elapsed = self._clock.seconds()
        offset = self._wall() / 1000 - elapsed
        samples = self._samples
        while samples and samples[-1][1] >= offset:
            samples.pop()
        if not samples or elapsed - samples[-1][0] >= SAMPLE_EVERY:
            samples.append((elapsed, offset))
        while len(samples) > 1 and elapsed - samples[0][0] >= BELIEVED_AFTER:
            samples.popleft()
        return int((elapsed + samples[0][1]) * 1000)
