"""What the running system offers, handed to everything that must not look for itself."""

from __future__ import annotations

import os
import time
from random import SystemRandom
from typing import Any

from twisted.internet.endpoints import HostnameEndpoint

_HOT_SHARE = 0.4


def wall() -> int:
    """Wall time in milliseconds."""
    return int(time.time() * 1000)


def hot_bytes() -> int:
    """How much of the log's end Apache's broker would take to be in memory: 40 % of the machine's."""
    return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * _HOT_SHARE)


def dial(reactor: Any) -> Any:
    """`dial(address)` for `net.connections`: an endpoint for `host:port`."""

    def endpoint(address: str) -> HostnameEndpoint:
        host, _, port = address.rpartition(":")
        return HostnameEndpoint(reactor, host.strip("[]"), int(port))

    return endpoint


def random() -> SystemRandom:
    """Randomness that nobody can guess."""
    return SystemRandom()
