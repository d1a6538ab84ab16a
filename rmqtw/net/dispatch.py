"""The way of a request: authenticate, decode, authorise, quota, lane, verb, answer.

A code that is not served is answered 3 to everybody. Whatever goes wrong on the way becomes an
answer: a `RemotingError` its own code, a header that cannot be read 1 with the field's name, any
other exception 1 with its class and a logged failure. A one-way request is never answered.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from rmqtw.declare.fields import MalformedHeader
from rmqtw.interfaces.security import Principal
from rmqtw.net.framing import answer_runs
from rmqtw.net.grants import Grants
from rmqtw.net.lanes import Lane
from rmqtw.net.peers import Peer
from rmqtw.net.request import CERTAIN, HELD, Answer, Request
from rmqtw.net.routes import Route, Routes
from rmqtw.security.limits import LineLimit
from rmqtw.security.policy import Security
from rmqtw.wire.bodies.base import MalformedBody
from rmqtw.wire.codes import ResponseCode
from rmqtw.wire.errors import RemotingError
from rmqtw.wire.frames import (
    ONEWAY_FLAG,
    Command,
    ExtFields,
    FrameTooLarge,
    SerializeType,
    TypedCommand,
    TypedReader,
)
from rmqtw.wire.remoting import text_of

__all__ = ["Dispatch", "Exchange", "Route", "Routes", "Security"]

_log = Logger()
_BAD_INPUT = (MalformedHeader, MalformedBody)
_UNKNOWN = Principal("unknown")


class Exchange(Request[Any]):
    """A request and the way of its answer. Verbs see it as a `Request`."""

    __slots__ = ("_dispatch", "is_held", "is_open", "lane", "route")

    def __init__(
        self, dispatch: Dispatch, route: Route, peer: Peer, command: Command, received_at: int
    ) -> None:
        self._dispatch = dispatch
        self.route = route
        self.peer = peer
        self.principal = _UNKNOWN
        self.namespace = ""
        self.listener = peer.listener
        self.received_at = received_at
        self.command = command
        self.header = None
        self.body = command.body
        self.lane: Lane | None = None
        self.is_open = True
        self.is_held = False

    def reply(self, answer: Answer) -> None:
        """See `Request.reply`."""
        if self.is_open:
            self.finish()
            self._dispatch.answer(self, answer)
        elif not self.peer.is_lost:
            text = "{name} from {peer} was answered twice; the second answer is dropped."
            _log.error(text, name=self.name, peer=self.peer.address)

    def hold(self) -> None:
        """The verb will answer later, unless the peer goes before."""
        self.is_held = True
        self.peer.held.add(self)

    def finish(self) -> None:
        """Give the place in the lane back; the request is over."""
        self.is_open = False
        if self.lane is not None:
            self.lane.leave()
            if self.is_held:
                self.peer.held.discard(self)


class Dispatch:
    """Takes requests of any number of connections to the verbs of one table.

    `seconds` is a monotonic clock for limiting log lines.
    """

    def __init__(
        self,
        routes: Routes,
        security: Security,
        seconds: Any,
        serialize_type: SerializeType = SerializeType.JSON,
    ) -> None:
        self.routes = routes
        self.security = security
        self._serialize_type = serialize_type
        self._route_of = routes.get
        self._authenticate = security.authenticator.authenticate
        self._admit_quota = security.quota.admit
        self._grants = Grants(security.authorizer)
        self._lines = LineLimit(seconds)

    def dispatch(self, command: Command, peer: Peer, received_at: int) -> None:
        """Take one request all the way; never raises.

        `received_at` is wall time in milliseconds.
        """
        route = self._route_of(command.code)
        if route is None:
            self._refuse_code(command, peer)
            return
        request = Exchange(self, route, peer, command, received_at)
        try:
            self._admit(request, route)
        except Exception as problem:  # it becomes an answer
            self._refuse(request, problem)
            return
        try:
            outcome = route.verb(request)
        except Exception as problem:  # same
            request.reply(self._failed(request, problem))
            return
        if outcome.__class__ is Answer:
            request.reply(outcome)
        elif outcome is not CERTAIN:
            self._wait(request, outcome)

    def reader(self, code: int) -> TypedReader | None:
        """What reads a request of this code in one step, if that can be; see `wire.frames.decode_typed`."""
        route = self._route_of(code)
        return None if route is None else route.read

    def answer(self, request: Exchange, answer: Answer) -> None:
        """Write an answer, unless nobody waits for it. Called by `Exchange.reply` only."""
        if request.route.is_administrative:
            self._audit(self.security.audit.done, request, answer.code)
        command = request.command
        if not command.flag & ONEWAY_FLAG:
            self._write(request.peer, command.opaque, answer)

    def lost(self, peer: Peer) -> None:
        """A peer is gone: its held requests give back their places."""
        for request in list(peer.held):
            request.finish()

    def _admit(self, request: Exchange, route: Route) -> None:
        command, peer = request.command, request.peer
        request.principal = self._authenticate(command, peer)
        if not peer.is_authenticated:
            peer.authenticated()
        peer.language, peer.version = command.language, command.version
        if isinstance(command, TypedCommand):
            request.header = header = command.header
            request.namespace = header.ns or ""
        else:
            _read_fields(request, route, command.ext_fields)
        self._grants.check(route, request)
        self._admit_quota(request)
        route.lane.enter()
        request.lane = route.lane

    def _wait(self, request: Exchange, outcome: Any) -> None:
        if isinstance(outcome, Deferred):
            request.hold()
            outcome.addCallbacks(self._came, self._broke, callbackArgs=(request,), errbackArgs=(request,))
            outcome.addErrback(self._broke, request)
        elif outcome is not HELD:
            request.reply(self._no_answer(request, outcome))
        elif request.is_open:
            request.hold()

    def _came(self, answer: Any, request: Exchange) -> None:
        if request.is_open:
            request.reply(answer if isinstance(answer, Answer) else self._no_answer(request, answer))

    def _broke(self, failure: Failure, request: Exchange) -> None:
        if request.is_open:
            request.reply(self._failed(request, failure.value or RuntimeError("a failure without a cause")))

    def _no_answer(self, request: Exchange, outcome: Any) -> Answer:
        return self._failed(
            request, TypeError(f"the verb of {request.name} returned {type(outcome).__name__}")
        )

    def _refuse_code(self, command: Command, peer: Peer) -> None:
        """Java: `NettyRemotingAbstract.processRequestCommand`, blank at the front included."""
        if not command.flag & ONEWAY_FLAG:
            remark = f" request type {command.code} not supported"
            self._write(peer, command.opaque, Answer(ResponseCode.REQUEST_CODE_NOT_SUPPORTED, remark=remark))

    def _refuse(self, request: Exchange, problem: BaseException) -> None:
        answer = self._failed(request, problem)
        self._audit(self.security.audit.refused, request, answer.remark or "")
        request.finish()
        if not request.command.flag & ONEWAY_FLAG:
            self._write(request.peer, request.command.opaque, answer)

    def _failed(self, request: Exchange, problem: BaseException) -> Answer:
        if isinstance(problem, RemotingError):
            return Answer(int(problem.code), remark=problem.remark)
        if isinstance(problem, _BAD_INPUT):
            return Answer(ResponseCode.SYSTEM_ERROR, remark=str(problem))
        if self._lines.admit():
            failure = Failure(problem, type(problem), problem.__traceback__)
            _log.failure(
                "{name} from {peer} failed.{note}", failure,
                name=request.name, peer=request.peer.address, note=self._lines.note(),
            )  # fmt: skip
        remark = f"{type(problem).__name__} while serving {request.name}; the server's log says more"
        return Answer(ResponseCode.SYSTEM_ERROR, remark=remark)

    def _write(self, peer: Peer, opaque: int, answer: Answer) -> None:
        try:
            runs, size = answer_runs(answer, opaque, self._serialize_type)
        except FrameTooLarge as problem:
            runs, size = self._instead(opaque, f"the answer is too long: {problem}")
        except Exception:  # same
            _log.failure("An answer to {peer} could not be encoded.", peer=peer.address)
            runs, size = self._instead(opaque, "the answer could not be encoded; the server's log says more")
        peer.write_runs(runs, size)

    def _instead(self, opaque: int, remark: str) -> tuple[list[Any], int]:
        return answer_runs(Answer(ResponseCode.SYSTEM_ERROR, remark=remark), opaque, self._serialize_type)

    def _audit(self, tell: Any, request: Exchange, what: Any) -> None:
        try:
            tell(request, what)
        except Exception:  # audit must not keep an answer back
            _log.failure("Audit of {name} failed.", name=request.name)


def _read_fields(request: Exchange, route: Route, fields: ExtFields | None) -> None:
    if fields and "ns" in fields:
        request.namespace = text_of(fields["ns"])
    request.header = route.decode(fields)
