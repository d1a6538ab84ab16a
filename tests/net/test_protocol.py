from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.testing import StringTransport

from rmqtw.net.dispatch import Dispatch
from rmqtw.net.framing import request_frame
from rmqtw.net.limits import ConnectionLimits
from rmqtw.net.protocol import RemotingFactory
from rmqtw.net.request import HELD, Answer
from rmqtw.net.routes import Route, Routes
from rmqtw.net.states import State
from rmqtw.security.policy import loopback_security
from rmqtw.testing.clock import ManualTime
from rmqtw.testing.network import MemoryNetwork
from rmqtw.testing.remoting import RawFactory
from rmqtw.wire.commands import GET_MAX_OFFSET, GET_MIN_OFFSET, NOTIFY_CONSUMER_IDS_CHANGED
from rmqtw.wire.errors import NoPermission
from rmqtw.wire.frames import RemotingCommand, encode
from rmqtw.wire.headers.group import NotifyConsumerIdsChangedRequest
from rmqtw.wire.headers.pull import GetMaxOffsetRequest

ADDRESS = "127.0.0.1:10911"
HEADER = GetMaxOffsetRequest(topic="T", queue_id=1)


class Late:
    """An authenticator that trusts no address and believes the extField `secret`."""

    def authenticate(self, command, peer):
        if (command.ext_fields or {}).get("secret") != "yes":
            raise NoPermission("not you")
        return loopback_security(float).authenticator.authenticate(command, peer)

    def trusts(self, peer):
        return False


class World:
    """A listener in memory with an echo verb (30) and one that holds (31)."""

    def __init__(self, piece=None, security=None, **limits):
        self.time = ManualTime()
        self.network = MemoryNetwork(self.time.clock, piece=piece)
        self.held = []
        self.seen = []
        routes = Routes(
            Route(GET_MAX_OFFSET, self._echo),
            Route(GET_MIN_OFFSET, lambda request: self.held.append(request) or HELD),
        )
        self.dispatch = Dispatch(routes, security or loopback_security(self.time.clock.seconds), lambda: 0.0)
        self.factory = RemotingFactory(
            self.time.clock, self.time.wall, self.dispatch, limits=ConnectionLimits(**limits)
        )
        self.network.listen(ADDRESS, self.factory)
        self.clients = RawFactory()

    def _echo(self, request):
        self.seen.append(request)
        return Answer(body=request.body)

    def connect(self, source="127.0.0.1"):
        self.network.endpoint(ADDRESS, source).connect(self.clients)
        self.time.settle()
        return self.clients.peers[-1]

    def connection(self):
        return list(self.factory._idle_since)[-1]

    def stop(self):
        closed = self.factory.close()
        self.time.advance(10, steps=10)
        assert closed.called
        assert self.time.clock.getDelayedCalls() == []


@pytest.fixture
def world():
    world = World()
    yield world
    world.stop()


def request(body=b"", opaque=0, code=30, **fields):
    frame = request_frame(GET_MAX_OFFSET, HEADER, body)
    frame.code, frame.opaque = code, opaque
    frame.ext_fields.update(fields)
    return frame


def test_requests_are_answered_in_one_write_for_each_turn(world):
    """Sixteen frames in a read cost one write, and come back in order."""
    client = world.connect()
    written = []
    transport = world.connection().transport
    write = transport.write
    transport.write = lambda data: written.append(len(data)) or write(data)
    client.send(*(request(b"%d" % number, number) for number in range(16)))
    world.time.settle()
    assert [(one.opaque, one.body) for one in client.got] == [
        (number, b"%d" % number) for number in range(16)
    ]
    assert len(written) == 1


def test_all_requests_of_a_read_have_one_time_of_arrival(world):
    """The wall clock is read once for each read, in milliseconds."""
    client = world.connect()
    client.send(request(), request())
    world.time.settle()
    assert [one.received_at for one in world.seen] == [world.time.wall()] * 2


