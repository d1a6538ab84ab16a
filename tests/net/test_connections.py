from __future__ import annotations

import pytest
from twisted.internet.error import ConnectionLost
from twisted.internet.error import ConnectionRefusedError as Refused

from rmqtw.declare.fields import MalformedHeader
from rmqtw.net.connections import CallTimeout, ConnectionBusy, Connections, ConnectTimeout
from rmqtw.net.framing import request_frame
from rmqtw.net.limits import ConnectionLimits
from rmqtw.net.links import TRANSITIONS, Event, State
from rmqtw.net.request import Answer
from rmqtw.net.routes import Route, Routes
from rmqtw.testing.remoting import RawFactory
from rmqtw.wire.commands import GET_MAX_OFFSET, NOTIFY_CONSUMER_IDS_CHANGED
from rmqtw.wire.errors import TopicNotExist
from rmqtw.wire.frames import RemotingCommand
from rmqtw.wire.headers.group import NotifyConsumerIdsChangedRequest
from rmqtw.wire.headers.pull import GetMaxOffsetRequest

ADDRESS = "10.0.0.1:10911"
HEADER = GetMaxOffsetRequest(topic="T", queue_id=1)


def answer(command, code=0, remark=None, **fields):
    return RemotingCommand(
        code=code, flag=1, opaque=command.opaque, ext_fields=fields, remark=remark, body=b"body"
    )


@pytest.fixture
def server(network):
    """A server that answers every request with offset 5."""
    factory = RawFactory(lambda command: None if command.flag else answer(command, offset="5"))
    network.listen(ADDRESS, factory)
    return factory


@pytest.fixture
def connections(time, network):
    """A client; closed at the end, when nothing of it may be left."""
    connections = Connections(time.clock, network.endpoint, wall=time.wall)
    yield connections
    closed = connections.close()
    time.settle()
    time.advance(10, steps=2)
    assert closed.called
    assert time.clock.getDelayedCalls() == []


def test_a_call_connects_and_brings_a_typed_reply(time, server, connections, success_of):
    """The caller gives an address and a header and gets a header and a body."""
    call = connections.call(ADDRESS, GET_MAX_OFFSET, HEADER, b"hello")
    time.settle()
    reply = success_of(call)
    assert (reply.code, reply.header.offset, reply.body) == (0, 5, b"body")
    (asked,) = server.peers[0].got
    assert (asked.code, asked.language, asked.version, asked.body) == (30, "PYTHON", 479, b"hello")
    assert {"topic": "T", "queueId": "1"}.items() <= asked.ext_fields.items()
    assert connections.addresses == [ADDRESS]


def test_one_connection_serves_all_calls_to_an_address(time, server, connections, success_of):
    """A hundred calls, before and after it is there, share one connection."""
    calls = [connections.call(ADDRESS, GET_MAX_OFFSET, HEADER) for _ in range(50)]
    time.settle()
    calls += [connections.call(ADDRESS, GET_MAX_OFFSET, HEADER) for _ in range(50)]
    time.settle()
    assert len(server.peers) == 1
    assert all(success_of(call).code == 0 for call in calls)


@pytest.mark.parametrize("code", [10, 11, 12, 19, 20, 21])
def test_codes_that_are_outcomes_are_replies(time, network, connections, success_of, code):
    """`Nothing new` and `stored, not flushed` are for the caller to read, not to catch."""
    network.listen(ADDRESS, RawFactory(lambda command: answer(command, code, offset="1")))
    call = connections.call(ADDRESS, GET_MAX_OFFSET, HEADER)
    time.settle()
    assert success_of(call).code == code


def test_error_codes_become_errors(time, network, connections, failure_of):
    """The caller catches TopicNotExist; a code nobody knows stays a number."""
    codes = iter([17, 4321])
    network.listen(ADDRESS, RawFactory(lambda command: answer(command, next(codes), "no such topic")))
    known = connections.call(ADDRESS, GET_MAX_OFFSET, HEADER)
    unknown = connections.call(ADDRESS, GET_MAX_OFFSET, HEADER)
    time.settle()
    assert failure_of(known, TopicNotExist).value.remark == "no such topic"
    assert failure_of(unknown).value.code == 4321


def test_an_answer_that_cannot_be_read_fails_its_call_only(time, network, connections, failure_of):
    """A server with another idea of a header costs that call, and the error names the field."""
    network.listen(ADDRESS, RawFactory(lambda command: answer(command, offset="many")))
    call = connections.call(ADDRESS, GET_MAX_OFFSET, HEADER)
    time.settle()
    assert "GetMaxOffsetResponse.offset" in str(failure_of(call, MalformedHeader).value)
    assert connections.addresses == [ADDRESS]


