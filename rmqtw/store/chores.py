"""Where blocking work is done: a bounded set of threads, or at once on the caller's."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.python.failure import Failure
from zope.interface import implementer

from rmqtw.interfaces.storage import IChores

FromThread = Callable[..., Any]
"""`reactor.callFromThread`: call a function with arguments on the reactor's thread."""

_Chore = tuple["Deferred[Any]", Callable[..., Any], tuple[Any, ...]]


@implementer(IChores)
class Threads:
    """`count` threads named `name`, started with the first chore; what they cannot take yet waits.

    `from_thread` brings results back to the reactor's thread (`reactor.callFromThread`).
    """

    def __init__(self, name: str, count: int, from_thread: FromThread) -> None:
        self._name = name
        self._count = count
        self._from_thread = from_thread
        self._queue: SimpleQueue[_Chore | None] = SimpleQueue()
        self._threads: list[Thread] = []
        self._stopped = False

    def run(self, function: Callable[..., Any], *args: Any) -> Deferred[Any]:
        """Call `function(*args)` on a thread: a Deferred of its result or its exception.

        Raises RuntimeError after `stop`.
        """
        if self._stopped:
            raise RuntimeError(f"the threads {self._name} are stopped")
        if len(self._threads) < self._count:
            self._start_one()
        result: Deferred[Any] = Deferred()
        self._queue.put((result, function, args))
        return result

    def stop(self) -> None:
        """End the threads once they have done what was asked for; returns when they have."""
        self._stopped = True
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _start_one(self) -> None:
        thread = Thread(target=self._work, name=f"{self._name}-{len(self._threads)}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        while (chore := self._queue.get()) is not None:
            result, function, args = chore
            try:
                value = function(*args)
            except BaseException:  # noqa: BLE001  it is the caller's, and goes there
                self._from_thread(result.errback, Failure())
            else:
                self._from_thread(result.callback, value)
            del result, function, args, chore


@implementer(IChores)
class AtOnce:
    """No threads: every chore is done within `run`. For tools and tests; it blocks the caller."""

    def run(self, function: Callable[..., Any], *args: Any) -> Deferred[Any]:
        """Call `function(*args)` now: a Deferred that has already fired."""
        return maybeDeferred(function, *args)

    def stop(self) -> None:
        """Nothing is left to do."""
