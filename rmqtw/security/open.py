"""No authentication: everybody may do everything, as Apache's broker does unless told otherwise."""

from __future__ import annotations

from typing import Any

from zope.interface import implementer

from rmqtw.interfaces.security import Access, IAuthenticator, IAuthorizer, Principal

ANONYMOUS = Principal("anonymous")


@implementer(IAuthenticator, IAuthorizer)
class Open:
    """Grants everything to every peer. A listener that others reach needs an accepted risk for it."""

    version = 0

    def authenticate(self, command: Any, peer: Any) -> Principal:  # noqa: ARG002  nobody is asked
        """Return `ANONYMOUS`."""
        return ANONYMOUS

    def trusts(self, peer: Any) -> bool:  # noqa: ARG002  same
        """Every peer is as good as authenticated."""
        return True

    def authorize(self, principal: Principal, access: Access, peer: Any) -> None:
        """Return: everything is allowed."""
