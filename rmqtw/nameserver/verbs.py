"""What a nameserver does when it is asked. Java: `DefaultRequestProcessor`, `ClientRequestProcessor`."""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IReactorTime

from rmqtw.nameserver.answers import cluster_info, route_of
from rmqtw.nameserver.registry import Registration, Registry
from rmqtw.net.request import Answer, Request
from rmqtw.wire.bodies.base import DataVersion
from rmqtw.wire.bodies.register import RegisterBrokerBody, check_crc
from rmqtw.wire.errors import FAQ, InvalidParameter, TopicNotExist
from rmqtw.wire.headers.route import (
    GetRouteInfoRequest,
    QueryDataVersionRequest,
    QueryDataVersionResponse,
    RegisterBrokerRequest,
    RegisterBrokerResponse,
    UnRegisterBrokerRequest,
)

DEFAULT_TIMEOUT = 120.0


class Verbs:
    """The verbs of one nameserver, on one registry.

    `lost(peer)` is told of connections that ended; what registered over them is forgotten.
    """

    def __init__(self, clock: IReactorTime, registry: Registry) -> None:
        self._clock = clock
        self._registry = registry
        self._watched: set[Any] = set()

    def register(self, request: Request[RegisterBrokerRequest]) -> Answer:
        """REGISTER_BROKER. A slave is told its master's addresses."""
        header = request.header
        _check(header)
        check_crc(request.body, header.body_crc32)
        body = RegisterBrokerBody.decode(request.body)
        registration = _registration(header, body)
        self._watch(request.peer)
        self._registry.register(registration, self._clock.seconds(), request.peer)
        master = self._registry.master_of(header.broker_name)
        if master is None or master.address == header.broker_addr:
            return Answer(header=RegisterBrokerResponse())
        return Answer(header=RegisterBrokerResponse(
            ha_server_addr=master.ha_address, master_addr=master.address
        ))

    def unregister(self, request: Request[UnRegisterBrokerRequest]) -> Answer:
        """UNREGISTER_BROKER. An unknown broker is no error."""
        header = request.header
        self._registry.unregister(
            header.cluster_name, header.broker_name, header.broker_id, header.broker_addr
        )
        return Answer()

    def data_version(self, request: Request[QueryDataVersionRequest]) -> Answer:
        """QUERY_DATA_VERSION: must the broker register again? Also a sign of life."""
        header = request.header
        theirs = DataVersion.decode(request.body)
        ours = self._registry.data_version(header.cluster_name, header.broker_addr)
        self._registry.heard_of(header.cluster_name, header.broker_addr, self._clock.seconds())
        return Answer(
            header=QueryDataVersionResponse(changed=ours != theirs), body=ours.encode() if ours else b""
        )

    def route(self, request: Request[GetRouteInfoRequest]) -> Answer:
        """GET_ROUTEINFO_BY_TOPIC; 17 with the remark that clients look for."""
        topic = request.header.topic
        route = route_of(self._registry, topic)
        if route is None:
            raise TopicNotExist(f"No topic route info in name server for the topic: {topic}\n{FAQ}")
        return Answer(body=route.encode())

    def cluster(self, _request: Request[Any]) -> Answer:
        """GET_BROKER_CLUSTER_INFO."""
        return Answer(body=cluster_info(self._registry).encode())

    def expire(self) -> None:
        """Forget brokers that were silent for longer than they said they would be."""
        self._registry.forget(self._registry.expired(self._clock.seconds()))

    def _watch(self, peer: Any) -> None:
        if peer not in self._watched:
            self._watched.add(peer)
            peer.when_lost(self._lost)

    def _lost(self, peer: Any) -> None:
        self._watched.discard(peer)
        self._registry.forget(self._registry.behind(peer))


def _registration(header: RegisterBrokerRequest, body: RegisterBrokerBody) -> Registration:
    wrapper = body.topic_config_serialize_wrapper
    return Registration(
        cluster=header.cluster_name, broker_name=header.broker_name, broker_id=header.broker_id,
        address=header.broker_addr, ha_address=header.ha_server_addr, topics=wrapper.topic_config_table,
        data_version=wrapper.data_version, enable_acting_master=bool(header.enable_acting_master),
        timeout=_timeout(header.heartbeat_timeout_millis),
    )


def _timeout(millis: int | None) -> float:
    return millis / 1000 if millis and millis > 0 else DEFAULT_TIMEOUT


def _check(header: RegisterBrokerRequest) -> None:
    """Raise `InvalidParameter` for a broker that nobody could find or reach."""
    for name, value in (
        ("clusterName", header.cluster_name),
        ("brokerName", header.broker_name),
        ("brokerAddr", header.broker_addr),
    ):
        if not value.strip():
            raise InvalidParameter(f"RegisterBrokerRequest.{name}: it is empty")
    if header.broker_id < 0:
        raise InvalidParameter(f"RegisterBrokerRequest.brokerId: {header.broker_id} is negative")
