"""A nameserver and a broker, real but for the network, the clock and the disk."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import execute

from rmqtw.broker.routes import fast_port_routes
from rmqtw.declare.settings import BrokerSettings
from rmqtw.nameserver.registry import Registry
from rmqtw.nameserver.routes import nameserver_routes
from rmqtw.nameserver.verbs import Verbs
from rmqtw.net.connections import Connections
from rmqtw.net.dispatch import Dispatch
from rmqtw.net.framing import request_frame
from rmqtw.net.protocol import RemotingFactory
from rmqtw.net.turns import end_of_turn
from rmqtw.security.policy import loopback_security
from rmqtw.store.documents import JsonDocument
from rmqtw.store.memory import MemoryStore
from rmqtw.tap.storage import FileDocument
from rmqtw.tap.wiring import Wiring, build
from rmqtw.testing.clock import ManualTime
from rmqtw.testing.disk import Disk
from rmqtw.testing.network import MemoryNetwork
from rmqtw.testing.remoting import RawFactory
from rmqtw.wire import commands
from rmqtw.wire.batch import join_batch
from rmqtw.wire.bodies.heartbeat import ConsumerData, HeartbeatData, ProducerData, SubscriptionData
from rmqtw.wire.frames import ONEWAY_FLAG, RemotingCommand
from rmqtw.wire.headers.pull import PullMessageRequest
from rmqtw.wire.headers.route import GetRouteInfoRequest
from rmqtw.wire.headers.send import SendMessageRequest, SendMessageRequestV2
from rmqtw.wire.messages import decode_record, split_records
from rmqtw.wire.properties import render

NAMESERVER = "127.0.0.1:9876"
BROKER = "127.0.0.1:10911"
FAST = "127.0.0.1:10909"
COMMIT, SUSPEND, SUBSCRIPTION = 1, 2, 4


class AtOnce:
    """Chores that are done when they are asked for."""

    def run(self, function, *args):
        """See `IChores`."""
        return execute(function, *args)


class Storage:
    """Messages in memory, documents on a disk that outlives the broker."""

    where = "a test's disk"

    def __init__(self, disk, wall, turns):
        self.store = MemoryStore(wall, turns)
        self._disk = disk

    def document(self, path):
        """See `tap.storage.Storage`."""
        return FileDocument(f"disk/{path}", JsonDocument(self._disk, path), AtOnce())

    def log_end(self):
        """See `tap.storage.Storage`."""
        return self.store.readable


class Caller:
    """A client's connection to one server of a world."""

    def __init__(self, world, address, source="127.0.0.1"):
        self._world = world
        factory = RawFactory()
        world.network.endpoint(address, source).connect(factory)
        world.time.settle()
        self.peer = factory.peers[0]

    def ask(self, command, header=None, body=b"", *, oneway=False):
        """Write a request and let everything happen that needs no time; its opaque."""
        opaque = self.peer.ask(command, header, body, oneway=oneway)
        self._world.time.settle()
        return opaque

    def raw(self, code, fields=None, body=b"", *, oneway=False, **members):
        """Write a request made of anything; its answer, or None."""
        self._world.opaques += 1
        opaque = 1_000_000 + self._world.opaques
        self.peer.send(RemotingCommand(
            code=int(code), flag=ONEWAY_FLAG if oneway else 0, opaque=opaque, ext_fields=fields, body=body,
            **members,
        ))
        self._world.time.settle()
        return self.answer(opaque)

    def answer(self, opaque):
        """The answer to a request, or None."""
        answers = [one for one in self.peer.got if one.is_response and one.opaque == opaque]
        assert len(answers) < 2, "answered twice"
        return answers[0] if answers else None

    def call(self, command, header=None, body=b""):
        """Write a request; its answer."""
        answer = self.answer(self.ask(command, header, body))
        assert answer is not None, "no answer"
        return answer

    @property
    def told(self):
        """Extension fields of the requests that the server sent, by code."""
        return [(one.code, one.ext_fields) for one in self.peer.got if not one.is_response]

    def hang_up(self):
        """Close the connection."""
        self.peer.transport.abortConnection()
        self._world.time.settle()

    # what tests say often

    def send(self, topic="Orders", body=b"hello", *, queue=0, tag="", template="TBW102", queues=4, **more):
        """Send one message; the answer."""
        properties = {**({"TAGS": tag} if tag else {}), **more.pop("properties", {})}
        return self.call(commands.SEND_MESSAGE, SendMessageRequest(**{
            "producer_group": "P", "topic": topic, "default_topic": template, "queue_id": queue,
            "default_topic_queue_nums": queues, "sys_flag": 0, "born_timestamp": 1, "flag": 0,
            "properties": render(properties).decode(), **more,
        }), body)

    def send_batch(self, *items, topic="Orders"):
        """Send a batch to queue 0; the answer."""
        return self.call(commands.SEND_BATCH_MESSAGE, SendMessageRequestV2(
            producer_group="P", topic=topic, default_topic="TBW102", default_topic_queue_nums=4, queue_id=0,
            sys_flag=0, born_timestamp=1, flag=0, batch=True,
        ), join_batch(items))

    def pull(self, topic="Orders", offset=0, **more):
        """Pull; the answer, or None when it is held."""
        return self.answer(self.start_pull(topic, offset, **more))

    def start_pull(self, topic="Orders", offset=0, *, command=commands.PULL_MESSAGE, oneway=False, **more):
        """Pull; the opaque of the request."""
        return self.ask(command, pull_header(topic, offset, **more), oneway=oneway)

    def heartbeat(self, client="c1", consumers=(), producers=(), **more):
        """Send a heartbeat; the answer."""
        data = HeartbeatData(
            client_id=client, consumer_data_set=list(consumers),
            producer_data_set=[ProducerData(group_name=name) for name in producers], **more,
        )
        return self.call(commands.HEART_BEAT, None, data.encode())

    def route(self, topic):
        """Ask for a topic's route; the answer."""
        return self.call(commands.GET_ROUTEINFO_BY_TOPIC, GetRouteInfoRequest(topic=topic))


