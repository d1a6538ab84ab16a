"""Running one piece of work on the reactor, from a program that has none yet."""

from __future__ import annotations

import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from rmqtw.cli.problems import Interrupted

T = TypeVar("T")
_TERMINATED = 128 + signal.SIGTERM


def run(work: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
    """Start the reactor, do `work(reactor)`, stop the reactor; can be done once in a process.

    Returns what the work returns, raises what it raises. Ctrl-C cancels the work, waits until it has
    cleaned up, and raises `Interrupted`; a second Ctrl-C ends the process at once. SIGTERM does the
    same and ends with SystemExit.
    """
    from rmqtw.tap.fastreactor import install_fast_reactor

    install_fast_reactor(chosen=True)
    from twisted.internet import reactor

    result: T = _Run(reactor, work).outcome()
    return result


class _Run:
    """One life of the reactor."""

    def __init__(self, reactor: Any, work: Callable[[Any], Coroutine[Any, Any, Any]]) -> None:
        self._reactor = reactor
        self._work = work
        self._result: Any = None
        self._is_interrupted = False
        self._is_stopping = False

    def outcome(self) -> Any:
        from twisted.internet.defer import CancelledError
        from twisted.python.failure import Failure

        signal.signal(signal.SIGINT, self._interrupt)  # the reactor leaves a handler of ours alone
        self._reactor.callWhenRunning(self._begin)
        self._reactor.run()
        if self._is_interrupted:
            raise Interrupted
        if not isinstance(self._result, Failure):
            return self._result
        if self._result.check(CancelledError):
            raise SystemExit(_TERMINATED)
        raise self._result.value  # type: ignore[misc]

    def _begin(self) -> None:
        from twisted.internet.defer import Deferred

        self._done = Deferred.fromCoroutine(self._work(self._reactor))
        self._done.addBoth(self._end)
        self._reactor.addSystemEventTrigger("before", "shutdown", self._shut_down)

    def _end(self, result: Any) -> None:
        self._result = result
        self._stop()

    def _shut_down(self) -> Any:
        self._is_stopping = True
        self._done.cancel()
        return self._done

    def _stop(self) -> None:
        if not self._is_stopping:
            self._is_stopping = True
            self._reactor.stop()

    def _interrupt(self, *_signal: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        self._is_interrupted = True
        self._reactor.callFromThread(self._stop)
