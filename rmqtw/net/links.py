"""The connection to one address that we dial, through its lives.

Its life is the table `TRANSITIONS`: it is dialled when somebody wants to send, and again after it
was lost, never by itself.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.error import ConnectionLost
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory, connectionDone
from twisted.python.failure import Failure

from rmqtw.net.dispatch import Dispatch
from rmqtw.net.stream import FrameStream
from rmqtw.wire.frames import RemotingCommand

if TYPE_CHECKING:
    from rmqtw.net.connections import Connections


class ConnectionBusy(Exception):
    """Too much waits to be written to the address already; nothing was sent."""


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

    def __init__(self, link: Link) -> None:
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

    def __init__(self, link: Link) -> None:
        self._link = link

    def buildProtocol(self, addr: IAddress | None) -> ClientStream:  # noqa: ARG002  we know whom we dialled
        return ClientStream(self._link)


class Link:
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
