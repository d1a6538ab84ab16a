"""`twistd rmq-namesrv`: a nameserver as a service."""

from __future__ import annotations

from typing import Any

import attrs
from twisted.internet.defer import inlineCallbacks
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from rmqtw.declare.settings import NameserverSettings
from rmqtw.nameserver.registry import Registry
from rmqtw.nameserver.routes import nameserver_routes
from rmqtw.nameserver.verbs import Verbs
from rmqtw.net.dispatch import Dispatch
from rmqtw.net.protocol import RemotingFactory
from rmqtw.tap.descriptors import descriptors_needed
from rmqtw.tap.errors import named_causes
from rmqtw.tap.foreground import Foreground
from rmqtw.tap.listening import Listener
from rmqtw.tap.options import NamesrvOptions
from rmqtw.tap.resolve import refuse_problems
from rmqtw.tap.restartable import RestartableService
from rmqtw.tap.security import security_of
from rmqtw.tap.surroundings import wall
from rmqtw.tap.translate import connection_limits

Options = NamesrvOptions

_log = Logger(namespace="rmqtw.nameserver")


@attrs.frozen
class _Parts:
    """What a running nameserver consists of."""

    listener: Listener
    factory: RemotingFactory
    expiry: LoopingCall

    @inlineCallbacks
    def stop(self) -> Any:
        """Close the listener and its connections."""
        self.expiry.stop()
        yield self.listener.close()
        yield self.factory.close("the nameserver stops")


class NameserverService(RestartableService[_Parts]):
    """A nameserver as a Twisted service; any number of them run in one process.

    `startService` raises `StartError` when the settings do not go together or when it cannot
    listen; then nothing is left open. Once it runs, `address` is a `host:port` at which this
    machine reaches it. `stopService` returns a Deferred that fires when its connections are gone;
    then the service may be started again.
    """

    def __init__(
        self, settings: NameserverSettings, reactor: Any, *, port_setting: str = "--listen-port",
        announce: bool = True,
    ) -> None:
        super().__init__()
        self.settings = settings
        self.address = ""
        self._port_setting = port_setting
        self._announce = announce
        self._reactor = reactor

    def startService(self) -> None:
        """Listen."""
        self.refuse_second_start(f"the nameserver on {self.address}")
        refuse_problems(self.settings)
        with named_causes():
            self._parts = self._start()
        super().startService()  # type: ignore[no-untyped-call]
        if self._announce:
            _log.info("nameserver is ready on {address}", address=self.address)

    def _start(self) -> _Parts:
        settings, reactor = self.settings, self._reactor
        security = security_of(settings, reactor)
        listener = Listener(
            settings.bind_address, settings.port, what="nameserver", setting=self._port_setting
        )
        verbs = Verbs(reactor, Registry())
        routes = nameserver_routes(verbs, capacity=settings.request_lane_capacity)
        factory = RemotingFactory(
            reactor, wall, Dispatch(routes, security, reactor.seconds), listener="nameserver",
            limits=connection_limits(settings),
        )
        listener.listen(reactor, factory)
        expiry = LoopingCall(verbs.expire)
        expiry.clock = reactor
        expiry.start(settings.scan_not_active_broker_interval / 1000, now=False)
        self.address = f"{settings.reachable_host}:{listener.port}"
        return _Parts(listener, factory, expiry)


def makeService(options: NamesrvOptions) -> Foreground:
    """What `twistd rmq-namesrv` starts."""
    from twisted.internet import reactor

    service = NameserverService(options.nameserver, reactor)
    return Foreground(service, reactor, descriptors=descriptors_needed(options.nameserver))
