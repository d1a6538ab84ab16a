"""The server's side of a connection, and the listener's factory.

See `rmqtw.net.states` for the life of a connection and `rmqtw.net.limits` for what it may take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IAddress, IDelayedCall, IReactorTime
from twisted.internet.protocol import Factory, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure

from rmqtw.net.dispatch import Dispatch
from rmqtw.net.limits import ConnectionLimits
from rmqtw.net.peers import Peer
from rmqtw.net.states import FRAME, Event, State, after, sniff
from rmqtw.net.stream import FrameStream
from rmqtw.net.turns import EndOfTurn, end_of_turn
from rmqtw.security.limits import LineLimit

_log = Logger()
_SWEEP_SECONDS = 1.0


class RemotingProtocol(FrameStream):
    """One accepted connection."""

    factory: RemotingFactory

    def __init__(self, factory: RemotingFactory) -> None:
        super().__init__(
            factory.clock, factory.wall, factory.turns, factory.limits, factory.lines, factory.listener
        )
        self.factory = factory
        self.state = State.SNIFFING
        self.is_trusted = False
        self._first = b""

    def connectionMade(self) -> None:
        """Wait for the first bytes."""
        super().connectionMade()
        self._splitter.limit = self._limits.unauthenticated_bytes
        self.is_trusted = self.factory.dispatch.security.authenticator.trusts(self.peer)
        self.factory.add(self)

    def dataReceived(self, data: bytes) -> None:
        """Look at the first bytes, then take frames."""
        if self.state is State.SNIFFING:
            data = self._sniff(data)
        if data:
            super().dataReceived(data)

    def _sniff(self, data: bytes) -> bytes:
        """Return the bytes to go on with: none while it is open what they are, or if they are foreign."""
        self._first += data
        seen = sniff(self._first)
        if seen is None:
            return b""
        data, self._first = self._first, b""
        if seen != FRAME:
            self._advance(Event.FOREIGN)
            self._warn(f"began with {seen}")
            self.close(seen)
            return b""
        self._advance(Event.FRAMES)
        if self.is_trusted:
            self.peer.authenticated()
        return data

    def _receiver(self) -> Dispatch:
        return self.factory.dispatch

    def authenticated(self) -> None:
        """See `Stream`: from here on only the frame limit holds."""
        self._advance(Event.AUTHENTICATED)
        self._splitter.limit = self._limits.frame_bytes
        self.factory.proved(self)

    def expire(self, reason: str) -> None:
        """A deadline before the first authenticated frame was missed: close at once."""
        self._advance(Event.BROKEN)
        self._warn(reason)
        self._abort()

    def idle(self) -> None:
        """Nothing was read or written for long: close at once. Ordinary, so only worth a debug line."""
        self._advance(Event.BROKEN)
        _log.debug("Connection of {peer} closed: it was idle.", peer=self.peer.address)
        self._abort()

    def _stop(self, reason: str) -> None:
        self._advance(Event.CLOSE)
        super()._stop(reason)

    def _advance(self, event: Event) -> None:
        self.state = after(self.state, event)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The peer's requests are over."""
        super().connectionLost(reason)
        self._advance(Event.LOST)
        self.factory.dispatch.lost(self.peer)
        self.factory.remove(self)


