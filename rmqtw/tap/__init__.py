"""What `twistd` starts: options, and the only place that wires services together.

`broker(settings, reactor)` and `nameserver(settings, reactor)` embed a server in a program of your
own, `client(nameservers, reactor)` makes a client; any number of them run in one process.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rmqtw.client.client import Client
    from rmqtw.declare.settings import BrokerSettings, NameserverSettings
    from rmqtw.tap.broker_service import BrokerService
    from rmqtw.tap.namesrv import NameserverService


def broker(settings: BrokerSettings, reactor: Any) -> BrokerService:
    """A broker as an `IService`; see `BrokerService` for how it starts, fails and stops."""
    from rmqtw.tap.broker_service import BrokerService

    return BrokerService(settings, reactor)


def nameserver(settings: NameserverSettings, reactor: Any) -> NameserverService:
    """A nameserver as an `IService`; see `NameserverService` for how it starts, fails and stops."""
    from rmqtw.tap.namesrv import NameserverService

    return NameserverService(settings, reactor)


def client(nameservers: Sequence[str] | str, reactor: Any) -> Client:
    """A client of these nameservers, listed or as `host:port;host:port`; ValueError for what is none."""
    from rmqtw.tap.clients import client as wired

    return wired(nameservers, reactor)