@settings(max_examples=60, deadline=None)
@given(
    bodies=st.lists(st.binary(max_size=300), max_size=6),
    cuts=st.lists(st.integers(min_value=0, max_value=3000), max_size=12),
)
def test_any_split_of_the_stream_gives_the_same_answers(bodies, cuts):
    """How TCP cuts the stream must not matter, from the first byte on."""
    world = World()
    client = world.connect()
    stream = b"".join(encode(request(body, number)) for number, body in enumerate(bodies))
    edges = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    for start, end in pairwise(edges):
        client.write(stream[start:end])
        world.time.settle(3)
    world.time.settle()
    assert [(one.opaque, one.body) for one in client.got] == list(enumerate(bodies))
    world.stop()


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=80), st.booleans())
def test_garbage_is_closed_or_waited_for_and_never_an_error(garbage, more, after_a_request):
    """Whatever bytes a peer sends: no unhandled error, no stuck connection, others are served."""
    world = World(idle_seconds=20, unauthenticated_seconds=5)
    client, other = world.connect(), world.connect()
    if after_a_request:
        client.send(request())
    client.write(garbage)
    world.time.settle()
    client.write(more)
    other.send(request(b"still there"))
    world.time.settle()
    assert other.got[0].body == b"still there"
    world.time.advance(30, steps=30)
    assert client.is_lost
    world.stop()


@settings(max_examples=150, deadline=None)
@given(position=st.integers(min_value=0, max_value=10_000), value=st.integers(min_value=0, max_value=255))
def test_one_wrong_byte_anywhere_is_survived(position, value):
    """A frame damaged at any position is answered, ignored, waited for or closed; the server lives."""
    world = World(idle_seconds=20, unauthenticated_seconds=5)
    client = world.connect()
    frame = bytearray(encode(request(b"body", 7)))
    frame[position % len(frame)] = value
    client.write(bytes(frame))
    world.time.settle()
    assert len(client.got) <= 1
    other = world.connect()
    other.send(request(b"fine"))
    world.time.settle()
    assert other.got[0].body == b"fine"
    world.time.advance(30, steps=30)
    assert client.is_lost
    world.stop()


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x08\x00\x00\x00\x04nope",
        b"\x00\x00\x00\x05\x00\x00\x00\x01[",
        b"\x00\x00\x00\x06\x07\x00\x00\x02{}",
        b"\x00\x00\x00\x06\x00\x00\x00\x63{}",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03",
    ],
)
def test_what_is_no_frame_is_closed_without_an_answer(world, data):
    """As Java closes (probes `header is not JSON` to `HTTP/2 preface`)."""
    client = world.connect()
    client.write(data)
    world.time.settle()
    assert client.is_lost
    assert client.got == []


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x00\x00\x00",
        b"\x00\x00\x00\x03abc",
        b"\x00\x00\x00\x06\x00\x00\x00\x02{}",
        b"\x00\x00\x00\x04\x00\x00\x00\x00",
    ],
)
def test_what_java_ignores_is_ignored(world, data):
    """Probes `empty header`, `length 0`, `length 3`, `header is {}`: nothing happens, the connection stays."""
    client = world.connect()
    client.write(data)
    client.send(request(b"after", 3))
    world.time.settle()
    assert [(one.opaque, one.body) for one in client.got] == [(3, b"after")]
    assert not client.is_lost


def test_frames_before_a_broken_one_are_served(world):
    """Java answers those before it closes."""
    client = world.connect()
    client.write(encode(request(b"good", 1)) + b"\xff\xff\xff\xff")
    world.time.settle()
    assert [one.opaque for one in client.got] == [1]
    assert client.is_lost


def test_a_response_nobody_asked_for_is_ignored(world):
    """Probe `request that claims to be a response`: no answer, the connection stays."""
    client = world.connect()
    client.send(RemotingCommand(code=30, opaque=5, flag=1, ext_fields={"topic": "T", "queueId": "1"}))
    world.time.settle()
    assert (client.got, client.is_lost, world.seen) == ([], False, [])


def test_a_huge_length_costs_no_memory():
    """A frame that announces 1.3 GB, or 16 MiB of which nothing comes, must not reserve memory."""
    world = World(security=None)
    client = world.connect()
    client.write((1_300_000_000).to_bytes(4, "big"))
    world.time.settle()
    assert client.is_lost
    slow = world.connect()
    slow.write((16 * 2**20 - 100).to_bytes(4, "big") + b"x" * 10)
    world.time.settle()
    assert not slow.is_lost
    assert world.connection()._splitter.pending <= 14
    world.stop()


