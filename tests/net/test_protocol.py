from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.testing import StringTransport

from rmqtw.net.framing import request_frame
from rmqtw.net.request import Answer
from rmqtw.testing.listener import EchoListener, echo_request
from rmqtw.wire.commands import GET_MAX_OFFSET, NOTIFY_CONSUMER_IDS_CHANGED
from rmqtw.wire.frames import RemotingCommand, encode
from rmqtw.wire.headers.group import NotifyConsumerIdsChangedRequest
from rmqtw.wire.headers.pull import GetMaxOffsetRequest

HEADER = GetMaxOffsetRequest(topic="T", queue_id=1)


@pytest.fixture
def world():
    """A listener in memory."""
    listener = EchoListener()
    yield listener
    listener.stop()


def test_requests_are_answered_in_one_write_for_each_turn(world):
    """Sixteen frames in a read cost one write, and come back in order."""
    client = world.connect()
    written = []
    transport = world.connection.transport
    write = transport.write
    transport.write = lambda data: written.append(len(data)) or write(data)
    client.send(*(echo_request(b"%d" % number, number) for number in range(16)))
    world.time.settle()
    assert [(one.opaque, one.body) for one in client.got] == [
        (number, b"%d" % number) for number in range(16)
    ]
    assert len(written) == 1


def test_all_requests_of_a_read_have_one_time_of_arrival(world):
    """The wall clock is read once for each read, in milliseconds."""
    client = world.connect()
    client.send(echo_request(), echo_request())
    world.time.settle()
    assert [one.received_at for one in world.seen] == [world.time.wall()] * 2


@settings(max_examples=60, deadline=None)
@given(
    bodies=st.lists(st.binary(max_size=300), max_size=6),
    cuts=st.lists(st.integers(min_value=0, max_value=3000), max_size=12),
)
def test_any_split_of_the_stream_gives_the_same_answers(bodies, cuts):
    """How TCP cuts the stream must not matter, from the first byte on."""
    world = EchoListener()
    client = world.connect()
    stream = b"".join(encode(echo_request(body, number)) for number, body in enumerate(bodies))
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
    world = EchoListener(idle_seconds=20, unauthenticated_seconds=5)
    client, other = world.connect(), world.connect()
    if after_a_request:
        client.send(echo_request())
    client.write(garbage)
    world.time.settle()
    client.write(more)
    other.send(echo_request(b"still there"))
    world.time.settle()
    assert other.got[0].body == b"still there"
    world.time.advance(30, steps=30)
    assert client.is_lost
    world.stop()


@settings(max_examples=150, deadline=None)
@given(position=st.integers(min_value=0, max_value=10_000), value=st.integers(min_value=0, max_value=255))
def test_one_wrong_byte_anywhere_is_survived(position, value):
    """A frame damaged at any position is answered, ignored, waited for or closed; the server lives."""
    world = EchoListener(idle_seconds=20, unauthenticated_seconds=5)
    client = world.connect()
    frame = bytearray(encode(echo_request(b"body", 7)))
    frame[position % len(frame)] = value
    client.write(bytes(frame))
    world.time.settle()
    assert len(client.got) <= 1
    other = world.connect()
    other.send(echo_request(b"fine"))
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
    """Probes `empty header`, `length 0`, `length 3`, `header is {}`: nothing happens."""
    client = world.connect()
    client.write(data)
    client.send(echo_request(b"after", 3))
    world.time.settle()
    assert [(one.opaque, one.body) for one in client.got] == [(3, b"after")]
    assert not client.is_lost


def test_frames_before_a_broken_one_are_served(world):
    """Java answers those before it closes."""
    client = world.connect()
    client.write(encode(echo_request(b"good", 1)) + b"\xff\xff\xff\xff")
    world.time.settle()
    assert [one.opaque for one in client.got] == [1]
    assert client.is_lost


def test_a_response_nobody_asked_for_is_ignored(world):
    """Probe `request that claims to be a response`: no answer, the connection stays."""
    client = world.connect()
    client.send(RemotingCommand(code=30, opaque=5, flag=1, ext_fields={"topic": "T", "queueId": "1"}))
    world.time.settle()
    assert (client.got, client.is_lost, world.seen) == ([], False, [])


def test_a_server_may_call_its_clients(world, success_of, failure_of):
    """The broker tells consumers that their group changed, and asks them things."""
    client = world.connect()
    client.send(echo_request())
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
    client.send(echo_request(), echo_request(code=31))
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
    peer.send(echo_request())
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
    world = EchoListener()
    good, stuck = world.connect(), world.connect()
    stuck.transport.pauseProducing()
    stuck.send(echo_request(b"x" * 500_000))
    good.send(echo_request(b"last words"))
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


def test_a_transport_without_an_address_is_trusted_by_nobody():
    """Only an IP address can be loopback."""
    world = EchoListener()
    connection = world.factory.buildProtocol(None)
    transport = StringTransport(peerAddress=object())
    connection.makeConnection(transport)
    connection.dataReceived(encode(echo_request()))
    world.time.settle(1)
    assert not connection.peer.is_loopback
    assert b"no authentication is configured" in transport.value()
    connection.connectionLost()
