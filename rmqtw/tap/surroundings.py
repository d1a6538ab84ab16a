"""What the running system offers, handed to everything that must not look for itself."""

from __future__ import annotations

import os
import socket
import time
from random import SystemRandom
from typing import Any

from twisted.internet.endpoints import HostnameEndpoint

_HOT_SHARE = 0.4


def wall() -> int:
    """Wall time in milliseconds."""
    return int(time.time() * 1000)


def host_name() -> str:
    """This machine's name, the default name of a broker."""
    return socket.gethostname().partition(".")[0] or "broker"


def own_address() -> str:
    """The address by which this machine reaches others, or loopback when it reaches none.

    Nothing is sent: connecting a datagram socket only chooses a route.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


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
