"""Work that is done again and again, on a clock that is handed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime


class Repeating:
    """Calls `work()` every `seconds`, but never while its last Deferred has not fired.

    That Deferred must not fail.
    """

    def __init__(self, clock: IReactorTime, seconds: float, work: Callable[[], Deferred[Any]]) -> None:
        self._clock = clock
        self._seconds = seconds
        self._work = work
        self._call: IDelayedCall | None = None
        self._on = False

    def start(self, *, now: bool) -> None:
        """Begin, with a call at once or later."""
        self._on = True
        if now:
            self._due()
        else:
            self._schedule(None)

    def stop(self) -> None:
        """No more calls; a second call of this does nothing."""
        self._on = False
        call, self._call = self._call, None
        if call is not None:
            call.cancel()

    def _due(self) -> None:
        self._call = None
        self._work().addBoth(self._schedule)

    def _schedule(self, _: object) -> None:
        if self._on and self._call is None:
            self._call = self._clock.callLater(self._seconds, self._due)
