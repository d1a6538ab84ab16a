"""Reading a document into a table, and writing it off the reactor's thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure

from rmqtw.store.errors import StoreDamaged

T = TypeVar("T")

_log = Logger()


def load_table(document: Any, from_java: Callable[[dict[str, Any]], T]) -> T:
    """The table in a document; empty when nothing was ever saved.

    Raises `StoreDamaged`, naming the document, when it holds something else.
    """
    try:
        return from_java(document.load() or {})
    except ValueError as problem:
        raise StoreDamaged(document.where, str(problem)) from None


def save_later(document: Any, value: dict[str, Any], what: str) -> Deferred[bool]:
    """Save `value`; fires with True once it is on the disk, with False when it could not be written.

    The failure is logged; the next change, or the stop of the broker, writes the document again.
    """
    saved: Deferred[Any] = document.save_later(value)
    return saved.addCallbacks(lambda _: True, _not_saved, errbackArgs=(what,))


def _not_saved(reason: Failure, what: str) -> bool:
    _log.error(
        "{what} could not be written: {reason}. They are kept in memory and written with the next change.",
        what=what, reason=reason.value,
    )
    return False


class Saver:
    """Writes a table's document after changes.

    One write at a time: each holds everything that changed until it began, so that a thousand changes
    cost a few writes. `value()` is the document as it is now; `what` names it in the log.
    """

    def __init__(self, document: Any, value: Callable[[], dict[str, Any]], what: str) -> None:
        self._document = document
        self._value = value
        self._what = what
        self._dirty = False
        self._writing = False
        self._outcome = True
        self._waiting: list[Deferred[bool]] = []
        self._later: list[Deferred[bool]] = []

    def changed(self) -> None:
        """Something changed: see to it that it gets to the disk."""
        self._dirty = True
        if not self._writing:
            self._begin()

    def settled(self) -> Deferred[bool]:
        """Fires, when what changed until now was written, with whether that worked; never fails."""
        if not self._writing:
            return succeed(self._outcome)
        waiter: Deferred[bool] = Deferred()
        (self._later if self._dirty else self._waiting).append(waiter)
        return waiter

    def now(self) -> None:
        """Write at once; on the disk when this returns. Raises OSError."""
        self._dirty = False
        self._document.save(self._value())
        later, self._later = self._later, []
        for waiter in later:
            waiter.callback(True)

    def _begin(self) -> None:
        self._writing, self._dirty = True, False
        self._waiting, self._later = self._later, []
        save_later(self._document, self._value(), self._what).addCallback(self._ended)

    def _ended(self, saved: bool) -> None:
        self._writing, self._outcome = False, saved
        waiting, self._waiting = self._waiting, []
        if self._dirty:
            self._begin()
        for waiter in waiting:
            waiter.callback(saved)
