"""`twistd rmq-broker`: a broker as a service."""

from __future__ import annotations

import os
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.logger import Logger

from rmqtw.broker.routes import fast_port_routes
from rmqtw.broker.service import Broker
from rmqtw.declare.settings import BrokerSettings
from rmqtw.net.connections import Connections
from rmqtw.net.dispatch import Dispatch
from rmqtw.net.protocol import RemotingFactory
from rmqtw.net.routes import Routes
from rmqtw.net.turns import end_of_turn
from rmqtw.tap.foreground import Foreground
from rmqtw.tap.listening import Listener
from rmqtw.tap.options import BrokerOptions
from rmqtw.tap.resolve import resolved
from rmqtw.tap.security import security_of
from rmqtw.tap.storage import Storage, storage_of
from rmqtw.tap.surroundings import dial, wall
from rmqtw.tap.translate import connection_limits
from rmqtw.tap.wiring import Wiring, build

Options = BrokerOptions

_log = Logger(namespace="rmqtw.broker")


class BrokerService(Service):
    """A broker as a Twisted service.

    `startService` raises `StartError` when it cannot listen, `StoreError` when its data cannot be
    used; then nothing was changed and nothing is left open. Once it runs, `address` is the
    `host:port` that clients are told, `settings` are complete, and `registered` is a Deferred that
    fires when every nameserver was tried once.
    """

    name = "rmqtw-broker"

    def __init__(self, settings: BrokerSettings, reactor: Any) -> None:
        self.settings = settings
        self.address = ""
        self.registered: Deferred[Any] | None = None
        self._reactor = reactor
        self._listeners: list[tuple[Listener, RemotingFactory]] = []

    def startService(self) -> None:
        """Bind, open the store, listen, register."""
        self.settings = settings = resolved(self.settings)
        main, fast = self._bind(settings)
        try:
            self._build(main)
        except Exception:
            for listener in filter(None, (main, fast)):
                listener.close()
            raise
        self._listen(main, self._routes, "main")
        if fast is not None:
            self._listen(fast, fast_port_routes(self._routes), "fast")
        self.registered = self._broker.start()
        super().startService()  # type: ignore[no-untyped-call]
        self._say_ready()

    @inlineCallbacks
    def stopService(self) -> Any:
        """Stop taking requests, leave the cluster, write everything. Fires when all of it is done."""
        super().stopService()  # type: ignore[no-untyped-call]
        if not self._listeners:
            return
        for listener, _ in self._listeners:
            yield listener.close()
        yield self._broker.stop([factory for _, factory in self._listeners])
        self._listeners = []
        yield self._storage.stop()
        yield self._connections.close("the broker stops")
        _log.info("broker {name} has stopped; its data is in {data}", name=self.settings.broker_name,
                  data=self._storage.where)

    def _bind(self, settings: BrokerSettings) -> tuple[Listener, Listener | None]:
        main = Listener(settings.bind_address, settings.port, what="broker", setting="--listen-port")
        if settings.fast_port is None:
            return main, None
        try:
            fast = Listener(
                settings.bind_address, settings.fast_port, what="the broker's fast port",
                setting="--listen-port (the fast port is two below)",
            )
        except Exception:
            main.close()
            raise
        return main, fast

    def _build(self, main: Listener) -> None:
        settings, reactor = self.settings, self._reactor
        turns = end_of_turn(reactor)
        self._turns = turns
        self._storage: Storage = storage_of(settings, reactor, turns)
        self._storage.start()
        self._connections = Connections(reactor, dial(reactor), wall=wall, turns=turns, language="JAVA")
        wiring = Wiring(settings, reactor, turns, self._storage, self._connections, main.port)
        self._broker: Broker
        self._routes: Routes
        self._broker, self._routes = build(wiring, os.getpid())
        try:
            self._broker.load()
        except Exception:
            self._storage.stop()
            raise
        self.address = wiring.identity.address

    def _listen(self, listener: Listener, routes: Routes, name: str) -> None:
        reactor = self._reactor
        dispatch = Dispatch(routes, security_of(self.settings, reactor), reactor.seconds)
        factory = RemotingFactory(
            reactor, wall, dispatch, turns=self._turns, listener=name, limits=connection_limits(self.settings)
        )
        listener.listen(reactor, factory)
        self._listeners.append((listener, factory))

    def _say_ready(self) -> None:
        _log.info(
            "broker {name} of cluster {cluster} is ready on {address}; its data is in {data}",
            name=self.settings.broker_name, cluster=self.settings.broker_cluster_name,
            address=self.address, data=self._storage.where,
        )


def makeService(options: BrokerOptions) -> Foreground:  # noqa: N802  Twisted's name
    """What `twistd rmq-broker` starts."""
    from twisted.internet import reactor

    return Foreground(BrokerService(options.broker, reactor))
