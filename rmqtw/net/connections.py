"""Calling servers: one connection for each address, made when it is needed.

The life of a connection is the table `TRANSITIONS`: it is dialled at the first call, and again at
the next call after it was lost. Nothing is sent twice: what was under way when a connection broke
fails, and its caller knows whether it may be repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, Generic, TypeVar

import attrs
from twisted.internet.defer import CancelledError, Deferred, DeferredList, fail, succeed
from twisted.internet.error import ConnectionLost
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.internet.interfaces import IAddress, IReactorTime
from twisted.internet.protocol import Factory, connectionDone
from twisted.python.failure import Failure

from rmqtw.declare.fields import Header
from rmqtw.net.calls import CallTimeout
from rmqtw.net.dispatch import Dispatch
from rmqtw.net.framing import request_frame
from rmqtw.net.limits import ConnectionLimits
from rmqtw.net.request import command_name
from rmqtw.net.routes import Routes
from rmqtw.net.stream import FrameStream
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


class ConnectionBusy(Exception):
    """Too much waits to be written to the address already; nothing was sent."""


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


class State(Enum):
    """Where the connection to an address stands."""

    IDLE = "not connected"
    DIALLING = "connecting"
    CONNECTED = "connected"
    CLOSED = "closed for good"


class Event(Enum):
    """What happens to it."""

    CALL = "somebody wants to send"
    MADE = "connected"
    FAILED = "could not connect"
    LOST = "the connection is gone"
    CLOSE = "we close"


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.IDLE, Event.CALL): State.DIALLING,
    (State.IDLE, Event.CLOSE): State.CLOSED,
    (State.DIALLING, Event.CALL): State.DIALLING,
    (State.DIALLING, Event.MADE): State.CONNECTED,
    (State.DIALLING, Event.FAILED): State.IDLE,
    (State.DIALLING, Event.CLOSE): State.CLOSED,
    (State.CONNECTED, Event.CALL): State.CONNECTED,
    (State.CONNECTED, Event.LOST): State.IDLE,
    (State.CONNECTED, Event.CLOSE): State.CLOSED,
    (State.CLOSED, Event.CALL): State.CLOSED,
    (State.CLOSED, Event.MADE): State.CLOSED,
    (State.CLOSED, Event.FAILED): State.CLOSED,
    (State.CLOSED, Event.LOST): State.CLOSED,
    (State.CLOSED, Event.CLOSE): State.CLOSED,
}


class ClientStream(FrameStream):
    """A connection that we opened."""

    def __init__(self, link: _Link) -> None:
        owner = link.owner
        super().__init__(owner.clock, owner.wall, owner.turns, owner.limits, owner.lines, link.address)
        self._link = link

    def call(self, command: RemotingCommand, timeout: float) -> Deferred[RemotingCommand]:
        """See `Peer.call`; fails with `ConnectionBusy` when too much waits to be written."""
        if self.is_busy(len(command.body)):
            return fail(ConnectionBusy(f"too much waits to be written to {self.peer.address}"))
        return super().call(command, timeout)

    def is_busy(self, size: int) -> bool:
        """Whether `size` more bytes are too many."""
        return self._output.backlog + self._size + size > self._limits.backlog_close // 2

    def _receiver(self) -> Dispatch:
        return self._link.owner.dispatch

    def authenticated(self) -> None:
        """See `Stream`: nothing changes, we chose whom to dial."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The link may dial again."""
        self._link.lost()
        super().connectionLost(reason)
        self._link.owner.dispatch.lost(self.peer)


class _ClientFactory(Factory):
    noisy = False

    def __init__(self, link: _Link) -> None:
        self._link = link

    def buildProtocol(self, addr: IAddress | None) -> ClientStream:  # noqa: ARG002  we know whom we dialled
        return ClientStream(self._link)


class _Link:
    """The connection to one address, through its lives."""

    def __init__(self, owner: Connections, address: str) -> None:
        self.owner = owner
        self.address = address
        self.state = State.IDLE
        self.stream: ClientStream | None = None
        self._waiting: list[Deferred[ClientStream]] = []
        self._dialling: Deferred[Any] | None = None
        self._gone: list[Deferred[None]] = []

    def connected(self) -> Deferred[ClientStream]:
        """The connection, dialled if need be. Fails with what dialling fails with, or `ConnectionLost`."""
        was = self._advance(Event.CALL)
        if self.stream is not None:
            return succeed(self.stream)
        if self.state is State.CLOSED:
            return fail(ConnectionLost(f"the connections are closed; {self.address} is not dialled"))
        waiter: Deferred[ClientStream] = Deferred()
        self._waiting.append(waiter)
        if was is State.IDLE:
            self._dial()
        return waiter

    def _dial(self) -> None:
        seconds = self.owner.connect_timeout
        try:
            dialling = self.owner.dial(self.address).connect(_ClientFactory(self))
        except Exception:  # it becomes a failure
            dialling = fail()
        self._dialling = dialling
        dialling.addTimeout(seconds, self.owner.clock, self._too_slow)
        dialling.addCallbacks(self._made, self._failed)

    def _too_slow(self, result: Any, seconds: float) -> Any:
        if isinstance(result, Failure) and result.check(CancelledError):
            raise ConnectTimeout(None, f"{self.address} did not take the connection within {seconds:g} s")
        return result

    def _made(self, stream: Any) -> None:
        self._dialling = None
        if self._advance(Event.MADE) is State.CLOSED:
            stream.transport.abortConnection()
        elif stream.peer.is_lost:
            self._failed(Failure(ConnectionLost(f"{self.address} took the connection and closed it")))
        else:
            self.stream = stream
            self._tell(stream)

    def _failed(self, reason: Failure) -> None:
        self._dialling = None
        if self._advance(Event.FAILED) is State.CLOSED:
            reason = Failure(ConnectionLost(f"the connections are closed; {self.address} is not dialled"))
        self.owner.forget(self)
        self._tell(reason)

    def _tell(self, outcome: ClientStream | Failure) -> None:
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.called:
                waiter.callback(outcome)

    def lost(self) -> None:
        """The connection is gone."""
        self.stream = None
        self._advance(Event.LOST)
        self.owner.forget(self)
        gone, self._gone = self._gone, []
        for waiter in gone:
            waiter.callback(None)

    def close(self, reason: str) -> Deferred[None]:
        """Close for good; fires when the connection is gone."""
        self._advance(Event.CLOSE)
        if self._dialling is not None:
            self._dialling.cancel()
        if self.stream is None:
            return succeed(None)
        gone: Deferred[None] = Deferred()
        self._gone.append(gone)
        self.stream.close(reason)
        return gone

    def _advance(self, event: Event) -> State:
        """Take the step; returns the state before."""
        was = self.state
        self.state = TRANSITIONS[was, event]
        return was


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
        self._links: dict[str, _Link] = {}
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

    def forget(self, link: _Link) -> None:
        """A link is idle again: nothing needs to remember it."""
        if self._links.get(link.address) is link:
            del self._links[link.address]

    def _link(self, address: str) -> _Link:
        link = self._links.get(address)
        if link is None:
            link = _Link(self, address)
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
        self, link: _Link, frame: RemotingCommand, timeout: float
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
