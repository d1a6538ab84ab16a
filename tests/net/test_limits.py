from __future__ import annotations

import pytest
from twisted.logger import globalLogPublisher

from rmqtw.net.limits import ConnectionLimits
from rmqtw.net.request import Answer
from rmqtw.net.states import State
from rmqtw.testing.listener import EchoListener, believing_security, echo_request
from rmqtw.wire.frames import encode


@pytest.fixture
def world():
    """A listener in memory."""
    listener = EchoListener()
    yield listener
    listener.stop()


def test_a_huge_length_costs_no_memory():
    """A frame that announces 1.3 GB, or 16 MiB of which nothing comes, must not reserve memory."""
    world = EchoListener()
    client = world.connect()
    client.write((1_300_000_000).to_bytes(4, "big"))
    world.time.settle()
    assert client.is_lost
    slow = world.connect()
    slow.write((16 * 2**20 - 100).to_bytes(4, "big") + b"x" * 10)
    world.time.settle()
    assert not slow.is_lost
    assert world.connection._splitter.pending <= 14
    world.stop()


def test_an_unauthenticated_peer_may_send_small_frames_only():
    """Before the first authenticated frame 64 KiB is the limit, after it 16 MiB."""
    world = EchoListener(believing_security(), unauthenticated_bytes=1024)
    big = echo_request(b"x" * 2000, secret="yes")
    client = world.connect()
    client.send(big)
    world.time.settle()
    assert client.is_lost
    assert client.got == []
    client = world.connect()
    client.send(echo_request(b"small"))
    world.time.settle()
    assert client.got[0].code == 16
    assert world.connection.state is State.UNAUTHENTICATED
    client.send(echo_request(b"small", secret="yes"))
    world.time.settle()
    assert world.connection.state is State.READY
    client.send(big)
    world.time.settle()
    assert [one.code for one in client.got] == [16, 0, 0]
    world.stop()


def test_the_limit_counts_the_whole_frame_at_its_edge():
    """At the limit a frame passes, one byte more does not."""
    size = len(encode(echo_request(b"", secret="yes")))
    world = EchoListener(believing_security(), unauthenticated_bytes=size + 10)
    fits, passes = world.connect(), world.connect()
    fits.send(echo_request(b"x" * 10, secret="yes"))
    passes.send(echo_request(b"x" * 11, secret="yes"))
    world.time.settle()
    assert (len(fits.got), fits.is_lost) == (1, False)
    assert (len(passes.got), passes.is_lost) == (0, True)
    world.stop()


def test_a_trusted_peer_may_be_silent_until_it_is_idle():
    """A client on this machine that connects early and sends late keeps its connection."""
    world = EchoListener()
    client = world.connect()
    world.time.advance(100, steps=100)
    client.send(echo_request())
    world.time.settle()
    assert client.got[0].code == 0
    world.stop()


@pytest.mark.parametrize("sent", [b"", b"\x00", b"\x00\x00\x00\x10", b"PRO"])
def test_a_peer_that_says_nothing_of_use_has_a_deadline(sent):
    """Slow or silent peers of unknown identity are gone after ten seconds."""
    world = EchoListener(believing_security())
    client = world.connect()
    client.write(sent)
    world.time.advance(9, steps=9)
    assert not client.is_lost
    world.time.advance(3, steps=6)
    assert client.is_lost
    world.stop()


def test_refused_frames_do_not_extend_the_deadline():
    """A peer that guesses passwords has ten seconds for it, like everybody."""
    world = EchoListener(believing_security())
    client = world.connect()
    for _ in range(12):
        client.send(echo_request())
        world.time.advance(1, steps=2)
    assert client.is_lost
    world.stop()


def test_too_many_unauthenticated_connections_cost_the_oldest():
    """Two thousand silent peers must not keep a good one out."""
    world = EchoListener(believing_security(), unauthenticated=3)
    good = world.connect()
    good.send(echo_request(secret="yes"))
    world.time.settle()
    silent = [world.connect() for _ in range(5)]
    assert [one.is_lost for one in silent] == [True, True, False, False, False]
    assert not good.is_lost
    world.stop()


def test_a_remote_peer_is_refused_without_configured_authentication(world):
    """The built-in set serves this machine only, and says why it refuses."""
    client = world.connect("192.0.2.7")
    client.send(echo_request())
    world.time.settle()
    assert client.got[0].code == 16
    assert "no authentication is configured" in client.got[0].remark


