"""The built-in set: peers on this machine may do everything, everybody else nothing."""

from __future__ import annotations

from typing import Any

from zope.interface import implementer

from rmqtw.interfaces.security import Access, IAuthenticator, IAuthorizer, Principal
from rmqtw.wire.errors import NoPermission

LOOPBACK = Principal("loopback")


@implementer(IAuthenticator)
class LoopbackAuthenticator:
    """A peer on this machine is `loopback`; any other peer is refused."""

    def authenticate(self, command: Any, peer: Any) -> Principal:  # noqa: ARG002  the address decides
        """Return `LOOPBACK`, or raise `NoPermission`."""
        if peer.is_loopback:
            return LOOPBACK
        raise NoPermission(_remark(peer))

    def trusts(self, peer: Any) -> bool:
        """A peer on this machine needs no frame to prove itself."""
        return bool(peer.is_loopback)


@implementer(IAuthorizer)
class LoopbackAuthorizer:
    """A peer on this machine may do everything; any other peer nothing."""

    version = 0

    def authorize(self, principal: Principal, access: Access, peer: Any) -> None:
        """Return, or raise `NoPermission`."""
        if not peer.is_loopback:
            raise NoPermission(
                f"{principal.name} may not {access.action.value} {access.name}: {_remark(peer)}"
            )


def _remark(peer: Any) -> str:
    return f"no authentication is configured, so only peers on this machine are served, not {peer.host}"
