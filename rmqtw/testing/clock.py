"""Time that moves only when told."""

from __future__ import annotations

from twisted.internet.task import Clock

START_MILLIS = 1_800_000_000_000


class ManualTime:
    """A monotonic clock and a wall clock: what constructors take as `clock` and `wall`.

    `clock` is a `twisted.internet.task.Clock`; `wall()` moves with it, and may be stepped alone as
    an operator or NTP would.
    """

    def __init__(self, millis: int = START_MILLIS) -> None:
        self.clock = Clock()
        self._base = millis

    def wall(self) -> int:
        """Wall time in milliseconds."""
        return self._base + round(self.clock.seconds() * 1000)

    def advance(self, seconds: float, steps: int = 1) -> None:
        """Move both clocks, in `steps` equal steps; calls that are due run."""
        for _ in range(steps):
            self.clock.advance(seconds / steps)

    def settle(self, turns: int = 50) -> None:
        """Let all run that is due without time passing: chains of `callLater(0)`, `turns` long at most."""
        for _ in range(turns):
            self.clock.advance(0)

    def step_wall(self, millis: int) -> None:
        """Set the wall clock forward (or back) while no time passes."""
        self._base += millis
