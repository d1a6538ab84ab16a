"""Starting and stopping, as every server of `rmqtw.tap` does it."""

from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredLock, inlineCallbacks

from rmqtw.tap.errors import StartError


class Parts(Protocol):
    """What a running server consists of."""

    def stop(self) -> Deferred[Any]:
        """Stop all of it; fires when that is done."""


P = TypeVar("P", bound=Parts)


class RestartableService(Service, Generic[P]):
    """A service that has parts while it runs.

    `stopService` returns a Deferred that fires when the parts have stopped, at once when there are
    none; then the service may be started again.
    """

    def __init__(self) -> None:
        self._parts: P | None = None
        self._stopping = DeferredLock()

    def refuse_second_start(self, what: str) -> None:
        """Raise `StartError` while the service runs or is stopping."""
        if self._parts is not None:
            raise StartError(f"{what} runs, or is about to stop; wait for that")

    def stopService(self) -> Deferred[Any]:
        """See the class."""
        super().stopService()  # type: ignore[no-untyped-call]
        return self._stopping.run(self._stop)

    @inlineCallbacks
    def _stop(self) -> Any:
        if self._parts is None:
            return
        try:
            yield self._parts.stop()
        finally:
            self._parts = None
        self.stopped()

    def stopped(self) -> None:
        """Everything has stopped in order."""