class World:
    """One nameserver at `NAMESERVER` and one broker at `BROKER`, its fast port at `FAST`.

    Keyword arguments are broker settings.
    """

    def __init__(self, security=None, time=None, disk=None, **settings):
        self.time = time or ManualTime()
        self.network = MemoryNetwork(self.time.clock)
        self.disk = disk or Disk()
        self.opaques = 0
        self.security = security or loopback_security(self.time.clock.seconds)
        self.settings = BrokerSettings(
            broker_name="broker-a", broker_ip1="127.0.0.1", namesrv_addr=NAMESERVER, **settings
        )
        self._factories = []
        self.registry = Registry()
        verbs = Verbs(self.time.clock, self.registry)
        self.expire_brokers = verbs.expire
        self.nameserver_routes = nameserver_routes(verbs, capacity=100)
        self.nameserver = self._listen(NAMESERVER, self.nameserver_routes, "nameserver")
        self.start_broker()

    def start_broker(self):
        """Start the broker, and let it register."""
        clock = self.time.clock
        turns = end_of_turn(clock)
        self.connections = Connections(
            clock, self.network.endpoint, wall=self.time.wall, turns=turns, language="JAVA"
        )
        self.storage = Storage(self.disk, self.time.wall, turns)
        wiring = Wiring(self.settings, clock, turns, self.storage, self.connections, 10911)
        self.broker, self.routes = build(wiring, 4242)
        self.broker.load()
        self.main = self._listen(BROKER, self.routes, "main")
        self.fast = self._listen(FAST, fast_port_routes(self.routes), "fast")
        self.broker.start()
        self.time.settle()

    def _listen(self, address, routes, name):
        dispatch = Dispatch(routes, self.security, self.time.clock.seconds)
        factory = RemotingFactory(self.time.clock, self.time.wall, dispatch, listener=name)
        self.network.listen(address, factory)
        return factory

    def connect(self, address=BROKER, source="127.0.0.1"):
        """A new connection to a server."""
        return Caller(self, address, source)

    def stop_broker(self):
        """Stop the broker in an orderly way."""
        stopped = self.broker.stop([self.main, self.fast])
        self.time.advance(10, steps=20)
        assert stopped.called
        self.connections.close()
        self.time.settle()

    def stop(self):
        """Stop everything, and assert that nothing is left."""
        self.stop_broker()
        self.nameserver.close()
        self.time.advance(20, steps=20)
        assert self.time.clock.getDelayedCalls() == []


def pull_header(topic="Orders", offset=0, **more):
    """A pull of a queue; without suspension, and with its own filter, unless said otherwise."""
    return PullMessageRequest(**{
        "consumer_group": "G", "topic": topic, "queue_id": 0, "queue_offset": offset, "max_msg_nums": 32,
        "sys_flag": SUBSCRIPTION, "commit_offset": 0, "suspend_timeout_millis": 0, "sub_version": 0,
        "subscription": "*", "expression_type": "TAG", **more,
    })


def consumer(group="G", topic="Orders", text="*", version=1, **more):
    """A consumer group of a heartbeat."""
    subscription = SubscriptionData(topic=topic, sub_string=text, sub_version=version)
    return ConsumerData(group_name=group, subscription_data_set=[subscription], **more)


def bodies(answer: RemotingCommand) -> list[bytes]:
    """Bodies of the messages that a pull brought."""
    return [bytes(record.body) for record in records(answer)]


def records(answer: RemotingCommand) -> list[Any]:
    """The messages that a pull brought."""
    return [decode_record(one) for one in split_records(answer.body)]


def frame_of(command, header, body=b"", *, oneway=False):
    """A request's frame."""
    return request_frame(command, header, body, oneway=oneway)
