"""`FastEPollReactor`: Twisted's epoll reactor with a short way for plain reads.

Four differences to the stock reactor, and no others:

* an event that says "there is something to read" calls `doRead` without a logging context around
  it (errors are handled as the stock reactor does); all other events take the stock way;
* the end of a turn is a hook: see `rmqtw.net.turns`;
* a second SIGINT or SIGTERM changes nothing;
* `seconds()` is `time.monotonic()`, so a step of the wall clock moves no delayed call. Code that
  takes `reactor.seconds()` for the date (as `twisted.web.http` does in its access log) must be
  given a clock of its own.
"""

from __future__ import annotations

import sys
import time
from select import EPOLLIN
from signal import Signals
from typing import Any

from twisted.internet.epollreactor import EPollReactor
from twisted.logger import Logger
from twisted.python import log

from rmqtw.net.turns import EndOfTurn

_log = Logger(namespace="rmqtw.reactor")


def _nothing() -> None:
    """This reactor looks at the end of every turn, so nobody has to wake it."""


class FastEPollReactor(EPollReactor):
    """See the module. `end_of_turn` is what `rmqtw.net.turns.end_of_turn` finds."""

    seconds = staticmethod(time.monotonic)

    def __init__(self) -> None:
        self.end_of_turn = EndOfTurn(_nothing)
        super().__init__()  # type: ignore[no-untyped-call]

    def runUntilCurrent(self) -> None:
        """Delayed calls and calls from threads, then what they left for the end of the turn.

        The end comes before the reactor asks how long it may wait: it may schedule more.
        """
        super().runUntilCurrent()
        self.end_of_turn.run()
        if self._justStopped:  # by what just ran: the reactor must not wait for an event to notice it
            super().runUntilCurrent()

    def sigInt(self, number: int, frame: Any = None) -> None:  # noqa: ARG002, N802  Twisted's signature
        """Stop in order. The stock reactor logs an error for each signal that comes before it stops."""
        self._exitSignal = number
        self.callFromThread(self._stop_once)

    sigTerm = sigInt  # noqa: N815  same

    def _stop_once(self) -> None:
        if not self._stopped:
            _log.info("Received {name}, shutting down.", name=Signals(self._exitSignal or 0).name)
            self.stop()

    def doPoll(self, timeout: float | None) -> None:
        """Wait, handle what is ready, end the turn."""
        events = self._poller.poll(-1 if timeout is None else timeout, max(1, len(self._selectables)))
        find = self._selectables.get
        for fd, event in events:
            selectable = find(fd)
            if selectable is None:
                continue
            if event == EPOLLIN:
                self._read(selectable, fd)
            else:
                log.callWithLogger(selectable, self._doReadOrWrite, selectable, fd, event)
        self.end_of_turn.run()

    def _read(self, selectable: Any, fd: int) -> None:
        try:
            if selectable.fileno() == -1:
                log.callWithLogger(selectable, self._doReadOrWrite, selectable, fd, EPOLLIN)
                return
            why = selectable.doRead()
        except BaseException:  # as the stock reactor: whatever a protocol raises costs it its connection
            why = sys.exc_info()[1]
            log.callWithLogger(selectable, log.err)
        if why:
            self._disconnectSelectable(selectable, why, True)  # type: ignore[no-untyped-call]

    doIteration = doPoll


def install() -> FastEPollReactor:
    """Make a `FastEPollReactor` the process's reactor.

    Raises `ReactorAlreadyInstalledError` when another one is already in place.
    """
    from twisted.internet.main import installReactor

    reactor = FastEPollReactor()
    installReactor(reactor)
    return reactor