def test_a_refused_connection_fails_and_the_next_call_tries_again(
    time, network, server, connections, failure_of, success_of
):
    """A server that starts later is found by the next call."""
    network.refuse(ADDRESS)
    call = connections.call(ADDRESS, GET_MAX_OFFSET, HEADER)
    time.settle()
    failure_of(call, Refused)
    assert connections.addresses == []
    network.listen(ADDRESS, server)
    call = connections.call(ADDRESS, GET_MAX_OFFSET, HEADER)
    time.settle()
    success_of(call)


def test_connecting_has_a_time_out(time, network, connections, failure_of):
    """A firewall that swallows packets must not hold a caller for minutes."""
    network.mute(ADDRESS)
    patient = connections.call(ADDRESS, GET_MAX_OFFSET, HEADER, timeout=60.0)
    hasty = connections.call(ADDRESS, GET_MAX_OFFSET, HEADER, timeout=1.0)
    time.advance(1.1)
    failure_of(hasty, CallTimeout)
    assert not patient.called
    time.advance(2)
    assert ADDRESS in str(failure_of(patient, ConnectTimeout).value)


def test_the_time_for_connecting_counts(time, network, server, connections, failure_of):
    """Three seconds are three seconds, whatever they are spent on."""
    network.latency = 2.0
    call = connections.call(ADDRESS, GET_MAX_OFFSET, HEADER, timeout=3.0)
    ended = []
    call.addBoth(lambda result: ended.append(result) or result)
    time.advance(2.9, steps=29)
    assert not ended
    time.advance(0.2)
    failure_of(call, CallTimeout)
    network.latency = 0.0


def test_a_lost_connection_fails_what_waits_and_is_dialled_anew(
    time, network, server, connections, failure_of, success_of
):
    """A broker that restarts costs the calls under way, not those after it."""
    connections.call(ADDRESS, GET_MAX_OFFSET, HEADER)
    time.settle()
    network.freeze(ADDRESS)
    waiting = connections.call(ADDRESS, GET_MAX_OFFSET, HEADER)
    time.settle()
    network.thaw(ADDRESS)
    network.cut(ADDRESS)
    time.settle()
    assert ADDRESS in str(failure_of(waiting, ConnectionLost).value)
    assert connections.addresses == []
    again = connections.call(ADDRESS, GET_MAX_OFFSET, HEADER)
    time.settle()
    success_of(again)
    assert len(server.peers) == 2


def test_a_server_that_takes_the_connection_and_closes_it_is_a_lost_one(
    time, network, connections, failure_of
):
    """A broker at its connection limit fails the call at once, not by time-out."""

    class Full(RawFactory):
        def buildProtocol(self, addr):
            return None

    network.listen(ADDRESS, Full())
    call = connections.call(ADDRESS, GET_MAX_OFFSET, HEADER)
    time.settle()
    failure_of(call, ConnectionLost)
    assert connections.addresses == []


def test_a_silent_server_times_out_each_call(time, network, server, connections, failure_of):
    """A hung server fails calls by time-out, and names itself."""
    network.freeze(ADDRESS)
    call = connections.call(ADDRESS, GET_MAX_OFFSET, HEADER, timeout=3.0)
    time.advance(3.1, steps=31)
    assert f"{ADDRESS} did not answer GET_MAX_OFFSET within" in str(failure_of(call, CallTimeout).value)
    network.thaw(ADDRESS)


def test_a_call_may_be_cancelled(time, network, server, connections, failure_of):
    """A caller that is stopped leaves nothing behind, before or after the connection is there."""
    early = connections.call(ADDRESS, GET_MAX_OFFSET, HEADER)
    early.cancel()
    failure_of(early)
    time.settle()
    network.freeze(ADDRESS)
    late = connections.call(ADDRESS, GET_MAX_OFFSET, HEADER)
    late.cancel()
    failure_of(late)
    network.thaw(ADDRESS)
    time.settle()


def test_one_way_requests_are_written(time, network, server, connections, success_of, failure_of):
    """Nobody answers them; that they could not be sent is still said."""
    first = connections.oneway(ADDRESS, GET_MAX_OFFSET, HEADER, b"x")
    time.settle()
    second = connections.oneway(ADDRESS, GET_MAX_OFFSET, HEADER, b"y")
    time.settle()
    success_of(first)
    success_of(second)
    assert [(one.flag, one.body) for one in server.peers[0].got] == [(2, b"x"), (2, b"y")]
    network.refuse("10.0.0.2:1")
    lost = connections.oneway("10.0.0.2:1", GET_MAX_OFFSET, HEADER)
    time.settle()
    failure_of(lost, Refused)


