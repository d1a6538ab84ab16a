"""Grants for connections that this process opened itself."""

from __future__ import annotations

from typing import Any

from zope.interface import implementer

from rmqtw.interfaces.security import Access, IAuthenticator, IAuthorizer, Principal

DIALLED = Principal("dialled")


@implementer(IAuthenticator, IAuthorizer)
class TrustDialled:
    """Grants everything: for what a server sends back on a connection that we opened to it.

    Never give it to a listener.
    """

    version = 0

    def authenticate(self, command: Any, peer: Any) -> Principal:  # noqa: ARG002  we chose whom to dial
        """Return `DIALLED`."""
        return DIALLED

    def trusts(self, peer: Any) -> bool:  # noqa: ARG002  same
        """We chose whom to dial."""
        return True

    def authorize(self, principal: Principal, access: Access, peer: Any) -> None:
        """Return: the server may ask us whatever we serve."""
