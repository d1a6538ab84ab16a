"""What settings leave open and only the machine knows: its name, its address, where `~` is."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from pathlib import Path

import attrs

from rmqtw.declare.settings import BrokerSettings


def own_address(version: int = 4) -> str:
    """The address from which this machine would reach others; loopback when it has no network.

    Nothing is sent: connecting a datagram socket only asks the routing table. The targets are
    documentation addresses (RFC 5737, RFC 3849).
    """
    family, target = (socket.AF_INET, "192.0.2.1") if version == 4 else (socket.AF_INET6, "2001:db8::1")
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((target, 9))
            return str(probe.getsockname()[0])
    except OSError:
        return "127.0.0.1" if version == 4 else "::1"


def resolved(
    settings: BrokerSettings, hostname: Callable[[], str] = socket.gethostname,
    address: Callable[[int], str] = own_address,
) -> BrokerSettings:
    """The settings with broker name, advertised address and data folder filled in.

    `store=file:DIR` names the folder of everything, not of messages only. The folder becomes
    absolute, counted from the current one: a daemon changes its folder later.
    """
    version = ipaddress.ip_address(settings.bind_address).version
    folder = Path(_store_folder(settings) or settings.store_path_root_dir)
    return attrs.evolve(
        settings,
        broker_name=settings.broker_name or hostname(),
        broker_ip1=settings.advertised_host or address(version),
        store_path_root_dir=str(folder.expanduser().absolute()),
    )


def _store_folder(settings: BrokerSettings) -> str:
    tag, _, argument = settings.store.partition(":")
    return argument if tag == "file" else ""
