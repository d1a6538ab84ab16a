"""`twistd rmq`: a nameserver and a broker in one process."""

from __future__ import annotations

from typing import Any

import attrs
from twisted.application.service import Service
from twisted.internet.defer import inlineCallbacks
from twisted.logger import Logger

from rmqtw.declare.settings import NAMESRV_PORT, BrokerSettings, NameserverSettings
from rmqtw.tap.broker_service import BrokerService
from rmqtw.tap.foreground import Foreground
from rmqtw.tap.namesrv import NameserverService
from rmqtw.tap.options import RmqOptions

Options = RmqOptions

_log = Logger(namespace="rmqtw")


class RmqService(Service):
    """A nameserver, and a broker that registers at it.

    Fails to start as its two parts do; then neither runs.
    """

    name = "rmqtw"

    def __init__(self, nameserver: NameserverSettings, broker: BrokerSettings, reactor: Any) -> None:
        self.nameserver = NameserverService(nameserver, reactor, port_setting="--namesrv-listen-port")
        self._settings = broker
        self._reactor = reactor

    def startService(self) -> None:
        """Start the nameserver, then the broker, and say what to do next."""
        self.nameserver.startService()
        settings = self._settings
        if not settings.namesrv_addr:
            settings = attrs.evolve(settings, namesrv_addr=self.nameserver.address)
        self.broker = BrokerService(settings, self._reactor)
        try:
            self.broker.startService()
        except Exception:
            self.nameserver.stopService()
            raise
        super().startService()  # type: ignore[no-untyped-call]
        _log.info("{advice}", advice=advice(self.nameserver.address))

    @inlineCallbacks
    def stopService(self) -> Any:
        """Stop the broker, then the nameserver that it says good-bye to."""
        super().stopService()  # type: ignore[no-untyped-call]
        yield self.broker.stopService()
        yield self.nameserver.stopService()


def advice(nameserver: str) -> str:
    """What to type next, in another terminal."""
    option = "" if nameserver == f"127.0.0.1:{NAMESRV_PORT}" else f" --namesrv {nameserver}"
    return (
        "rmq is ready. In another terminal:\n"
        f'    rmqtw send Greetings "hello" --tag A{option}\n'
        f"    rmqtw tail Greetings --tag A --from first -n 1{option}"
    )


def makeService(options: RmqOptions) -> Foreground:  # noqa: N802  Twisted's name
    """What `twistd rmq` starts."""
    from twisted.internet import reactor

    return Foreground(RmqService(options.nameserver, options.broker, reactor))
