"""`twistd rmq-broker`: a broker as a service."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import Any

import attrs
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.logger import Logger

from rmqtw.broker.routes import fast_port_routes
from rmqtw.broker.service import Broker
from rmqtw.declare.settings import BrokerSettings
from rmqtw.net.connections import Connections
from rmqtw.net.dispatch import Dispatch
from rmqtw.net.protocol import RemotingFactory
from rmqtw.net.routes import Routes
from rmqtw.net.turns import EndOfTurn, end_of_turn
from rmqtw.security.policy import Security
from rmqtw.tap.descriptors import descriptors_needed
from rmqtw.tap.errors import named_causes
from rmqtw.tap.foreground import Foreground
from rmqtw.tap.listening import Listener, broker_listeners
from rmqtw.tap.options import BrokerOptions
from rmqtw.tap.resolve import refuse_problems, resolved
from rmqtw.tap.restartable import RestartableService
from rmqtw.tap.security import security_of
from rmqtw.tap.storage import Storage, storage_of
from rmqtw.tap.surroundings import dial, wall
from rmqtw.tap.translate import connection_limits
from rmqtw.tap.wiring import Wiring, build

Options = BrokerOptions

_log = Logger(namespace="rmqtw.broker")


@attrs.frozen
class _Parts:
    """What a running broker consists of, in the order in which it stops."""

    listeners: list[Listener]
    factories: list[RemotingFactory]
    broker: Broker
    storage: Storage
    connections: Connections

    @inlineCallbacks
    def stop(self) -> Any:
        """Take no more connections, leave the cluster, answer who waits, write everything."""
        for listener in self.listeners:
            yield listener.close()
        try:
            yield self.broker.stop(self.factories)
        finally:
            yield self.storage.stop()
            yield self.connections.close("the broker stops")


class BrokerService(RestartableService[_Parts]):
    """A broker as a Twisted service; any number of them run in one process.

    `startService` raises `StartError` when the settings do not go together, when it cannot listen
    or when its data cannot be used; then nothing was changed and nothing is left open. Once it
    runs, `address` is the `host:port` that clients are told, `settings` are complete, `data` says
    where messages are, and `registered` is a Deferred that fires when every nameserver was tried
    once. `stopService` returns a Deferred that fires when everything is on the disk; then the
    service may be started again.
    """

    def __init__(self, settings: BrokerSettings, reactor: Any, *, announce: bool = True) -> None:
        super().__init__()
        self.settings = settings
        self.address = ""
        self.data = ""
        self.registered: Deferred[Any] | None = None
        self._reactor = reactor
        self._announce = announce

    def startService(self) -> None:
        """Bind, open the store, listen, register."""
        self.refuse_second_start(f"broker {self.settings.broker_name}")
        self.settings = resolved(self.settings)
        refuse_problems(self.settings)
        with named_causes(), ExitStack() as undo:
            self._parts = self._start(undo)
            undo.pop_all()
        self.registered = self._parts.broker.start()
        super().startService()  # type: ignore[no-untyped-call]
        if self._announce:
            self._say_ready()

    def stopped(self) -> None:
        """Say so."""
        _log.info("broker {name} has stopped; its data is in {data}", name=self.settings.broker_name,
                  data=self.data)

    def _start(self, undo: ExitStack) -> _Parts:
        settings, reactor = self.settings, self._reactor
        turns = end_of_turn(reactor)
        security, storage = security_of(settings, reactor), storage_of(settings, reactor, turns)
        main, fast = broker_listeners(settings)
        for listener in filter(None, (main, fast)):
            undo.callback(listener.close)
        connections = Connections(reactor, dial(reactor), wall=wall, turns=turns, language="JAVA")
        wiring = Wiring(settings, reactor, turns, storage, connections, main.port)
        broker, routes = build(wiring, os.getpid())
        _open_data(broker, storage, undo)
        self.address, self.data = wiring.identity.address, storage.where
        listeners, factories = [main], [self._listen(main, routes, "main", security, turns)]
        if fast is not None:
            listeners.append(fast)
            factories.append(self._listen(fast, fast_port_routes(routes), "fast", security, turns))
        return _Parts(listeners, factories, broker, storage, connections)

    def _listen(
        self, listener: Listener, routes: Routes, name: str, security: Security, turns: EndOfTurn
    ) -> RemotingFactory:
        reactor = self._reactor
        factory = RemotingFactory(
            reactor, wall, Dispatch(routes, security, reactor.seconds), turns=turns, listener=name,
            limits=connection_limits(self.settings),
        )
        listener.listen(reactor, factory)
        return factory

    def _say_ready(self) -> None:
        settings = self.settings
        _log.info(
            "broker {name} of cluster {cluster} is ready on {address}; its data is in {data}; "
            "it registers at {nameservers}",
            name=settings.broker_name, cluster=settings.broker_cluster_name, address=self.address,
            data=self.data, nameservers=", ".join(settings.namesrv_addresses) or "no nameserver",
        )


def _open_data(broker: Broker, storage: Storage, undo: ExitStack) -> None:
    """Read the documents before the store is opened: damaged ones must not leave it changed."""
    broker.load()
    storage.start()
    undo.callback(storage.stop)


def makeService(options: BrokerOptions) -> Foreground:
    """What `twistd rmq-broker` starts."""
    from twisted.internet import reactor

    service = BrokerService(options.broker, reactor)
    return Foreground(service, reactor, descriptors=descriptors_needed(options.broker))
