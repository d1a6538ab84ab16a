"""Telling the nameservers what this broker serves.

Java: `BrokerOuterAPI`, `BrokerController.registerBrokerAll`. A broker registers with every
nameserver: all its topics periodically, the changed ones at once, and says good-bye when it stops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import attrs
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from rmqtw.net.connections import Connections
from rmqtw.wire.bodies.base import DataVersion
from rmqtw.wire.bodies.register import RegisterBrokerBody
from rmqtw.wire.bodies.topics import TopicConfig, TopicConfigWrapper
from rmqtw.wire.commands import REGISTER_BROKER, UNREGISTER_BROKER
from rmqtw.wire.headers.route import RegisterBrokerRequest, UnRegisterBrokerRequest

CALL_TIMEOUT = 6.0
GOODBYE_TIMEOUT = 2.0
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


@attrs.frozen
class Identity:
    """Who a broker is to the rest of its cluster."""

    cluster: str
    name: str
    broker_id: int
    address: str
    ha_address: str


class Registration:
    """Keeps one broker registered with its nameservers.

    A nameserver that cannot be reached is tried again soon, then less often; each failure is logged
    once for each run of failures. Never fails its caller.
    """

    def __init__(
        self, clock: IReactorTime, connections: Connections, nameservers: Sequence[str], identity: Identity,
        all_topics: Callable[[], Iterable[TopicConfig]], data_version: Callable[[], DataVersion],
        *, period: float = 30.0,
    ) -> None:
        self._clock = clock
        self._connections = connections
        self._identity = identity
        self._all_topics = all_topics
        self._data_version = data_version
        self._failures = dict.fromkeys(nameservers, 0)
        self._retries: dict[str, Any] = {}
        self._changed: dict[str, TopicConfig] = {}
        self._announcing: IDelayedCall | None = None
        self._period = period
        self._periodic = LoopingCall(self.register_all)
        self._periodic.clock = clock
        self._log = Logger()

    def start(self) -> Deferred[Any]:
        """Register with every nameserver, and keep doing so. Fires when each was tried once."""
        self._periodic.start(self._period, now=False)
        return self.register_all()

    def register_all(self) -> Deferred[Any]:
        """Announce every topic to every nameserver. Fires when all answered or failed; never fails."""
        return self._announce(self._failures, list(self._all_topics()))

    def changed(self, topics: Sequence[TopicConfig]) -> None:
        """Announce these topics at once, because a client is about to ask for their route.

        What changes within one turn of the reactor goes out together.
        """
        self._changed.update((topic.topic_name, topic) for topic in topics)
        if self._announcing is None:
            self._announcing = self._clock.callLater(0, self._announce_changed)

    def _announce_changed(self) -> None:
        self._announcing = None
        topics, self._changed = list(self._changed.values()), {}
        self._announce(self._failures, topics)

    def stop(self) -> Deferred[Any]:
        """Say good-bye to every nameserver, in `GOODBYE_TIMEOUT` seconds at most.

        Fires when all answered or failed; never fails.
        """
        if self._periodic.running:
            self._periodic.stop()
        if self._announcing is not None:
            self._announcing.cancel()
            self._announcing = None
        for retry in self._retries.values():
            if retry.active():
                retry.cancel()
        header = UnRegisterBrokerRequest(
            broker_name=self._identity.name, broker_addr=self._identity.address,
            cluster_name=self._identity.cluster, broker_id=self._identity.broker_id,
        )
        return DeferredList([
            self._connections.call(address, UNREGISTER_BROKER, header, timeout=GOODBYE_TIMEOUT).addErrback(
                lambda _: None
            )
            for address in self._failures
        ])

    def _announce(self, nameservers: Iterable[str], topics: Sequence[TopicConfig]) -> Deferred[Any]:
        body = RegisterBrokerBody(
            topic_config_serialize_wrapper=TopicConfigWrapper(
                topic_config_table={topic.topic_name: topic for topic in topics},
                data_version=self._data_version(),
            ),
        ).encode()
        return DeferredList([self._register(address, body) for address in nameservers])

    def _register(self, nameserver: str, body: bytes) -> Deferred[Any]:
        identity = self._identity
        header = RegisterBrokerRequest(
            broker_name=identity.name, broker_addr=identity.address, cluster_name=identity.cluster,
            ha_server_addr=identity.ha_address, broker_id=identity.broker_id,
        )
        call = self._connections.call(nameserver, REGISTER_BROKER, header, body, timeout=CALL_TIMEOUT)
        return call.addCallbacks(
            self._registered, self._failed, callbackArgs=(nameserver,), errbackArgs=(nameserver,)
        )

    def _registered(self, _reply: object, nameserver: str) -> None:
        if self._failures[nameserver]:
            self._log.info("Registered with nameserver {address} again.", address=nameserver)
        self._failures[nameserver] = 0

    def _failed(self, reason: Failure, nameserver: str) -> None:
        failures = self._failures[nameserver]
        if failures == 0:
            self._log.warn(
                "Cannot register with nameserver {address}: {reason}. Trying again; clients that ask it "
                "do not find this broker meanwhile.", address=nameserver, reason=reason.value,
            )
        self._failures[nameserver] = failures + 1
        self._retry(nameserver, RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])

    def _retry(self, nameserver: str, delay: float) -> None:
        waiting = self._retries.get(nameserver)
        if self._periodic.running and (waiting is None or not waiting.active()):
            self._retries[nameserver] = self._clock.callLater(
                delay, lambda: self._announce([nameserver], list(self._all_topics()))
            )
