"""Calling servers: one connection for each address, made when it is needed.

A connection is dialled at the first call, and again at the next call after it was lost (see
`rmqtw.net.links`). Nothing is sent twice: what was under way when a connection broke
fails, and its caller knows whether it may be repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import attrs
from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.internet.error import ConnectionLost
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from rmqtw.declare.fields import Header
from rmqtw.net.calls import CallTimeout
from rmqtw.net.dispatch import Dispatch
from rmqtw.net.framing import request_frame
from rmqtw.net.limits import ConnectionLimits
from rmqtw.net.links import ClientStream, ConnectionBusy, Link
from rmqtw.net.request import command_name
from rmqtw.net.routes import Routes
from rmqtw.net.turns import EndOfTurn, end_of_turn
from rmqtw.security.limits import LineLimit
from rmqtw.security.policy import Security, dialled_security
from rmqtw.wire.commands.command import Command
from rmqtw.wire.errors import OUTCOMES, error_for
from rmqtw.wire.frames import RemotingCommand, SerializeType

__all__ = ["CallTimeout", "ConnectTimeout", "ConnectionBusy", "ConnectionLost", "Connections", "Reply"]

Q = TypeVar("Q", bound=Header)
R = TypeVar("R", bound=Header)
_MIB = 1024 * 1024
# The reader of answers never pauses: a server that waits for us to read would never read from us.
_LIMITS = ConnectionLimits(backlog_pause=64 * _MIB, backlog_close=64 * _MIB)


@attrs.frozen
class Reply(Generic[R]):
    """What a call brought: the typed header (None when the command's answer has none), the body, the frame.

    `code` is SUCCESS or another of `wire.errors.OUTCOMES`.
    """

    header: R | None
    body: bytes
    command: RemotingCommand

    @property
    def code(self) -> int:
        """The response code."""
        return self.command.code


class Connections:
    """Calls to any number of servers.

    `dial(address)` returns an `IStreamClientEndpoint` for an `ip:port`; `wall` is wall time in
    milliseconds; `turns` the end of the reactor's turn. `language` is what our requests say we are.
    """

    def __init__(
        self,
        clock: IReactorTime,
        dial: Callable[[str], Any],
        *,
        wall: Callable[[], int],
        turns: EndOfTurn | None = None,
        connect_timeout: float = 3.0,
        limits: ConnectionLimits = _LIMITS,
        language: str = "PYTHON",
        serialize_type: SerializeType = SerializeType.JSON,
    ) -> None:
        self.clock = clock
        self.dial = dial
        self.wall = wall
        self.turns = turns or end_of_turn(clock)
        self.connect_timeout = connect_timeout
        self.limits = limits
        self.lines = LineLimit(clock.seconds)
        self._language = language
        self._serialize_type = serialize_type
        self._links: dict[str, Link] = {}
        self._is_closed = False
        self.serve(Routes())

    def serve(self, routes: Routes, security: Security | None = None) -> None:
        """Serve requests that servers send to us, on all connections; replaces an earlier table.

        Without `security` everything is granted: we chose whom to dial.
        """
        self.dispatch = Dispatch(
            routes, security or dialled_security(self.clock.seconds), self.clock.seconds, self._serialize_type
        )

    def call(
        self,
        address: str,
        command: Command[Q, R],
        header: Q | None = None,
        body: bytes = b"",
        timeout: float = 3.0,
    ) -> Deferred[Reply[R]]:
        """Send a request and wait for its answer, `timeout` seconds in all, connecting included.

        Fires with a `Reply` when the answer's code is in `wire.errors.OUTCOMES`. Fails with the
        `RemotingError` of any other code; with `CallTimeout` (it may have been done all the same);
        with `ConnectionLost` when the connection breaks before the answer or `close` was called;
        with `ConnectTimeout`, `ConnectionRefusedError` or whatever else the endpoint fails with
        when it cannot connect; with `ConnectionBusy` or `FrameTooLarge` when nothing was sent; with
        `MalformedHeader` when the answer's header cannot be read. May be cancelled.
        """
        frame = self._frame(command, header, body, oneway=False)
        link = self._link(address)
        if link.stream is not None:
            answer = link.stream.call(frame, timeout)
        else:
            answer = self._call_when_connected(link, frame, timeout)
        return answer.addCallback(_reply, command)

    def oneway(
        self, address: str, command: Command[Q, Any], header: Q | None = None, body: bytes = b""
    ) -> Deferred[None]:
        """Send a request that is not answered.

        Fires when it is written to the connection, which says nothing about its arrival. Fails like
        `call` when it cannot connect.
        """
        frame = self._frame(command, header, body, oneway=True)
        return self._link(address).connected().addCallback(_send, frame)

    def close(self, reason: str = "the client stops") -> Deferred[None]:
        """Close all connections, after writing what is due; whatever waits for an answer fails.

        Fires when they are gone; never fails. Every later call fails with `ConnectionLost`.
        """
        self._is_closed = True
        waiters = [link.close(reason) for link in list(self._links.values())]
        return DeferredList(waiters).addCallback(lambda _: None)

    @property
    def addresses(self) -> list[str]:
        """The addresses we are connected to now."""
        return [address for address, link in self._links.items() if link.stream is not None]

    def forget(self, link: Link) -> None:
        """A link is idle again: nothing needs to remember it."""
        if self._links.get(link.address) is link:
            del self._links[link.address]

    def _link(self, address: str) -> Link:
        link = self._links.get(address)
        if link is None:
            link = Link(self, address)
            if self._is_closed:
                link.close("closed")
            else:
                self._links[address] = link
        return link

    def _frame(
        self, command: Command[Any, Any], header: Header | None, body: bytes, oneway: bool
    ) -> RemotingCommand:
        return request_frame(
            command, header, body, oneway=oneway, language=self._language, serialize_type=self._serialize_type
        )

    def _call_when_connected(
        self, link: Link, frame: RemotingCommand, timeout: float
    ) -> Deferred[RemotingCommand]:
        deadline = self.clock.seconds() + timeout

        def too_late(result: Any, seconds: float) -> Any:
            if isinstance(result, Failure) and result.check(CancelledError):
                name = command_name(frame.code)
                raise CallTimeout(f"{link.address} took no connection for {name} within {seconds:g} s")
            return result

        connected = link.connected()
        connected.addTimeout(timeout, self.clock, too_late)
        return connected.addCallback(
            lambda stream: stream.call(frame, max(0.0, deadline - self.clock.seconds()))
        )


def _send(stream: ClientStream, frame: RemotingCommand) -> None:
    if stream.is_busy(len(frame.body)):
        raise ConnectionBusy(f"too much waits to be written to {stream.peer.address}")
    stream.send(frame)


def _reply(answer: RemotingCommand, command: Command[Any, R]) -> Reply[R]:
    if answer.code not in OUTCOMES:
        raise error_for(answer.code, answer.remark)
    header = None if command.response is None else command.response.decode(answer.ext_fields)
    return Reply(header, answer.body, answer)