def test_an_unauthenticated_peer_may_send_small_frames_only():
    """Before the first authenticated frame 64 KiB is the limit, after it 16 MiB."""
    four = loopback_security(lambda: 0.0)
    world = World(
        security=type(four)(Late(), four.authorizer, four.quota, four.audit), unauthenticated_bytes=1024
    )
    big = request(b"x" * 2000, secret="yes")
    client = world.connect()
    client.send(big)
    world.time.settle()
    assert client.is_lost
    assert client.got == []
    client = world.connect()
    client.send(request(b"small"))
    world.time.settle()
    assert client.got[0].code == 16
    assert world.connection().state is State.UNAUTHENTICATED
    client.send(request(b"small", secret="yes"))
    world.time.settle()
    assert world.connection().state is State.READY
    client.send(big)
    world.time.settle()
    assert [one.code for one in client.got] == [16, 0, 0]
    world.stop()


def test_the_limit_counts_the_whole_frame_at_its_edge():
    """At the limit a frame passes, one byte more does not."""
    four = loopback_security(lambda: 0.0)
    size = len(encode(request(b"", secret="yes")))
    world = World(
        security=type(four)(Late(), four.authorizer, four.quota, four.audit), unauthenticated_bytes=size + 10
    )
    fits, passes = world.connect(), world.connect()
    fits.send(request(b"x" * 10, secret="yes"))
    passes.send(request(b"x" * 11, secret="yes"))
    world.time.settle()
    assert (len(fits.got), fits.is_lost) == (1, False)
    assert (len(passes.got), passes.is_lost) == (0, True)
    world.stop()


def test_a_trusted_peer_may_be_silent_until_it_is_idle():
    """A client on this machine that connects early and sends late keeps its connection."""
    world = World()
    client = world.connect()
    world.time.advance(100, steps=100)
    client.send(request())
    world.time.settle()
    assert client.got[0].code == 0
    world.stop()


@pytest.mark.parametrize("sent", [b"", b"\x00", b"\x00\x00\x00\x10", b"PRO"])
def test_a_peer_that_says_nothing_of_use_has_a_deadline(sent):
    """Slow or silent peers of unknown identity are gone after ten seconds."""
    four = loopback_security(lambda: 0.0)
    world = World(security=type(four)(Late(), four.authorizer, four.quota, four.audit))
    client = world.connect()
    client.write(sent)
    world.time.advance(9, steps=9)
    assert not client.is_lost
    world.time.advance(3, steps=6)
    assert client.is_lost
    world.stop()


def test_refused_frames_do_not_extend_the_deadline():
    """A peer that guesses passwords has ten seconds for it, like everybody."""
    four = loopback_security(lambda: 0.0)
    world = World(security=type(four)(Late(), four.authorizer, four.quota, four.audit))
    client = world.connect()
    for _ in range(12):
        client.send(request())
        world.time.advance(1, steps=2)
    assert client.is_lost
    world.stop()


def test_too_many_unauthenticated_connections_cost_the_oldest():
    """Two thousand silent peers must not keep a good one out."""
    four = loopback_security(lambda: 0.0)
    world = World(security=type(four)(Late(), four.authorizer, four.quota, four.audit), unauthenticated=3)
    good = world.connect()
    good.send(request(secret="yes"))
    world.time.settle()
    silent = [world.connect() for _ in range(5)]
    assert [one.is_lost for one in silent] == [True, True, False, False, False]
    assert not good.is_lost
    world.stop()


def test_a_remote_peer_is_refused_without_configured_authentication(world):
    """The built-in set serves this machine only, and says why it refuses."""
    client = world.connect("192.0.2.7")
    client.send(request())
    world.time.settle()
    assert client.got[0].code == 16
    assert "no authentication is configured" in client.got[0].remark


def test_a_loopback_producer_may_begin_with_a_large_message(world):
    """Java's producer sends first and its heartbeat after: the first frame may be 4 MiB."""
    client = world.connect()
    client.send(request(b"x" * 4 * 2**20))
    world.time.settle(200)
    assert len(client.got[0].body) == 4 * 2**20


