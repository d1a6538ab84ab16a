"""What the shipped `auth` plugins make, see `twisted/plugins/rmqtw_providers.py`; stores are in `storage`."""

from __future__ import annotations

from rmqtw.declare.plugins import ProviderContext
from rmqtw.security.audit import LogAudit
from rmqtw.security.open import Open
from rmqtw.security.policy import Security, loopback_security
from rmqtw.security.quota import NoQuota


def loopback_auth(argument: str, context: ProviderContext) -> Security:
    """Grants everything to peers on this machine, and nothing to others. ValueError for an argument."""
    refuse_argument("loopback", argument)
    return loopback_security(context.clock.seconds)


def no_auth(argument: str, context: ProviderContext) -> Security:
    """Grants everything to everybody. ValueError for an argument."""
    refuse_argument("none", argument)
    door = Open()
    return Security(door, door, NoQuota(), LogAudit(context.clock.seconds))


def refuse_argument(tag: str, argument: str) -> None:
    """Raise ValueError when there is one: a plugin that ignores it would surprise."""
    if argument:
        raise ValueError(f"{tag} takes no argument, not {argument!r}")
