from __future__ import annotations

import pytest
from twisted.internet.defer import Deferred, fail, succeed

from rmqtw.declare.access import Action
from rmqtw.declare.fields import Resource
from rmqtw.net.dispatch import Dispatch
from rmqtw.net.framing import request_frame
from rmqtw.net.lanes import Lane
from rmqtw.net.peers import Peer
from rmqtw.net.request import HELD, Answer
from rmqtw.net.routes import Route, Routes
from rmqtw.security.policy import Security, loopback_security
from rmqtw.testing.denial import DenyEverything, FrameCatcher, check_refuses_everything
from rmqtw.wire.commands import COMMANDS, GET_MAX_OFFSET, GET_MIN_OFFSET, UPDATE_AND_CREATE_TOPIC
from rmqtw.wire.errors import NoPermission, SystemBusy, TopicNotExist
from rmqtw.wire.frames import ONEWAY_FLAG, RemotingCommand, SerializeType
from rmqtw.wire.headers.pull import GetMaxOffsetRequest, GetMaxOffsetResponse
from rmqtw.wire.headers.topic import CreateTopicRequest

HEADER = GetMaxOffsetRequest(topic="T", queue_id=1)


class Security4:
    """Four providers that remember in which order they were asked, and refuse on request."""

    version = 0

    def __init__(self):
        self.steps = []
        self.refuse = None
        self.audited = []

    def _step(self, name, problem):
        self.steps.append(name)
        if self.refuse == name:
            raise problem

    def authenticate(self, command, peer):
        self._step("authenticate", NoPermission("who are you?"))
        return loopback_security(float).authenticator.authenticate(command, peer)

    def trusts(self, peer):
        return False

    def authorize(self, principal, access, peer):
        self._step(f"authorize {access.action.value} {access.name}", NoPermission("no"))

    def admit(self, request):
        self._step("quota", SystemBusy("too fast"))

    def refused(self, request, reason):
        self.audited.append(("refused", request.name, request.principal.name, reason))

    def done(self, request, code):
        self.audited.append(("done", request.name, request.principal.name, code))


class Server:
    """A dispatch with one connection, without a network."""

    def __init__(self, *routes, security=None, serialize_type=SerializeType.JSON, host="127.0.0.1"):
        self.four = Security4()
        security = security or Security(self.four, self.four, self.four, self.four)
        self.dispatch = Dispatch(Routes(*routes), security, lambda: 0.0, serialize_type)
        self.stream = FrameCatcher()
        self.peer = Peer(host, 4711, "main", self.stream)

    def ask(self, command=GET_MAX_OFFSET, header=HEADER, body=b"", *, oneway=False, opaque=9):
        frame = command
        if not isinstance(command, RemotingCommand):
            frame = request_frame(command, header, body, oneway=oneway)
        frame.opaque = opaque
        before = len(self.stream.written)
        self.dispatch.dispatch(frame, self.peer, 1234)
        got = self.stream.commands[before:]
        return got[0] if got else None


def test_an_answer_echoes_the_opaque_and_says_what_java_says():
    """Clients match answers by opaque, and the Go client fails on any language but JAVA and GO."""
    server = Server(
        Route(
            GET_MAX_OFFSET,
            lambda request: Answer(header=GetMaxOffsetResponse(offset=request.header.queue_id)),
        )
    )
    answer = server.ask(opaque=-5)
    assert (answer.opaque, answer.flag, answer.code, answer.version, answer.language) == (
        -5,
        1,
        0,
        479,
        "JAVA",
    )
    assert answer.ext_fields == {"offset": "1"}
    assert answer.remark is None


def test_a_server_answers_in_its_own_serialization():
    """A Java server never mirrors the request's serialization, and clients cope."""
    server = Server(Route(GET_MAX_OFFSET, lambda _: Answer()), serialize_type=SerializeType.ROCKETMQ)
    assert server.ask().serialize_type is SerializeType.ROCKETMQ


def test_a_verb_sees_the_whole_context():
    """Verbs decide by header, body, peer, principal, namespace and time of arrival."""
    seen = []
    server = Server(Route(GET_MAX_OFFSET, lambda request: seen.append(request) or Answer()))
    frame = request_frame(GET_MAX_OFFSET, HEADER, b"body")
    frame.ext_fields["ns"] = "tenant"
    frame.language, frame.version = "CPP", 401
    server.ask(frame)
    (request,) = seen
    assert (request.header.topic, request.header.queue_id, request.body) == ("T", 1, b"body")
    assert (request.namespace, request.listener, request.received_at) == ("tenant", "main", 1234)
    assert (request.principal.name, request.peer, request.is_oneway) == ("loopback", server.peer, False)
    assert (server.peer.language, server.peer.version) == ("CPP", 401)


