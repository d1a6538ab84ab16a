"""Reading a document into a table, and writing it off the reactor's thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
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
