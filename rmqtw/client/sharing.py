"""One piece of work, many who wait for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

T = TypeVar("T")


class Shared(Generic[T]):
    """Work that is under way is joined instead of being done twice."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Deferred[T]]] = {}

    def join(self, key: str, start: Callable[[], Deferred[T]]) -> Deferred[T]:
        """Wait for the work called `key`, which `start()` begins unless it is under way.

        Every waiter gets its outcome. One that is cancelled stops waiting, and disturbs nobody.
        """
        waiter: Deferred[T] = Deferred()
        if key in self._waiting:
            self._waiting[key].append(waiter)
        else:
            self._waiting[key] = [waiter]
            start().addBoth(self._tell, key)
        return waiter

    def _tell(self, outcome: T | Failure, key: str) -> None:
        for waiter in self._waiting.pop(key):
            if not waiter.called:
                waiter.callback(outcome)