def test_idle_connections_are_closed_and_busy_ones_are_not():
    """120 seconds without a byte read or written, as in Java; an answer that was held counts as a byte."""
    world = World()
    idle, reading, writing = world.connect(), world.connect(), world.connect()
    writing.send(*(request(code=31) for _ in range(5)))
    for _ in range(5):
        world.time.advance(30, steps=30)
        reading.send(request())
        world.held.pop().reply(Answer())
    assert (idle.is_lost, reading.is_lost, writing.is_lost) == (True, False, False)
    world.time.advance(122, steps=122)
    assert (reading.is_lost, writing.is_lost) == (True, True)
    assert world.time.clock.getDelayedCalls() == []


def test_one_sweep_serves_all_connections():
    """No timer for each connection: ten thousand idle ones cost one look each second."""
    world = World()
    for _ in range(20):
        world.connect().send(request())
    world.time.settle()
    assert len(world.time.clock.getDelayedCalls()) == 1
    world.stop()


def test_the_connection_limit_holds_at_its_edge():
    """The hundredth connection is served and the next is closed; room comes back."""
    world = World(connections=3)
    kept = [world.connect() for _ in range(3)]
    refused = world.connect()
    assert refused.is_lost
    assert [one.is_lost for one in kept] == [False] * 3
    kept[0].transport.loseConnection()
    world.time.settle()
    assert not world.connect().is_lost
    assert world.factory.rejected == 1
    world.stop()


def test_a_peer_that_never_reads_is_not_read_from_and_then_closed():
    """Its answers wait in memory: first no more of its requests are taken, at the hard limit it goes."""
    world = World(backlog_pause=200_000, backlog_close=1_000_000)
    client = world.connect()
    client.transport.pauseProducing()
    for number in range(40):
        client.send(request(b"x" * 50_000, number))
        world.time.settle()
    taken = len(world.seen)
    assert taken < 12
    connection = world.connection()
    assert connection._output.backlog < 1_000_000
    client.transport.resumeProducing()
    world.time.settle(500)
    assert [one.opaque for one in client.got] == list(range(40))
    client.send(*(request(code=31) for _ in range(40)))
    world.time.settle()
    client.transport.pauseProducing()
    for held in world.held:
        held.reply(Answer(body=b"x" * 50_000))
        world.time.settle()
    assert connection.peer.is_lost
    world.stop()


def test_a_read_full_of_requests_with_large_answers_is_taken_piece_by_piece():
    """400 pulls in one read of a peer that does not read must not build 400 answers."""
    world = World(backlog_pause=1_000_000, backlog_close=8_000_000)
    client = world.connect()
    world.dispatch.routes.get(30).verb = lambda request: (
        world.seen.append(request) or Answer(body=b"x" * 300_000)
    )
    client.transport.pauseProducing()
    client.send(*(request(opaque=number) for number in range(100)))
    world.time.settle(300)
    assert len(world.seen) < 10
    client.transport.resumeProducing()
    world.time.settle(3000)
    assert [one.opaque for one in client.got] == list(range(100))
    world.stop()


def test_a_stuck_reader_is_closed_as_idle():
    """A peer that pauses for ever below the hard limit is gone after the idle time."""
    world = World(backlog_pause=100_000, idle_seconds=30)
    client = world.connect()
    client.transport.pauseProducing()
    for number in range(10):
        client.send(request(b"x" * 50_000, number))
    world.time.settle(100)
    world.time.advance(35, steps=35)
    assert len(world.factory) == 0
    world.stop()


def test_a_server_may_call_its_clients(world, success_of, failure_of):
    """The broker tells consumers that their group changed, and asks them things."""
    client = world.connect()
    client.send(request())
    world.time.settle()
    peer = next(world.factory.peers)
    frame = request_frame(
        NOTIFY_CONSUMER_IDS_CHANGED, NotifyConsumerIdsChangedRequest(consumer_group="G"), oneway=True
    )
    peer.send(frame)
    first = peer.call(request_frame(GET_MAX_OFFSET, HEADER), 3.0)
    second = peer.call(request_frame(GET_MAX_OFFSET, HEADER), 3.0)
    world.time.settle()
    assert [(one.code, one.flag) for one in client.got[1:]] == [(40, 2), (30, 0), (30, 0)]
    client.send(RemotingCommand(code=5, flag=1, opaque=client.got[3].opaque))
    world.time.settle()
    assert success_of(second).code == 5
    world.time.advance(3.1)
    assert "did not answer GET_MAX_OFFSET" in str(failure_of(first).value)


