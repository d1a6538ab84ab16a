"""A client: its connections, and what it knows of the cluster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from rmqtw.client.routes import RouteTable
from rmqtw.net.connections import Connections


class Client:
    """What all producers and readers of one program share.

    `rmqtw.tap.client(nameservers, reactor)` makes one for a program. `dial(address)` returns an
    `IStreamClientEndpoint` for `host:port`, `wall()` is milliseconds, `unique_key()` a new message
    key each time (`wire.ids.UniqueKeys`), `random` chooses the queue that a producer begins with.
    """

    def __init__(
        self,
        clock: IReactorTime,
        dial: Callable[[str], Any],
        nameservers: Sequence[str],
        *,
        wall: Callable[[], int],
        unique_key: Callable[[], str],
        random: Random,
    ) -> None:
        self.clock = clock
        self.wall = wall
        self.unique_key = unique_key
        self.random = random
        self.connections = Connections(clock, dial, wall=wall)
        self.routes = RouteTable(clock, self.connections, nameservers)

    def close(self) -> Deferred[None]:
        """Close all connections; what is under way fails. Fires when they are gone, never fails."""
        return self.connections.close()
