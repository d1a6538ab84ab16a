"""The built-in audit: lines in the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.logger import Logger
from zope.interface import implementer

from rmqtw.interfaces.security import IAudit
from rmqtw.security.limits import LineLimit


@implementer(IAudit)
class LogAudit:
    """Writes refusals (warnings, not more than `LineLimit` allows) and administrative commands.

    Never writes header values, bodies or anything else that may hold a secret: only who, from where,
    which command, and the outcome.
    """

    def __init__(self, seconds: Callable[[], float], log: Logger | None = None) -> None:
        self._log = log or Logger(namespace="rmqtw.audit")
        self._limit = LineLimit(seconds)

    def refused(self, request: Any, reason: str) -> None:
        """Log one warning."""
        if self._limit.admit():
            self._log.warn(
                "Refused {command} from {peer}, {principal}: {reason}{note}",
                **_about(request),
                reason=reason,
                note=self._limit.note(),
            )

    def done(self, request: Any, code: int) -> None:
        """Log that an administrative command was carried out, or what it answered."""
        self._log.info("{principal} at {peer} did {command}: code {code}", **_about(request), code=int(code))


def _about(request: Any) -> dict[str, Any]:
    return {
        "command": request.name,
        "peer": request.peer.address,
        "principal": request.principal.name,
    }