def test_extra_fields_and_runs_are_written_without_joining():
    """A pull's body is slices of the log; headers may carry fields that no class declares."""
    body = [b"one", memoryview(b"two"), bytearray(b"three")]
    server = Server(
        Route(GET_MAX_OFFSET, lambda _: Answer(19, GetMaxOffsetResponse(offset=3), body, "FOUND", {"x": "y"}))
    )
    answer = server.ask()
    assert (answer.code, answer.body, answer.remark) == (19, b"onetwothree", "FOUND")
    assert answer.ext_fields == {"offset": "3", "x": "y"}


def test_the_four_are_asked_in_order_and_the_verb_last():
    """Nothing may be decided about a request before it is known whose it is."""
    server = Server(Route(GET_MAX_OFFSET, lambda _: server.four.steps.append("verb") or Answer()))
    server.ask()
    assert server.four.steps == ["authenticate", "authorize get T", "quota", "verb"]


@pytest.mark.parametrize(
    ("step", "code", "remark"),
    [("authenticate", 16, "who are you?"), ("authorize get T", 16, "no"), ("quota", 2, "too fast")],
)
@pytest.mark.parametrize("oneway", [False, True])
def test_each_of_the_four_can_refuse(step, code, remark, oneway):
    """A refusal is answered, audited, and keeps the verb from running; a one-way request gets no answer."""
    lane = Lane("lane", 5)
    server = Server(Route(GET_MAX_OFFSET, lambda _: server.four.steps.append("verb") or Answer(), lane))
    server.four.refuse = step
    answer = server.ask(oneway=oneway)
    assert server.four.steps[-1] == step
    assert [entry[0] for entry in server.four.audited] == ["refused"]
    assert server.four.audited[0][3] == remark
    assert lane.in_flight == 0
    if oneway:
        assert answer is None
    else:
        assert (answer.code, answer.remark) == (code, remark)


@pytest.mark.parametrize("code", [9999, -1, 200_050, 10])
def test_a_code_that_is_not_served_is_answered_3_to_everybody(code):
    """Java's remark, blank at the front included; to a peer that may do nothing, too."""
    for host in ("127.0.0.1", "192.0.2.7"):
        server = Server(Route(GET_MAX_OFFSET, lambda _: Answer()), host=host)
        answer = server.ask(RemotingCommand(code=code))
        assert (answer.code, answer.remark) == (3, f" request type {code} not supported")
        assert server.ask(RemotingCommand(code=code, flag=ONEWAY_FLAG)) is None
        assert server.four.steps == []


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        (None, "GetMaxOffsetRequest."),
        ({"queueId": "1"}, "GetMaxOffsetRequest.topic"),
        ({"topic": "T"}, "GetMaxOffsetRequest.queueId"),
        ({"topic": "T", "queueId": "abc"}, "GetMaxOffsetRequest.queueId"),
        ({"topic": "T", "queueId": str(2**31)}, "GetMaxOffsetRequest.queueId"),
    ],
)
def test_a_header_that_cannot_be_read_names_class_and_field(fields, named):
    """Java answers 1 too (probes `310 without topic`, `310 queueId text`); ours says which field."""
    server = Server(Route(GET_MAX_OFFSET, lambda _: pytest.fail("the verb ran")))
    answer = server.ask(RemotingCommand(code=30, ext_fields=fields))
    assert answer.code == 1
    assert named in answer.remark
    assert server.ask(RemotingCommand(code=30, ext_fields=fields, flag=ONEWAY_FLAG)) is None


def test_an_error_of_the_protocol_becomes_its_code():
    """A verb says `raise TopicNotExist(...)` and the client reads code 17 with that remark."""

    def verb(request):
        raise TopicNotExist("topic[T] not exist")

    server = Server(Route(GET_MAX_OFFSET, verb))
    answer = server.ask()
    assert (answer.code, answer.remark) == (17, "topic[T] not exist")
    assert server.ask(oneway=True) is None


def test_any_other_error_is_answered_1_with_its_class_and_logged(logged_errors):
    """A bug in a verb costs one request and leaves a traceback; the client learns its class only."""
    server = Server(Route(GET_MAX_OFFSET, lambda _: {}["secret-value"]))
    answer = server.ask()
    assert answer.code == 1
    assert "KeyError" in answer.remark
    assert "secret-value" not in answer.remark
    assert server.ask(oneway=True) is None
    assert len(logged_errors.flush(KeyError)) == 2


def test_a_flood_of_failures_does_not_flood_the_log(logged_errors):
    """A peer that has found a bug must not be able to fill the disk with tracebacks."""
    server = Server(Route(GET_MAX_OFFSET, lambda _: 1 / 0))
    for _ in range(500):
        assert server.ask().code == 1
    assert 1 <= len(logged_errors.flush(ZeroDivisionError)) <= 50


