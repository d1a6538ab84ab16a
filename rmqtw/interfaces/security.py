"""The four questions that every request is asked before a verb sees it.

The built-in answers (`rmqtw.security`) grant loopback and nothing else.
"""

from __future__ import annotations

from typing import Any

import attrs
from zope.interface import Attribute, Interface

from rmqtw.declare.access import Access, Action

__all__ = ["Access", "Action", "IAudit", "IAuthenticator", "IAuthorizer", "IQuota", "Principal"]


@attrs.frozen
class Principal:
    """Who sent a request. `name` goes to logs and audit; it is never a secret."""

    name: str


class IAuthenticator(Interface):
    """Says who a peer is."""

    def authenticate(command: Any, peer: Any) -> Principal:
        """Return the principal of this frame, or raise `wire.errors.NoPermission`."""

    def trusts(peer: Any) -> bool:
        """Whether the peer's address alone is proof: its first frame may be as long as any other."""


class IAuthorizer(Interface):
    """Says whether a principal may do something.

    A grant is remembered for the principal, the peer's host and the names in the request, until
    `version` changes. A refusal is never remembered.
    """

    version: int = Attribute("Changes whenever a decision may change.")

    def authorize(principal: Principal, access: Access, peer: Any) -> None:
        """Return if allowed; raise `wire.errors.NoPermission` if not."""


class IQuota(Interface):
    """Limits how much a principal may ask for."""

    def admit(request: Any) -> None:
        """Return if within limits; raise `wire.errors.SystemBusy` if not."""


class IAudit(Interface):
    """Remembers what was refused and what was changed."""

    def refused(request: Any, reason: str) -> None:
        """A request was refused before its verb ran."""

    def done(request: Any, code: int) -> None:
        """A verb of an administrative command ran and answered `code`."""
