"""The wiring of a client: connections, keys and chance of the running system."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

from rmqtw.client.client import Client
from rmqtw.tap.surroundings import dial, random, wall
from rmqtw.wire.ids import UniqueKeys

_HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\]")
_LOOPBACK = ip_address("127.0.0.1").packed


def client(nameservers: Sequence[str] | str, reactor: Any) -> Client:
    """Make a client of these nameservers, listed or as `host:port;host:port`.

    ValueError for something that is no `host:port`. Nothing is connected before it is needed.
    """
    addresses = addresses_of(nameservers)
    chance = random()
    keys = UniqueKeys(_LOOPBACK, os.getpid(), wall, salt=chance.getrandbits(32))
    return Client(reactor, dial(reactor), addresses, wall=wall, unique_key=keys.next, random=chance)


def addresses_of(nameservers: Sequence[str] | str) -> list[str]:
    """The addresses of a list, or of a text with `;` between them; ValueError for what is none."""
    listed = nameservers.split(";") if isinstance(nameservers, str) else nameservers
    addresses = [address.strip() for address in listed if address.strip()]
    for address in addresses or [""]:
        _check(address)
    return addresses


def _check(address: str) -> None:
    host, _, port = address.rpartition(":")
    if not _HOST.fullmatch(host) or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{address!r} is no nameserver; give HOST:PORT, several with ; between them")
