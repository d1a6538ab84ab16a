"""A nameserver on a network in memory, and brokers that are only connections."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from twisted.internet.task import LoopingCall

from rmqtw.nameserver.registry import Registry
from rmqtw.nameserver.routes import nameserver_routes
from rmqtw.nameserver.verbs import Verbs
from rmqtw.net.dispatch import Dispatch
from rmqtw.net.protocol import RemotingFactory
from rmqtw.security.policy import loopback_security
from rmqtw.testing.clock import ManualTime
from rmqtw.testing.network import MemoryNetwork
from rmqtw.testing.remoting import RawFactory
from rmqtw.wire import commands
from rmqtw.wire.bodies.base import DataVersion
from rmqtw.wire.bodies.register import RegisterBrokerBody
from rmqtw.wire.bodies.route import ClusterInfo, TopicRouteData
from rmqtw.wire.bodies.topics import TopicConfig, TopicConfigWrapper
from rmqtw.wire.headers.route import (
    GetRouteInfoRequest,
    QueryDataVersionRequest,
    QueryDataVersionResponse,
    RegisterBrokerRequest,
    UnRegisterBrokerRequest,
)

ADDRESS = "127.0.0.1:9876"
SCAN_SECONDS = 5.0


class Names:
    """The nameserver; looks for silent brokers every 5 seconds, as the service does."""

    def __init__(self):
        self.time = ManualTime()
        self.network = MemoryNetwork(self.time.clock)
        self.registry = Registry()
        verbs = Verbs(self.time.clock, self.registry)
        self._scan = LoopingCall(verbs.expire)
        self._scan.clock = self.time.clock
        self._scan.start(SCAN_SECONDS, now=False)
        seconds = self.time.clock.seconds
        self.routes = nameserver_routes(verbs, capacity=100)
        dispatch = Dispatch(self.routes, loopback_security(seconds), seconds)
        self.factory = RemotingFactory(self.time.clock, self.time.wall, dispatch)
        self.network.listen(ADDRESS, self.factory)
        self.asker = Peer(self)

    def connect(self):
        """A new connection."""
        return Peer(self)

    def route(self, topic):
        """The route of a topic as clients read it, or None for the answer 17."""
        answer = self.asker.call(commands.GET_ROUTEINFO_BY_TOPIC, GetRouteInfoRequest(topic=topic))
        if answer.code == 17:
            assert answer.remark.startswith(f"No topic route info in name server for the topic: {topic}\n")
            return None
        assert answer.code == 0
        return TopicRouteData.decode(answer.body)

    def addresses(self, topic="Orders"):
        """Addresses by id of the brokers that serve a topic: {name: {id: address}}."""
        route = self.route(topic)
        return {data.broker_name: data.broker_addrs for data in route.broker_datas} if route else {}

    def clusters(self):
        """What GET_BROKER_CLUSTER_INFO says."""
        return ClusterInfo.decode(self.asker.call(commands.GET_BROKER_CLUSTER_INFO).body)

    def pass_time(self, seconds):
        """Let time pass, while those who ask keep their connection."""
        for _ in range(int(seconds)):
            self.time.advance(1)
            if self.time.clock.seconds() % 30 < 1:
                self.clusters()

    def stop(self):
        """Stop, and assert that nothing is left."""
        self._scan.stop()
        self.factory.close()
        self.time.advance(10, steps=10)
        assert self.time.clock.getDelayedCalls() == []


class Peer:
    """One connection to the nameserver."""

    def __init__(self, names):
        self._names = names
        factory = RawFactory()
        names.network.endpoint(ADDRESS).connect(factory)
        names.time.settle()
        self.peer = factory.peers[0]

    def call(self, command, header=None, body=b""):
        """Ask; the answer."""
        opaque = self.peer.ask(command, header, body)
        self._names.time.settle()
        (answer,) = [one for one in self.peer.got if one.opaque == opaque]
        return answer

    def hang_up(self):
        """Close the connection."""
        self.peer.transport.abortConnection()
        self._names.time.settle()

    def register(self, name="a", broker_id=0, topics=("Orders", "Other"), *, body=None, version=1, **more):
        """Register a broker; topics are names or configs. The answer."""
        configs = [TopicConfig(topic_name=one) if isinstance(one, str) else one for one in topics]
        header = RegisterBrokerRequest(**{
            "broker_name": name, "broker_addr": f"10.0.0.{ord(name[0])}:1091{broker_id}",
            "cluster_name": "C", "ha_server_addr": f"10.0.0.{ord(name[0])}:1092{broker_id}",
            "broker_id": broker_id, **more,
        })
        if body is None:
            body = registration(configs, DataVersion(counter=version)).encode()
        return self.call(commands.REGISTER_BROKER, header, body)

    def unregister(self, name="a", broker_id=0):
        """Say good-bye; the answer."""
        return self.call(commands.UNREGISTER_BROKER, UnRegisterBrokerRequest(
            broker_name=name, broker_addr=f"10.0.0.{ord(name[0])}:1091{broker_id}", cluster_name="C",
            broker_id=broker_id,
        ))

    def must_register(self, version, name="a"):
        """Ask QUERY_DATA_VERSION: (changed, the body)."""
        answer = self.call(commands.QUERY_DATA_VERSION, QueryDataVersionRequest(
            broker_name=name, broker_addr=f"10.0.0.{ord(name[0])}:10910", cluster_name="C", broker_id=0
        ), version.encode())
        return QueryDataVersionResponse.decode(answer.ext_fields).changed, bytes(answer.body)


def registration(configs, version):
    """A registration's body."""
    table = {config.topic_name: config for config in configs}
    return RegisterBrokerBody(
        topic_config_serialize_wrapper=TopicConfigWrapper(topic_config_table=table, data_version=version)
    )


@pytest.fixture
def names():
    """A nameserver; when it stops nothing may be left."""
    names = Names()
    yield names
    names.stop()


@pytest.fixture
def broker(names):
    """A connection of a broker that has not registered."""
    return names.connect()


@pytest.fixture
def kit():
    """What tests need to make registrations by hand."""
    return SimpleNamespace(registration=registration)
