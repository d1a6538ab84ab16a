"""Connections on real sockets: what memory cannot show."""

from __future__ import annotations

import gc
import socket
import struct

import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import DeferredList
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint, connectProtocol
from twisted.internet.error import ConnectionRefusedError as Refused
from twisted.internet.task import deferLater

from rmqtw.net.connections import Connections
from rmqtw.net.dispatch import Dispatch
from rmqtw.net.framing import request_frame
from rmqtw.net.limits import ConnectionLimits
from rmqtw.net.output import DirectOutput
from rmqtw.net.protocol import RemotingFactory, RemotingProtocol
from rmqtw.net.request import Answer
from rmqtw.net.routes import Route, Routes
from rmqtw.security.policy import loopback_security
from rmqtw.testing.remoting import RawPeer
from rmqtw.wire.commands import GET_MAX_OFFSET
from rmqtw.wire.frames import encode
from rmqtw.wire.headers.pull import GetMaxOffsetRequest

HEADER = GetMaxOffsetRequest(topic="T", queue_id=1)


class Server:
    """A listener on 127.0.0.1 that echoes bodies, in several runs."""

    def __init__(self, **limits):
        self.seen = 0
        security = loopback_security(reactor.seconds)
        self.dispatch = Dispatch(Routes(Route(GET_MAX_OFFSET, self._echo)), security, reactor.seconds)
        self.factory = RemotingFactory(reactor, lambda: 0, self.dispatch, limits=ConnectionLimits(**limits))

    def _echo(self, request):
        self.seen += 1
        body = request.body
        return Answer(
            body=[memoryview(body)[start : start + 10_000] for start in range(0, len(body), 10_000)]
        )

    async def __aenter__(self):
        self.port = await TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1").listen(self.factory)
        self.address = f"127.0.0.1:{self.port.getHost().port}"
        return self

    async def __aexit__(self, *_):
        await self.port.stopListening()
        await self.factory.close()

    async def connect(self):
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", self.port.getHost().port)
        return await connectProtocol(endpoint, RawPeer())


def dial(address):
    host, _, port = address.rpartition(":")
    return TCP4ClientEndpoint(reactor, host, int(port))


def request(body=b"", opaque=0):
    frame = request_frame(GET_MAX_OFFSET, HEADER, body)
    frame.opaque = opaque
    return frame


async def pause(seconds):
    """Let the reactor run: the kernel's buffers have no clock that a test could advance."""
    await deferLater(reactor, seconds, lambda: None)


async def until(condition):
    for _ in range(500):
        if condition():
            return
        await pause(0.01)
    raise AssertionError(condition)


@pytest_twisted.ensureDeferred
async def test_answers_of_every_size_arrive_whole_and_in_order():
    """From nothing to 8 MiB, in runs, beyond what a socket takes at once: same bytes, same order."""
    async with Server() as server:
        client = await server.connect()
        bodies = [
            bytes([number % 251]) * size
            for number, size in enumerate((0, 1, 9_999, 70_000, 300_000, 8 * 2**20, 5))
        ]
        client.send(*(request(body, number) for number, body in enumerate(bodies)))
        got = await client.when(len(bodies))
        assert [(one.opaque, one.body == bodies[one.opaque]) for one in got] == [
            (n, True) for n in range(len(bodies))
        ]
        client.transport.loseConnection()
        await client.gone


@pytest_twisted.ensureDeferred
async def test_plain_tcp_is_written_to_directly():
    """The fast way is used where it can be: on every plain TCP connection."""
    async with Server() as server:
        client = await server.connect()
        client.send(request())
        await client.when(1)
        (connection,) = server.factory._idle_since
        assert isinstance(connection._output, DirectOutput)
        assert connection.transport.getTcpNoDelay()
        client.transport.loseConnection()
        await client.gone


@pytest_twisted.ensureDeferred
async def test_a_peer_that_does_not_read_gets_everything_once_it_does():
    """Direct sends, kept remainders and pieces of a drained backlog never mix up the stream."""
    async with Server(backlog_pause=1_000_000, backlog_close=50_000_000) as server:
        client = await server.connect()
        client.transport.pauseProducing()
        client.send(*(request(bytes([number]) * 200_000, number) for number in range(100)))
        await pause(0.3)
        assert server.seen < 60
        client.transport.resumeProducing()
        got = await client.when(100)
        assert [one.opaque for one in got] == list(range(100))
        assert all(one.body == bytes([one.opaque]) * 200_000 for one in got)
        client.send(request(b"direct again", 100))
        got = await client.when(101)
        assert got[100].body == b"direct again"
        client.transport.loseConnection()
        await client.gone


@pytest_twisted.ensureDeferred
async def test_a_peer_that_never_reads_loses_its_connection_at_the_hard_limit():
    """Its answers must not fill memory; everybody else is served meanwhile."""
    async with Server(backlog_pause=100_000_000, backlog_close=3_000_000) as server:
        stuck, good = await server.connect(), await server.connect()
        stuck.transport.pauseProducing()
        stuck.send(*(request(b"x" * 200_000, number) for number in range(100)))
        await until(lambda: len(server.factory) == 1)
        good.send(request(b"fine"))
        assert (await good.when(1))[0].body == b"fine"
        stuck.transport.abortConnection()
        good.transport.loseConnection()
        await DeferredList([stuck.gone, good.gone])


@pytest_twisted.ensureDeferred
async def test_a_reset_while_answers_are_written_is_an_ordinary_loss():
    """ECONNRESET in a direct send is no error in the log; the connection is gone and nothing is left."""
    async with Server() as server:
        for _ in range(20):
            raw = socket.create_connection(("127.0.0.1", server.port.getHost().port))
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raw.sendall(b"".join(encode(request(b"x" * 100_000, number)) for number in range(3)))
            raw.close()
        await until(lambda: server.factory.accepted == 20 and len(server.factory) == 0)


@pytest_twisted.ensureDeferred
async def test_a_thousand_connections_leave_nothing():
    """Clients that come and go, politely or not, cost nothing in the long run."""
    async with Server() as server:
        for turn in range(20):
            clients = [await server.connect() for _ in range(50)]
            for client in clients:
                client.send(request())
            await DeferredList([client.when(1) for client in clients])
            for client in clients:
                (client.transport.abortConnection if turn % 2 else client.transport.loseConnection)()
            await DeferredList([client.gone for client in clients])
        await until(lambda: len(server.factory) == 0)
        assert server.factory.accepted == 1000
        assert server.factory._unproved == {}
        assert server.factory._sweep_call is None
        gc.collect()
        assert not [thing for thing in gc.get_objects() if isinstance(thing, RemotingProtocol)]


@pytest_twisted.ensureDeferred
async def test_a_client_calls_over_tcp():
    """Our two ends together: many calls at once on one connection, refusal when nobody listens."""
    connections = Connections(reactor, dial, wall=lambda: 0)
    async with Server() as server:
        calls = [
            connections.call(server.address, GET_MAX_OFFSET, HEADER, b"%d" % number) for number in range(200)
        ]
        results = await DeferredList(calls, consumeErrors=True)
        # The echo answers without the field that the response header requires.
        assert [type(failure.value).__name__ for _, failure in results] == ["MalformedHeader"] * 200
        assert server.factory.accepted == 1
        gone = connections.close()
        await gone
    again = Connections(reactor, dial, wall=lambda: 0)
    try:
        await again.call(server.address, GET_MAX_OFFSET, HEADER)
        raise AssertionError("nobody listens there")
    except Refused:
        pass
    await again.close()
