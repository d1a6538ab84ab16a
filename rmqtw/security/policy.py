"""The four that every request is shown to, and the two built-in sets of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from rmqtw.security.audit import LogAudit
from rmqtw.security.loopback import LoopbackAuthenticator, LoopbackAuthorizer
from rmqtw.security.quota import NoQuota
from rmqtw.security.trust import TrustDialled


@attrs.frozen
class Security:
    """Providers of `IAuthenticator`, `IAuthorizer`, `IQuota` and `IAudit`; all four are always asked."""

    authenticator: Any
    authorizer: Any
    quota: Any
    audit: Any


def loopback_security(seconds: Callable[[], float]) -> Security:
    """For listeners without configured authentication: peers on this machine only.

    `seconds` is a monotonic clock, such as `reactor.seconds`.
    """
    return Security(LoopbackAuthenticator(), LoopbackAuthorizer(), NoQuota(), LogAudit(seconds))


def dialled_security(seconds: Callable[[], float]) -> Security:
    """For connections that we opened: the server may ask whatever we serve. Never for a listener."""
    trust = TrustDialled()
    return Security(trust, trust, NoQuota(), LogAudit(seconds))
