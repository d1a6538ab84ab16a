"""`twistd rmq`: a nameserver and a broker in one process."""

from __future__ import annotations

from typing import Any

import attrs
from twisted.application.service import Service
from twisted.internet.defer import inlineCallbacks

from rmqtw.declare.settings import BrokerSettings, NameserverSettings
from rmqtw.tap.broker_service import BrokerService
from rmqtw.tap.descriptors import descriptors_needed
from rmqtw.tap.errors import StartError
from rmqtw.tap.foreground import Foreground
from rmqtw.tap.namesrv import NameserverService
from rmqtw.tap.options import RmqOptions
from rmqtw.tap.ready import say_ready

Options = RmqOptions


class RmqService(Service):
    """A nameserver, and a broker that registers at it unless it is told another.

    Fails to start as its two parts do; then neither runs.
    """

    def __init__(self, nameserver: NameserverSettings, broker: BrokerSettings, reactor: Any) -> None:
        self.nameserver = NameserverService(
            nameserver, reactor, port_setting="--namesrv-listen-port", announce=False
        )
        self.broker = BrokerService(broker, reactor, announce=False)
        self._own_nameserver = not broker.namesrv_addr

    def startService(self) -> None:
        """Start the nameserver, then the broker, and say what to do next."""
        self.nameserver.startService()
        broker = self.broker
        if self._own_nameserver:
            broker.settings = attrs.evolve(broker.settings, namesrv_addr=self.nameserver.address)
        try:
            broker.startService()
        except StartError:
            self.nameserver.stopService()
            raise
        super().startService()  # type: ignore[no-untyped-call]
        say_ready(nameserver=self.nameserver.address, broker=broker.address, data=broker.data)

    @inlineCallbacks
    def stopService(self) -> Any:
        """Stop the broker, then the nameserver that it says good-bye to."""
        super().stopService()  # type: ignore[no-untyped-call]
        try:
            yield self.broker.stopService()
        finally:
            yield self.nameserver.stopService()


def makeService(options: RmqOptions) -> Foreground:
    """What `twistd rmq` starts."""
    from twisted.internet import reactor

    nameserver, broker = options.nameserver, options.broker
    service = RmqService(nameserver, broker, reactor)
    return Foreground(service, reactor, descriptors=descriptors_needed(nameserver, broker))
