"""Proof that a table of routes is closed: with an authorizer that denies everything, nothing happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, get_args, get_origin

import msgspec
from twisted.internet.defer import Deferred, fail
from zope.interface import implementer

from rmqtw.declare.fields import Header
from rmqtw.interfaces.security import Access, IAuthorizer, Principal
from rmqtw.net.calls import CallTimeout
from rmqtw.net.dispatch import Dispatch
from rmqtw.net.framing import request_frame
from rmqtw.net.peers import Peer
from rmqtw.net.request import Answer
from rmqtw.net.routes import Route, Routes
from rmqtw.security.policy import Security, loopback_security
from rmqtw.wire.codes import ResponseCode
from rmqtw.wire.errors import NoPermission
from rmqtw.wire.frames import RemotingCommand, decode, encode


@implementer(IAuthorizer)
class DenyEverything:
    """Denies everything; `asked` is what it was asked for."""

    version = 0

    def __init__(self) -> None:
        self.asked: list[Access] = []

    def authorize(self, principal: Principal, access: Access, peer: Any) -> None:  # noqa: ARG002  whoever it is
        """Raise `NoPermission`."""
        self.asked.append(access)
        raise NoPermission(f"{access.action.value} {access.name} is denied")


class FrameCatcher:
    """A stream that keeps what is written to it: stands for a connection where none is needed."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed: str | None = None

    def write_runs(self, runs: list[Any], size: int) -> None:
        """Keep one or more frames."""
        frame = b"".join(runs)
        assert len(frame) == size
        self.written.append(frame)

    def send(self, command: RemotingCommand) -> None:
        """Keep a frame."""
        self.written.append(encode(command))

    def call(self, command: RemotingCommand, timeout: float) -> Deferred[RemotingCommand]:
        """Keep a frame; nobody will ever answer."""
        self.send(command)
        return fail(CallTimeout(f"nobody answers {command.code} within {timeout} s"))

    def close(self, reason: str) -> None:
        """Remember that it was closed."""
        self.closed = reason

    def authenticated(self) -> None:
        """Nothing to do."""

    @property
    def commands(self) -> list[RemotingCommand]:
        """What was written, decoded."""
        return [command for frame in self.written if (command := decode(frame[4:])) is not None]


def check_refuses_everything(routes: Routes, bodies: Mapping[int, bytes] | None = None) -> None:
    """Assert that each route, two-way and one-way, answers 16 (or nothing) and runs no verb.

    Headers are made up from their declarations. `bodies` are those of commands whose permission
    rule reads the body; a rule that cannot read its body must refuse as well.
    """
    for route in routes:
        for oneway in (False, True):
            _check(route, (bodies or {}).get(route.code, b""), oneway)


def _check(route: Route, body: bytes, oneway: bool) -> None:
    ran: list[Any] = []

    def verb(request: Any) -> Answer:
        ran.append(request)
        return Answer()

    authorizer = DenyEverything()
    loopback = loopback_security(lambda: 0.0)
    security = Security(loopback.authenticator, authorizer, loopback.quota, loopback.audit)
    dispatch = Dispatch(Routes(Route(route.command, verb, route.lane)), security, lambda: 0.0)
    stream = FrameCatcher()
    frame = request_frame(route.command, made_up(route.command.request), body, oneway=oneway)
    dispatch.dispatch(frame, Peer("127.0.0.1", 50000, "main", stream), 0)
    codes = [command.code for command in stream.commands]
    name = route.command.request.__name__
    assert not ran, f"{name} ({route.code}) ran its verb although everything is denied"
    assert authorizer.asked, f"{name} ({route.code}) asked for no permission; answered {stream.commands}"
    expected = [] if oneway else [ResponseCode.NO_PERMISSION]
    assert codes == expected, f"{name} ({route.code}) answered {stream.commands}, not {expected}"


def made_up(header: type[Header]) -> Header:
    """A header with a plausible value in each required field."""
    fields = {info.encode_name: _value(info.type) for info in msgspec.structs.fields(header) if info.required}
    return header.decode(fields)


def _value(kind: Any) -> str:
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    kinds = get_args(kind) or (kind,)
    if int in kinds:
        return "1"
    return "false" if bool in kinds else "name"