class RemotingFactory(Factory):
    """Accepts the connections of one listener.

    `wall` is wall time in milliseconds; `turns` is the end of the reactor's turn, shared with the
    store so that one turn is written once. Counts, for metrics: `accepted`, `rejected`.
    """

    noisy = False

    def __init__(
        self,
        clock: IReactorTime,
        wall: Callable[[], int],
        dispatch: Dispatch,
        *,
        turns: EndOfTurn | None = None,
        listener: str = "main",
        limits: ConnectionLimits | None = None,
    ) -> None:
        self.clock = clock
        self.wall = wall
        self.dispatch = dispatch
        self.turns = turns or end_of_turn(clock)
        self.listener = listener
        self.limits = limits or ConnectionLimits()
        self.lines = LineLimit(clock.seconds)
        self.accepted = 0
        self.rejected = 0
        self._idle_since: dict[RemotingProtocol, float] = {}
        self._unproved: dict[RemotingProtocol, float] = {}
        self._sweep_call: IDelayedCall | None = None
        self._gone: Deferred[None] | None = None

    def buildProtocol(self, addr: IAddress | None) -> RemotingProtocol | None:  # type: ignore[override]
        """A new connection, or None (which closes it) when there are too many or we are closing."""
        if self._gone is None and len(self._idle_since) < self.limits.connections:
            return RemotingProtocol(self)
        self.rejected += 1
        if self._gone is None and self.lines.admit():
            _log.warn(
                "Connection of {peer} refused: {listener} has {limit} already{note}",
                peer=addr, listener=self.listener, limit=self.limits.connections, note=self.lines.note(),
            )  # fmt: skip
        return None

    @property
    def peers(self) -> Iterator[Peer]:
        """The peers that are connected now."""
        return (connection.peer for connection in self.connections)

    @property
    def connections(self) -> list[RemotingProtocol]:
        """The connections that are open now, oldest first."""
        return list(self._idle_since)

    def __len__(self) -> int:
        return len(self._idle_since)

    def close(self, reason: str = "the server stops") -> Deferred[None]:
        """Close all connections, after writing what is due; the Deferred fires when they are gone.

        It never fails, and never takes longer than `closing_seconds`. No connection is accepted
        from here on.
        """
        if not self._idle_since:
            self._gone = succeed(None)
            return succeed(None)
        if self._gone is None:
            self._gone = Deferred()
            for connection in self.connections:
                connection.close(reason)
        waiter: Deferred[None] = Deferred()
        self._gone.chainDeferred(waiter)
        return waiter

    # what connections tell

    def add(self, connection: RemotingProtocol) -> None:
        """A connection is made."""
        self.accepted += 1
        now = self.clock.seconds()
        self._idle_since[connection] = now
        if not connection.is_trusted:
            self._unproved[connection] = now
        if len(self._unproved) > self.limits.unauthenticated:
            oldest = next(iter(self._unproved))
            oldest.expire("was the oldest of too many without an authenticated frame")
        if self._sweep_call is None:
            self._sweep_call = self.clock.callLater(_SWEEP_SECONDS, self._sweep)

    def proved(self, connection: RemotingProtocol) -> None:
        """A connection has had its first authenticated frame."""
        self._unproved.pop(connection, None)

    def remove(self, connection: RemotingProtocol) -> None:
        """A connection is gone."""
        self._unproved.pop(connection, None)
        self._idle_since.pop(connection, None)
        if not self._idle_since:
            self._stop_sweep()
            if self._gone is not None and not self._gone.called:
                self._gone.callback(None)

    # deadlines

    def _sweep(self) -> None:
        """One look at all connections, instead of a timer for each."""
        self._sweep_call = self.clock.callLater(_SWEEP_SECONDS, self._sweep)
        now = self.clock.seconds()
        self._expire_unproved(now - self.limits.unauthenticated_seconds)
        oldest = now - self.limits.idle_seconds
        idle = []
        for connection, since in self._idle_since.items():
            if connection.is_active:
                connection.is_active = False
                self._idle_since[connection] = now
            elif since <= oldest:
                idle.append(connection)
        for connection in idle:
            connection.idle()

    def _expire_unproved(self, oldest: float) -> None:
        for connection, since in list(self._unproved.items()):
            if since > oldest:
                return
            seconds = self.limits.unauthenticated_seconds
            connection.expire(f"sent no authenticated frame within {seconds:g} s")

    def _stop_sweep(self) -> None:
        if self._sweep_call is not None:
            self._sweep_call.cancel()
            self._sweep_call = None
