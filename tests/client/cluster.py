"""A client, and servers that say what a test wants, on a network in memory."""

from __future__ import annotations

from random import Random

from rmqtw.client.client import Client
from rmqtw.testing.network import MemoryNetwork
from rmqtw.testing.remoting import RawFactory
from rmqtw.wire.bodies.route import BrokerData, QueueData, TopicRouteData
from rmqtw.wire.codes import RequestCode, ResponseCode
from rmqtw.wire.frames import RemotingCommand
from rmqtw.wire.messages import Message, encode_record, pack_host

NAMESERVERS = ("10.0.0.1:9876", "10.0.0.2:9876")
BROKERS = {"broker-a": "10.0.1.1:10911", "broker-b": "10.0.1.2:10911"}
HOST = pack_host("10.0.1.1", 10911)


class Server:
    """Answers requests from a table: `verbs[code]` gets the command and returns (code, fields, body).

    A verb that returns None leaves its request unanswered. `asked` are all requests, in order.
    """

    def __init__(self, network, address):
        self.address = address
        self.asked = []
        self.verbs = {}
        self._network = network
        self._factory = RawFactory(self._answer)
        self.start()

    def start(self):
        """Listen."""
        self._network.listen(self.address, self._factory)

    def stop(self):
        """Close, and refuse connections from here on."""
        self._network.refuse(self.address)
        self._network.cut(self.address)

    def fields(self, code):
        """The extFields of every request of this code."""
        return [command.ext_fields for command in self.asked if command.code == code]

    def _answer(self, command):
        self.asked.append(command)
        answered = self.verbs[command.code](command)
        if answered is None:
            return None
        code, fields, body = answered
        remark = None if code == 0 else f"remark of {int(code)}"
        return RemotingCommand(
            code=code, flag=1, opaque=command.opaque, ext_fields=fields, remark=remark, body=body
        )


def route(queues, perm=6, addresses=None):
    """A topic's route: queues by broker name."""
    return TopicRouteData(
        queue_datas=[
            QueueData(broker_name=name, read_queue_nums=count, write_queue_nums=count, perm=perm)
            for name, count in queues.items()
        ],
        broker_datas=[
            BrokerData(cluster="C", broker_name=name, broker_addrs=(addresses or {}).get(name, {0: address}))
            for name, address in BROKERS.items()
        ],
    )


def record(topic, queue_id, offset, body, tag=None):
    """A stored message."""
    named = f"TAGS\x01{tag}\x02".encode() if tag else b""
    message = Message(topic, queue_id, 0, 0, body, named, 1, HOST, HOST)
    return b"".join(encode_record(message, offset, offset * 100, 2))


class Cluster:
    """Two nameservers that know `routes`, two brokers, and a client of them."""

    def __init__(self, time):
        self.time = time
        self.network = MemoryNetwork(time.clock)
        self.routes = {}
        self.nameservers = [Server(self.network, address) for address in NAMESERVERS]
        self.brokers = {name: Server(self.network, address) for name, address in BROKERS.items()}
        for server in self.nameservers:
            server.verbs[RequestCode.GET_ROUTEINFO_BY_TOPIC] = self._route
        numbers = iter(range(1_000_000))
        self.client = Client(
            time.clock, self.network.endpoint, NAMESERVERS, wall=time.wall,
            unique_key=lambda: f"KEY{next(numbers)}", random=Random(7),
        )  # fmt: skip

    def _route(self, command):
        found = self.routes.get(command.ext_fields["topic"])
        return (ResponseCode.TOPIC_NOT_EXIST, {}, b"") if found is None else (0, {}, found.encode())

    def questions(self):
        """How often nameservers were asked for a route."""
        return sum(len(server.asked) for server in self.nameservers)

    def result(self, deferred):
        """Let run what can run without time passing; the result."""
        got = []
        deferred.addBoth(got.append)
        self.time.settle()
        assert got, "it has not fired"
        if isinstance(got[0], Exception) or hasattr(got[0], "raiseException"):
            got[0].raiseException()
        return got[0]