def test_requests_of_the_server_are_served(time, server, connections):
    """A broker tells its consumers that their group changed, on the connection they made."""
    told = []
    connections.call(ADDRESS, GET_MAX_OFFSET, HEADER)
    time.settle()
    connections.serve(
        Routes(Route(NOTIFY_CONSUMER_IDS_CHANGED, lambda request: told.append(request) or Answer()))
    )
    (peer,) = server.peers
    peer.ask(NOTIFY_CONSUMER_IDS_CHANGED, NotifyConsumerIdsChangedRequest(consumer_group="G"), oneway=True)
    peer.ask(NOTIFY_CONSUMER_IDS_CHANGED, NotifyConsumerIdsChangedRequest(consumer_group="H"))
    peer.ask(GET_MAX_OFFSET, HEADER)
    time.settle()
    assert [(one.header.consumer_group, one.received_at) for one in told] == [
        ("G", time.wall()),
        ("H", time.wall()),
    ]
    assert [(one.opaque, one.code) for one in peer.got[1:]] == [(2, 0), (3, 3)]


def test_garbage_from_a_server_closes_the_connection(time, server, connections, failure_of):
    """A port that speaks something else must not leave a caller waiting for its time-out."""
    connections.call(ADDRESS, GET_MAX_OFFSET, HEADER)
    time.settle()
    server.peers[0]._answers = lambda _: server.peers[0].write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    call = connections.call(ADDRESS, GET_MAX_OFFSET, HEADER)
    time.settle()
    failure_of(call, ConnectionLost)


def test_a_server_that_does_not_read_makes_calls_fail_before_memory_is_full(
    time, network, server, failure_of
):
    """A producer faster than its broker hears so, with nothing sent, instead of growing for ever."""
    limits = ConnectionLimits(backlog_pause=400_000, backlog_close=400_000)
    connections = Connections(time.clock, network.endpoint, wall=time.wall, limits=limits)
    connections.call(ADDRESS, GET_MAX_OFFSET, HEADER)
    time.settle()
    server.peers[0].transport.pauseProducing()
    ended = []
    for _ in range(20):
        connections.call(ADDRESS, GET_MAX_OFFSET, HEADER, b"x" * 50_000, timeout=100.0).addBoth(ended.append)
        time.settle()
    assert 0 < len(ended) < 19
    for failure in ended:
        failure.trap(ConnectionBusy)
    assert connections.addresses == [ADDRESS]
    server.peers[0].transport.resumeProducing()
    time.settle(500)
    assert len(ended) == 20
    connections.close()
    time.settle()


def test_closing_fails_what_waits_and_what_comes_after(time, network, server, failure_of, success_of):
    """After close nothing hangs, nothing dials, and the Deferred says when it is over."""
    connections = Connections(time.clock, network.endpoint, wall=time.wall)
    connections.call(ADDRESS, GET_MAX_OFFSET, HEADER)
    time.settle()
    network.freeze(ADDRESS)
    network.mute("10.0.0.2:1")
    waiting = connections.call(ADDRESS, GET_MAX_OFFSET, HEADER)
    dialling = connections.call("10.0.0.2:1", GET_MAX_OFFSET, HEADER)
    closed = connections.close()
    failure_of(dialling, ConnectionLost)
    time.advance(6, steps=6)
    success_of(closed)
    failure_of(waiting, ConnectionLost)
    failure_of(connections.call(ADDRESS, GET_MAX_OFFSET, HEADER), ConnectionLost)
    failure_of(connections.oneway(ADDRESS, GET_MAX_OFFSET, HEADER), ConnectionLost)
    success_of(connections.close())
    assert time.clock.getDelayedCalls() == []


def test_an_address_that_cannot_be_dialled_fails_its_call(time, connections, failure_of):
    """A typing error in an address is the caller's failure, not an exception out of `call`."""
    connections.dial = lambda _: 1 / 0
    failure_of(connections.call("nonsense", GET_MAX_OFFSET, HEADER), ZeroDivisionError)
    assert connections.addresses == []


def test_the_table_says_what_happens_in_every_state():
    """Every event has an answer wherever it can come, and nothing leads out of CLOSED."""
    for state in (State.IDLE, State.DIALLING, State.CONNECTED, State.CLOSED):
        assert TRANSITIONS[state, Event.CLOSE] is State.CLOSED
        assert (state, Event.CALL) in TRANSITIONS
    assert {TRANSITIONS[State.CLOSED, event] for event in Event} == {State.CLOSED}


def test_a_request_frame_without_fields_still_has_them():
    """Java skips its checks when extFields is absent, so it is never left out."""
    assert request_frame(GET_MAX_OFFSET).ext_fields == {}
