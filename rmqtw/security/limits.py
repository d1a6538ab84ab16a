"""How often a line may be logged, so that a flood of bad input cannot fill the log."""

from __future__ import annotations

from collections.abc import Callable


class LineLimit:
    """At most `burst` lines in each `window` seconds; the rest are counted.

    `seconds` is a monotonic clock, such as `reactor.seconds`.
    """

    def __init__(self, seconds: Callable[[], float], burst: int = 20, window: float = 10.0) -> None:
        self._seconds = seconds
        self._burst = burst
        self._window = window
        self._until = float("-inf")
        self._left = 0
        self._suppressed = 0
        self._note = ""

    def admit(self) -> bool:
        """Whether one more line may be logged now."""
        now = self._seconds()
        if now >= self._until:
            self._until = now + self._window
            self._left = self._burst
            self._note = f" ({self._suppressed} more like this were not logged)" if self._suppressed else ""
            self._suppressed = 0
        if self._left == 0:
            self._suppressed += 1
            return False
        self._left -= 1
        return True

    def note(self) -> str:
        """What to append to the line just admitted: how many were left out before it, if any."""
        note, self._note = self._note, ""
        return note
