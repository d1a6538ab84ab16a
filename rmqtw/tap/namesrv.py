"""`twistd rmq-namesrv`: a nameserver as a service."""

from __future__ import annotations

from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import inlineCallbacks
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from rmqtw.declare.settings import NameserverSettings
from rmqtw.nameserver.registry import Registry
from rmqtw.nameserver.routes import nameserver_routes
from rmqtw.nameserver.verbs import Verbs
from rmqtw.net.dispatch import Dispatch
from rmqtw.net.protocol import RemotingFactory
from rmqtw.tap.foreground import Foreground
from rmqtw.tap.listening import Listener
from rmqtw.tap.options import NamesrvOptions
from rmqtw.tap.security import security_of
from rmqtw.tap.surroundings import wall
from rmqtw.tap.translate import connection_limits

Options = NamesrvOptions

_log = Logger(namespace="rmqtw.nameserver")


class NameserverService(Service):
    """A nameserver as a Twisted service.

    `startService` raises `StartError` when it cannot listen. `address` is `host:port` once it runs.
    """

    name = "rmqtw-nameserver"

    def __init__(
        self, settings: NameserverSettings, reactor: Any, *, port_setting: str = "--listen-port"
    ) -> None:
        self._settings = settings
        self._port_setting = port_setting
        self._reactor = reactor
        self._listener: Listener | None = None
        self.address = ""

    def startService(self) -> None:
        """Listen."""
        settings, reactor = self._settings, self._reactor
        listener = Listener(
            settings.bind_address, settings.port, what="nameserver", setting=self._port_setting
        )
        verbs = Verbs(reactor, Registry())
        self._expiry = LoopingCall(verbs.expire)
        self._expiry.clock = reactor
        routes = nameserver_routes(verbs, capacity=settings.request_lane_capacity)
        dispatch = Dispatch(routes, security_of(settings, reactor), reactor.seconds)
        self._factory = RemotingFactory(
            reactor, wall, dispatch, listener="nameserver", limits=connection_limits(settings)
        )
        listener.listen(reactor, self._factory)
        self._listener = listener
        self._expiry.start(settings.scan_not_active_broker_interval / 1000, now=False)
        self.address = f"{listener.host}:{listener.port}"
        super().startService()  # type: ignore[no-untyped-call]
        _log.info("nameserver is ready on {address}", address=self.address)

    @inlineCallbacks
    def stopService(self) -> Any:
        """Close the listener and its connections. Fires when they are gone."""
        super().stopService()  # type: ignore[no-untyped-call]
        if self._listener is None:
            return
        self._expiry.stop()
        yield self._listener.close()
        yield self._factory.close("the nameserver stops")
        self._listener = None


def makeService(options: NamesrvOptions) -> Foreground:  # noqa: N802  Twisted's name
    """What `twistd rmq-namesrv` starts."""
    from twisted.internet import reactor

    return Foreground(NameserverService(options.nameserver, reactor))
