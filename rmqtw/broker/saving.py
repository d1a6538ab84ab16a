"""Writing a document off the reactor's thread, and saying so when it cannot be written."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

_log = Logger()


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
