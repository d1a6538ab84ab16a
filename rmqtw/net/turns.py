"""The end of a reactor turn: where what a turn collected is written once.

A turn reads many frames from many connections. What they ask for is done together at the end of
it: first the work (one append to the log for all sends), then the output (one send for each
connection that has answers). `FastEPollReactor` runs the end of the turn itself; on any other
reactor a `callLater(0)` does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

_log = Logger()
_Function = Callable[[], Any]


class SchedulesTurns(Protocol):
    """What the store and the connections need of a turn; `EndOfTurn` is the real one."""

    def schedule(self, function: Callable[[], Any]) -> None:
        """Run `function` at the end of this turn."""


class EndOfTurn:
    """Functions to run when everything that was ready has been read.

    `wake` is called when the first function arrives; it must see to it that `run` is called before
    the reactor waits again.
    """

    __slots__ = ("_output", "_running", "_wake", "_woken", "_work")

    def __init__(self, wake: Callable[[], Any]) -> None:
        self._wake = wake
        self._woken = False
        self._running = False
        self._work: list[_Function] = []
        self._output: list[_Function] = []

    def schedule(self, function: _Function) -> None:
        """Run `function` at the end of this turn, after those scheduled before it.

        One scheduled while the end of the turn runs still belongs to it. A function that raises is
        logged and does not keep the others from running. A function must not schedule itself for
        ever: the turn would never end.
        """
        self._work.append(function)
        if not self._woken:
            self._rouse()

    def schedule_output(self, function: _Function) -> None:
        """Like `schedule`, but run only when no work is left: for the one write of a connection."""
        self._output.append(function)
        if not self._woken:
            self._rouse()

    def _rouse(self) -> None:
        self._woken = True
        self._wake()

    def run(self) -> None:
        """End the turn: all work, then all output, until nothing is left. Called by the reactor."""
        if self._running or not self._woken:
            return
        self._running = True
        try:
            while self._work or self._output:
                self._run_once()
        finally:
            self._running = self._woken = False

    def _run_once(self) -> None:
        if self._work:
            due, self._work = self._work, []
        else:
            due, self._output = self._output, []
        for function in due:
            try:
                function()
            except Exception:  # the others run all the same
                _log.failure("A function at the end of the reactor turn failed.")


def end_of_turn(reactor: IReactorTime) -> EndOfTurn:
    """The end of this reactor's turn.

    With `FastEPollReactor` always the same object, run before the reactor waits. With any other
    reactor (or a `Clock`) a new one that runs by `callLater(0)`: ask once and hand it to all who
    must share a turn.
    """
    own = getattr(reactor, "end_of_turn", None)
    if isinstance(own, EndOfTurn):
        return own
    turns = EndOfTurn(lambda: reactor.callLater(0, turns.run))
    return turns