def test_a_loopback_producer_may_begin_with_a_large_message(world):
    """Java's producer sends first and its heartbeat after: the first frame may be 4 MiB."""
    client = world.connect()
    client.send(echo_request(b"x" * 4 * 2**20))
    world.time.settle(200)
    assert len(client.got[0].body) == 4 * 2**20


def test_idle_connections_are_closed_and_busy_ones_are_not():
    """120 seconds without a byte read or written, as in Java; an answer that was held counts as a byte."""
    world = EchoListener()
    idle, reading, writing = world.connect(), world.connect(), world.connect()
    writing.send(*(echo_request(code=31) for _ in range(5)))
    for _ in range(5):
        world.time.advance(30, steps=30)
        reading.send(echo_request())
        world.held.pop().reply(Answer())
    assert (idle.is_lost, reading.is_lost, writing.is_lost) == (True, False, False)
    world.time.advance(122, steps=122)
    assert (reading.is_lost, writing.is_lost) == (True, True)
    assert world.time.clock.getDelayedCalls() == []


def test_one_sweep_serves_all_connections():
    """No timer for each connection: ten thousand idle ones cost one look each second."""
    world = EchoListener()
    for _ in range(20):
        world.connect().send(echo_request())
    world.time.settle()
    assert len(world.time.clock.getDelayedCalls()) == 1
    world.stop()


def test_the_connection_limit_holds_at_its_edge():
    """The hundredth connection is served and the next is closed; room comes back."""
    world = EchoListener(connections=3)
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
    world = EchoListener(backlog_pause=200_000, backlog_close=1_000_000)
    client = world.connect()
    client.transport.pauseProducing()
    for number in range(40):
        client.send(echo_request(b"x" * 50_000, number))
        world.time.settle()
    taken = len(world.seen)
    assert taken < 12
    connection = world.connection
    assert connection._output.backlog < 1_000_000
    client.transport.resumeProducing()
    world.time.settle(500)
    assert [one.opaque for one in client.got] == list(range(40))
    client.send(*(echo_request(code=31) for _ in range(40)))
    world.time.settle()
    client.transport.pauseProducing()
    for held in world.held:
        held.reply(Answer(body=b"x" * 50_000))
        world.time.settle()
    assert connection.peer.is_lost
    world.stop()


def test_a_read_full_of_requests_with_large_answers_is_taken_piece_by_piece():
    """400 pulls in one read of a peer that does not read must not build 400 answers."""
    world = EchoListener(backlog_pause=1_000_000, backlog_close=8_000_000)
    client = world.connect()
    world.dispatch.routes.get(30).verb = lambda request: (
        world.seen.append(request) or Answer(body=b"x" * 300_000)
    )
    client.transport.pauseProducing()
    client.send(*(echo_request(opaque=number) for number in range(100)))
    world.time.settle(300)
    assert len(world.seen) < 10
    client.transport.resumeProducing()
    world.time.settle(3000)
    assert [one.opaque for one in client.got] == list(range(100))
    world.stop()


def test_a_stuck_reader_is_closed_as_idle():
    """A peer that pauses for ever below the hard limit is gone after the idle time."""
    world = EchoListener(backlog_pause=100_000, idle_seconds=30)
    client = world.connect()
    client.transport.pauseProducing()
    for number in range(10):
        client.send(echo_request(b"x" * 50_000, number))
    world.time.settle(100)
    world.time.advance(35, steps=35)
    assert len(world.factory) == 0
    world.stop()


def test_nothing_is_read_from_a_closing_connection(world):
    """A peer that goes on sending while we close must not fill memory."""
    client = world.connect()
    client.send(echo_request())
    world.time.settle()
    client.transport.pauseProducing()
    connection = world.connection
    connection.close("enough")
    for _ in range(20):
        connection.dataReceived(encode(echo_request(b"x" * 1000)))
    assert len(world.seen) == 1
    assert not connection._waiting
    assert connection._splitter.pending == 0
    client.transport.resumeProducing()


def test_a_flood_of_broken_peers_does_not_flood_the_log(world):
    """A port scanner must not be able to fill the disk with lines; the number left out is said."""
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


def test_limits_must_be_positive():
    """A limit of nothing would close everything for a typing error."""
    with pytest.raises(ValueError, match="idle_seconds"):
        ConnectionLimits(idle_seconds=0)