def test_what_waits_for_a_lost_peer_fails_and_is_told_once(world, failure_of):
    """A consumer that dies leaves its group at once, and calls to it do not hang."""
    client = world.connect()
    client.send(request(), request(code=31))
    world.time.settle()
    peer = next(world.factory.peers)
    told = []
    peer.when_lost(told.append)
    call = peer.call(request_frame(GET_MAX_OFFSET, HEADER), 30.0)
    client.transport.abortConnection()
    world.time.settle()
    assert told == [peer]
    assert peer.is_lost
    failure_of(call)
    failure_of(peer.call(request_frame(GET_MAX_OFFSET, HEADER), 30.0))
    peer.when_lost(told.append)
    assert told == [peer, peer]
    peer.send(request())
    world.held[0].reply(Answer())
    assert peer.held == set()


def test_a_failing_listener_of_a_loss_keeps_no_other_from_hearing(world, logged_errors):
    """The registry of producers must hear of the loss although that of consumers has a bug."""
    client = world.connect()
    peer = next(world.factory.peers)
    told = []
    peer.when_lost(lambda _: 1 / 0)
    peer.when_lost(told.append)
    client.transport.abortConnection()
    world.time.settle()
    assert told == [peer]
    assert len(logged_errors.flush(ZeroDivisionError)) == 1


def test_stopping_writes_what_is_due_and_takes_nobody_else():
    """A stop answers what was asked, then closes; nobody hangs on, not even one who does not read."""
    world = World()
    good, stuck = world.connect(), world.connect()
    stuck.transport.pauseProducing()
    stuck.send(request(b"x" * 500_000))
    good.send(request(b"last words"))
    world.time.settle(1)
    world.time.settle(1)
    closed = world.factory.close()
    world.time.settle()
    assert good.got[0].body == b"last words"
    assert good.is_lost
    assert not closed.called
    world.time.advance(6, steps=6)
    assert closed.called
    assert world.connect().is_lost
    world.stop()


def test_nothing_is_read_from_a_closing_connection(world):
    """A peer that goes on sending while we close must not fill memory."""
    client = world.connect()
    client.send(request())
    world.time.settle()
    client.transport.pauseProducing()
    connection = world.connection()
    connection.close("enough")
    for _ in range(20):
        connection.dataReceived(encode(request(b"x" * 1000)))
    assert len(world.seen) == 1
    assert not connection._waiting
    assert connection._splitter.pending == 0
    client.transport.resumeProducing()


def test_a_flood_of_broken_peers_does_not_flood_the_log(world):
    """A port scanner must not be able to fill the disk with lines; the number left out is said."""
    from twisted.logger import globalLogPublisher

    lines = []
    observer = lambda event: lines.append(event) if event["log_level"].name == "warn" else None  # noqa: E731
    globalLogPublisher.addObserver(observer)
    try:
        for _ in range(200):
            world.connect().write(b"GET / HTTP/1.1\r\n\r\n")
            world.time.settle(10)
        assert 1 <= len(lines) <= 30
        world.time.advance(11, steps=2)
        world.connect().write(b"GET / HTTP/1.1\r\n\r\n")
        world.time.settle()
        assert "more like this" in lines[-1]["note"]
        assert "HTTP" in lines[-1]["what"]
    finally:
        globalLogPublisher.removeObserver(observer)


def test_a_transport_without_an_address_is_trusted_by_nobody():
    """Only an IP address can be loopback."""
    world = World()
    connection = world.factory.buildProtocol(None)
    transport = StringTransport(peerAddress=object())
    connection.makeConnection(transport)
    connection.dataReceived(encode(request()))
    world.time.settle(1)
    assert not connection.peer.is_loopback
    assert b"no authentication is configured" in transport.value()
    connection.connectionLost()


def test_limits_must_be_positive():
    """A limit of nothing would close everything for a typing error."""
    with pytest.raises(ValueError, match="idle_seconds"):
        ConnectionLimits(idle_seconds=0)
