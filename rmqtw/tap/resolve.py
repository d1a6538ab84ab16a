"""What settings leave open and only the machine knows: its name, its address, where `~` is."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import attrs

from rmqtw.declare.settings import BrokerSettings, ServerSettings
from rmqtw.declare.startchecks import check
from rmqtw.tap.errors import StartError


def host_name() -> str:
    """This machine's name without its domain, the default name of a broker."""
    return socket.gethostname().partition(".")[0] or "broker"


def own_address() -> str:
    """The address from which this machine would reach others; loopback when it has no network.

    Nothing is sent: connecting a datagram socket only asks the routing table, here for an address
    that is reserved for documentation (RFC 5737).
    """
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
    except OSError:
        return "127.0.0.1"


def resolved(
    settings: BrokerSettings, hostname: Callable[[], str] = host_name,
    address: Callable[[], str] = own_address,
) -> BrokerSettings:
    """The settings with broker name, advertised address and data folder filled in.

    `store=file:DIR` names the folder of everything, not of messages only. The folder becomes
    absolute, counted from the current one: a daemon changes its folder later.
    """
    folder = Path(_store_folder(settings) or settings.store_path_root_dir)
    return attrs.evolve(
        settings,
        broker_name=settings.broker_name or hostname(),
        broker_ip1=settings.advertised_host or address(),
        store_path_root_dir=str(folder.expanduser().absolute()),
    )


def _store_folder(settings: BrokerSettings) -> str:
    tag, _, argument = settings.store.partition(":")
    return argument if tag == "file" else ""


def refuse_problems(settings: ServerSettings) -> None:
    """Raise `StartError` when settings do not go together, in an embedded service too."""
    problems = check(settings)
    if problems:
        raise StartError("; ".join(problems))
