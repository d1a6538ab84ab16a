"""What the process as a whole does around its service: errors at start, signals, the collector.

A service of `rmqtw.tap` needs none of it: `Foreground` is for programs that consist of it.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from typing import Any

from twisted.application.service import MultiService
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from rmqtw.tap.descriptors import provide_descriptors
from rmqtw.tap.errors import StartError
from rmqtw.tap.logs import is_on_stdout

_GC_THRESHOLDS = (50_000, 50, 100)
_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_log = Logger(namespace="rmqtw")


class Foreground(MultiService):
    """Holds the service of a `twistd` or `twist` process.

    A cause that a person can mend ends the process with one line where it was started from, in
    the log too when that goes elsewhere, and with exit status 1. A signal that comes during the
    start is obeyed after it, and one that comes during the stop changes nothing.
    """

    def __init__(self, service: Any, reactor: Any, *, descriptors: int = 0) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._reactor = reactor
        self._descriptors = descriptors
        self._terminal = _copy_of_stderr()
        service.setServiceParent(self)

    def startService(self) -> None:
        """Start. What exists then lives as long as the process: the collector need not look at it."""
        _hold_signals(self._reactor)
        provide_descriptors(self._descriptors)
        try:
            super().startService()  # type: ignore[no-untyped-call]
        except StartError as problem:
            self._tell(str(problem))
            sys.excepthook = _no_traceback
            raise StartError("the line above says why") from problem
        finally:
            self._leave_terminal()
            _release_interrupt()
        gc.freeze()
        gc.set_threshold(*_GC_THRESHOLDS)

    def stopService(self) -> Deferred[Any]:
        """Stop; fires when all is written."""
        _ignore_signals()
        stopped: Deferred[Any] = super().stopService()  # type: ignore[no-untyped-call]
        return stopped

    def _tell(self, cause: str) -> None:
        if not is_on_stdout():
            _log.error("cannot start: {cause}", cause=cause)
        if self._terminal is not None:
            os.write(self._terminal, f"rmqtw cannot start: {cause}\n".encode(errors="backslashreplace"))

    def _leave_terminal(self) -> None:
        terminal, self._terminal = self._terminal, None
        if terminal is not None:
            os.close(terminal)


def _copy_of_stderr() -> int | None:
    """Standard error as it is before `twistd` sends it into the log, or to nowhere in a daemon."""
    try:
        return os.dup(2)
    except OSError:
        return None


def _no_traceback(*_: object) -> None:
    """Print nothing: what there is to say was said. `twistd` removes its pid file and exits with 1."""


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _hold_signals(reactor: Any) -> None:
    """Deliver a signal again once the reactor runs and can stop in order; a second one ends at once."""

    def hold(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        reactor.callWhenRunning(os.kill, os.getpid(), number)

    if _is_main_thread():
        for number in _SIGNALS:
            signal.signal(number, hold)


def _release_interrupt() -> None:
    """The reactor takes SIGTERM in any case, but SIGINT only where nobody else has."""
    if _is_main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _ignore_signals() -> None:
    """A stop that has begun goes on."""
    if _is_main_thread():
        for number in _SIGNALS:
            signal.signal(number, _still_stopping)


def _still_stopping(_number: int, _frame: object) -> None:
    _log.info("still stopping; SIGKILL would end it at once, and the next start would read the log again")