def test_verbs_may_answer_later():
    """A Deferred that fires, fails or gives nonsense is answered like a verb that does so at once."""
    later = [Deferred(), Deferred()]
    outcomes = iter([*later, succeed(Answer(5)), fail(TopicNotExist("gone"))])
    lane = Lane("lane", 10)
    server = Server(Route(GET_MAX_OFFSET, lambda _: next(outcomes), lane))
    assert server.ask(opaque=1) is None
    assert server.ask(opaque=2) is None
    assert server.ask(opaque=3).code == 5
    assert server.ask(opaque=4).code == 17
    assert lane.in_flight == 2
    later[1].callback(Answer(7))
    later[0].errback(TopicNotExist("gone too"))
    assert [(one.opaque, one.code) for one in server.stream.commands] == [(3, 5), (4, 17), (2, 7), (1, 17)]
    assert lane.in_flight == 0


def test_a_verb_that_answers_nothing_is_a_bug_and_is_answered(logged_errors):
    """A client must not wait for its time-out because a verb forgot to return."""
    outcomes = iter([None, succeed(None)])
    server = Server(Route(GET_MAX_OFFSET, lambda _: next(outcomes)))
    assert server.ask().code == 1
    assert server.ask().code == 1
    assert len(logged_errors.flush(TypeError)) == 2


def test_an_answer_that_cannot_be_encoded_is_answered_1(logged_errors):
    """A client must not wait for its time-out because of a body of the wrong type."""
    outcomes = iter([Answer(body=5), Answer(body=[b"x" * 2**23] * 3)])
    server = Server(Route(GET_MAX_OFFSET, lambda _: next(outcomes)))
    assert server.ask().code == 1
    assert len(logged_errors.flush(TypeError)) == 1
    too_long = server.ask()
    assert too_long.code == 1
    assert "too long" in too_long.remark


def test_a_held_request_is_answered_once(logged_errors):
    """A second answer would be taken for another request's."""
    held = []
    server = Server(Route(GET_MAX_OFFSET, lambda request: held.append(request) or HELD))
    assert server.ask(opaque=3) is None
    held[0].reply(Answer(19))
    held[0].reply(Answer(0))
    assert [(one.opaque, one.code) for one in server.stream.commands] == [(3, 19)]
    assert len(logged_errors.flush()) == 1


def test_a_full_lane_answers_busy_and_recovers():
    """Flow control: N in flight, the next is told to back off in Java's words, and room comes back."""
    held = []
    lane = Lane("sends", 3)
    server = Server(Route(GET_MAX_OFFSET, lambda request: held.append(request) or HELD, lane))
    for _ in range(3):
        assert server.ask() is None
    answer = server.ask()
    assert answer.code == 2
    assert answer.remark == "[OVERLOAD]system busy, start flow control for a while"
    assert server.ask(oneway=True) is None
    assert (lane.in_flight, lane.refused, lane.admitted) == (3, 2, 3)
    held.pop().reply(Answer())
    assert server.ask() is None
    assert lane.in_flight == 3


def test_a_lane_is_shared_and_other_lanes_go_on():
    """Sends that fill their lane must not keep heartbeats out."""
    shared, other = Lane("sends", 1), Lane("heartbeats", 1)
    server = Server(
        Route(GET_MAX_OFFSET, lambda _: HELD, shared),
        Route(GET_MIN_OFFSET, lambda _: Answer(), other),
    )
    server.ask()
    assert server.ask().code == 2
    assert server.ask(GET_MIN_OFFSET).code == 0


def test_a_lost_peer_gives_its_places_back():
    """Clients that die with parked pulls must not fill the lane for ever."""
    lane = Lane("pulls", 2)
    held = []
    server = Server(Route(GET_MAX_OFFSET, lambda request: held.append(request) or HELD, lane))
    server.ask()
    server.ask()
    server.peer.lost()
    server.dispatch.lost(server.peer)
    assert lane.in_flight == 0
    assert server.peer.held == set()


def test_a_late_answer_to_a_lost_peer_is_no_error():
    """The log's commit comes back after the producer is gone: nothing to say, nothing to log."""
    later, held = Deferred(), []
    outcomes = iter([later, HELD])
    server = Server(Route(GET_MAX_OFFSET, lambda request: held.append(request) or next(outcomes)))
    server.ask()
    server.ask()
    server.peer.lost()
    server.dispatch.lost(server.peer)
    later.callback(Answer())
    held[1].reply(Answer())
    assert server.stream.written == []


def test_lane_limits_must_be_positive():
    """A lane of nothing would refuse everything for a typing error."""
    with pytest.raises(ValueError, match="sends"):
        Lane("sends", 0)


