"""The built-in quota: none."""

from __future__ import annotations

from typing import Any

from zope.interface import implementer

from rmqtw.interfaces.security import IQuota


@implementer(IQuota)
class NoQuota:
    """Everybody may ask for as much as the lanes admit."""

    def admit(self, request: Any) -> None:
        """Return."""