def test_grants_are_remembered_until_the_policy_changes():
    """The authorizer is asked once for a topic, again for another one, and again after a change."""
    server = Server(Route(GET_MAX_OFFSET, lambda _: Answer()))
    asked = server.four.steps
    for _ in range(3):
        server.ask()
    server.ask(header=GetMaxOffsetRequest(topic="Other", queue_id=1))
    assert [step for step in asked if "authorize" in step] == ["authorize get T", "authorize get Other"]
    server.four.version += 1
    server.four.refuse = "authorize get T"
    assert server.ask().code == 16
    assert server.ask().code == 16


def test_refusals_are_not_remembered():
    """A right that was just granted works at the next request."""
    server = Server(Route(GET_MAX_OFFSET, lambda _: Answer()))
    server.four.refuse = "authorize get T"
    assert server.ask().code == 16
    server.four.refuse = None
    assert server.ask().code == 0


def test_grants_are_not_shared_between_hosts():
    """A policy may depend on where a request comes from."""
    server = Server(Route(GET_MAX_OFFSET, lambda _: Answer()))
    server.ask()
    server.peer = Peer("127.0.0.2", 1, "main", server.stream)
    server.ask()
    assert server.four.steps.count("authorize get T") == 2


def test_remembered_grants_are_bounded():
    """A peer that asks for a million topics must not make the server remember them all."""
    server = Server(Route(GET_MAX_OFFSET, lambda _: Answer()))
    grants = server.dispatch._grants
    grants._limit = 10
    for number in range(100):
        server.ask(header=GetMaxOffsetRequest(topic=f"T{number}", queue_id=1))
        assert len(grants._granted) <= 10


def test_administrative_commands_are_audited():
    """Who created a topic is on record with the outcome; reading an offset is not."""
    server = Server(
        Route(UPDATE_AND_CREATE_TOPIC, lambda _: Answer()), Route(GET_MAX_OFFSET, lambda _: Answer())
    )
    server.ask()
    header = CreateTopicRequest(
        topic="T",
        default_topic="TBW102",
        read_queue_nums=4,
        write_queue_nums=4,
        perm=6,
        topic_filter_type="SINGLE_TAG",
        order=False,
    )
    assert server.ask(UPDATE_AND_CREATE_TOPIC, header).code == 0
    assert server.four.audited == [("done", "UPDATE_AND_CREATE_TOPIC", "loopback", 0)]


def test_what_brokers_say_all_the_time_is_not_audited():
    """A registration every 30 seconds would bury in the audit what an administrator did."""
    assert not Route(COMMANDS[103], print).is_administrative
    assert Route(COMMANDS[17], print).is_administrative


def test_an_audit_that_fails_keeps_no_answer_back(logged_errors):
    """A full audit disk is a problem of its own; the client still gets its answer."""
    server = Server(Route(GET_MAX_OFFSET, lambda _: Answer()))
    server.four.refuse = "quota"
    server.four.audited = None
    assert server.ask().code == 2
    assert len(logged_errors.flush(AttributeError)) == 1


def test_a_code_may_be_routed_once():
    """A table that serves a code twice, or serves what it says it does not, is refused at start."""
    route = Route(GET_MAX_OFFSET, lambda _: Answer())
    with pytest.raises(ValueError, match="30"):
        Routes(route, Route(GET_MAX_OFFSET, lambda _: Answer()))
    with pytest.raises(ValueError, match="30"):
        Routes(route, not_served={30: "never"})


def test_a_listener_may_serve_less():
    """The fast port does not serve pulls: same table, fewer routes, with the reason on record."""
    routes = Routes(Route(GET_MAX_OFFSET, lambda _: Answer()), Route(GET_MIN_OFFSET, lambda _: Answer()))
    fewer = routes.without("not on this port", 30)
    assert [route.code for route in fewer] == [31]
    assert fewer.not_served == {30: "not on this port"}
    assert len(routes) == 2


def test_the_denial_check_passes_on_a_closed_table_and_fails_on_an_open_one(monkeypatch):
    """The check that servers run on their tables must notice a command that asks for nothing."""
    codes = [command for command in COMMANDS.values() if command.from_body is None]
    check_refuses_everything(Routes(*(Route(command, lambda _: Answer()) for command in codes)))
    monkeypatch.setattr(type(GET_MAX_OFFSET), "accesses", lambda *_: [])
    with pytest.raises(AssertionError, match="GetMaxOffsetRequest"):
        check_refuses_everything(Routes(Route(GET_MAX_OFFSET, lambda _: Answer())))


def test_deny_everything_is_asked_for_what_the_command_declares():
    """What is denied is what the command says it wants."""
    deny = DenyEverything()
    four = Security4()
    server = Server(Route(GET_MAX_OFFSET, lambda _: Answer()), security=Security(four, deny, four, four))
    assert server.ask().code == 16
    assert [(one.action, one.kind, one.name) for one in deny.asked] == [(Action.GET, Resource.TOPIC, "T")]
