"""Frames over a connection: what both ends have in common.

Reading: bytes -> frames -> commands; responses go to the calls that wait, requests to a `Dispatch`.
Writing: what a turn produces is collected and written once at the end of the turn. A peer that does
not read is not read from either, and loses its connection when too much waits for it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, fail
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IAddress, IDelayedCall, IReactorTime
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure

from rmqtw.net.calls import PendingCalls
from rmqtw.net.dispatch import Dispatch
from rmqtw.net.limits import ConnectionLimits
from rmqtw.net.output import Output, output_for
from rmqtw.net.peers import Peer
from rmqtw.net.request import command_name
from rmqtw.net.turns import EndOfTurn
from rmqtw.security.limits import LineLimit
from rmqtw.wire.frames import (
    RESPONSE_FLAG,
    Command,
    FrameSplitter,
    FrameTooLarge,
    MalformedFrame,
    RemotingCommand,
    TypedReader,
    decode,
    decode_typed,
    encode,
)

_log = Logger()
_FLUSH_AT = 256 * 1024


class FrameStream(Protocol):
    """One connection. Subclasses say who takes the requests and how a connection begins."""

    transport: Any

    def __init__(
        self,
        clock: IReactorTime,
        wall: Callable[[], int],
        turns: EndOfTurn,
        limits: ConnectionLimits,
        lines: LineLimit,
        listener: str,
    ) -> None:
        self.is_active = True
        self._clock = clock
        self._wall = wall
        self._schedule = turns.schedule_output
        self._limits = limits
        self._lines = lines
        self._listener = listener
        self._expected = -1
        self._reader: TypedReader | None = None
        self._splitter = FrameSplitter(limits.frame_bytes)
        self._waiting: deque[bytes | memoryview] = deque()
        self._halted = False
        self._closing = False
        self._runs: list[Any] = []
        self._size = 0
        self._is_scheduled = False
        self._abort_call: IDelayedCall | None = None

    def connectionMade(self) -> None:
        """Set the socket up and say who the peer is."""
        transport = self.transport
        for option in ("setTcpNoDelay", "setTcpKeepAlive"):
            if hasattr(transport, option):
                getattr(transport, option)(True)
        host, port = host_and_port(transport.getPeer())
        self.peer = Peer(host, port, self._listener, self)
        self.calls = PendingCalls(self._clock, self.peer.address)
        self._output: Output = output_for(transport, self._drained)

    # reading

    def dataReceived(self, data: bytes) -> None:
        """Take all frames that are complete."""
        if self._closing:
            return
        self.is_active = True
        try:
            frames = self._splitter.feed(data)
        except MalformedFrame as problem:
            self._arrived(problem.frames)
            self._broken(str(problem))
            return
        if frames:
            self._arrived(frames)

    def _arrived(self, frames: Iterable[bytes | memoryview]) -> None:
        if self._halted:
            self._keep(frames)
        else:
            self._take(frames)

    def _take(self, frames: Iterable[bytes | memoryview]) -> None:
        """The time of arrival is read once for all of them."""
        receiver, peer, received_at = self._receiver(), self.peer, self._wall()
        rest = iter(frames)
        for frame in rest:
            try:
                reader = self._reader
                command = decode(frame) if reader is None else decode_typed(frame, reader)
            except MalformedFrame as problem:
                self._broken(str(problem))
                return
            if command is not None:
                if command.code != self._expected:
                    self._expect(command, receiver)
                if command.flag & RESPONSE_FLAG and isinstance(command, RemotingCommand):
                    self.calls.answer(command)
                else:
                    receiver.dispatch(command, peer, received_at)
            if self._halted:
                self._keep(rest)
                return

    def _expect(self, command: Command, receiver: Dispatch) -> None:
        """A connection mostly brings requests of one code: the next is read as if it were like this one."""
        if not command.flag & RESPONSE_FLAG:
            self._expected = command.code
            self._reader = receiver.reader(command.code)

    def _keep(self, frames: Iterable[bytes | memoryview]) -> None:
        if not self._closing:
            self._waiting.extend(frames)

    @abstractmethod
    def _receiver(self) -> Dispatch:
        """What takes the requests that arrive."""

    def _broken(self, reason: str) -> None:
        """What arrived is no frame: answer those before it, then close, as Java does."""
        if not self._closing:
            self._warn(f"sent what is no frame: {reason}")
            self.close(reason)

    # writing

    def send(self, command: RemotingCommand) -> None:
        """Write one frame at the end of the turn."""
        frame = encode(command)
        self.write_runs([frame], len(frame))

    def write_runs(self, runs: list[Any], size: int) -> None:
        """Write encoded frames at the end of the turn (at once when they are many)."""
        self._runs += runs
        self._size += size
        if self._size > _FLUSH_AT:
            self._flush()
        elif not self._is_scheduled:
            self._is_scheduled = True
            self._schedule(self._flush_scheduled)

    def _flush_scheduled(self) -> None:
        self._is_scheduled = False
        self._flush()

    def _flush(self) -> None:
        if not self._runs:
            return
        runs, size = self._runs, self._size
        self._runs, self._size = [], 0
        self._output.write(runs, size)
        if self._output.backlog:
            self._check_backlog(self._output.backlog)
        else:
            self.is_active = True

    def _check_backlog(self, backlog: int) -> None:
        if backlog > self._limits.backlog_close:
            limit = self._limits.backlog_close
            self._warn(f"does not read: {backlog} bytes wait for it, the limit is {limit}")
            self._abort()
        elif backlog > self._limits.backlog_pause and not self._halted:
            self._halted = True
            self.transport.pauseProducing()

    def _drained(self) -> None:
        """Less waits to be written: perhaps read again."""
        self.is_active = True
        if self._halted and not self._closing and self._output.backlog <= self._limits.backlog_pause // 2:
            self._halted = False
            waiting, self._waiting = self._waiting, deque()
            self._take(waiting)
            if not self._halted:
                self.transport.resumeProducing()

    # what the peer asks of its stream

    def call(self, command: RemotingCommand, timeout: float) -> Deferred[RemotingCommand]:
        """See `Peer.call`."""
        if self.peer.is_lost or self._closing:
            return fail(ConnectionLost(f"{self.peer.address} is gone"))
        command.opaque, answer = self.calls.start(command_name(command.code), timeout)
        try:
            self.send(command)
        except FrameTooLarge:
            self.calls.forget(command.opaque)
            return fail()
        return answer

    @abstractmethod
    def authenticated(self) -> None:
        """See `Stream`."""

    # the end

    def close(self, reason: str) -> None:
        """Write what is due, then close; after `closing_seconds` whatever is left is dropped.

        What waits for an answer fails at once.
        """
        if self._closing or self.peer.is_lost:
            return
        self._flush()
        self._stop(reason)
        self.calls.fail(
            Failure(ConnectionLost(f"the connection to {self.peer.address} was closed: {reason}"))
        )
        self._abort_call = self._clock.callLater(self._limits.closing_seconds, self.transport.abortConnection)
        self._output.finish()

    def _abort(self) -> None:
        """Close at once, and forget what waits to be written."""
        self._stop("")
        self.transport.abortConnection()

    def _stop(self, reason: str) -> None:
        self._closing = self._halted = True
        self._waiting.clear()
        if reason:
            _log.debug("Closing the connection of {peer}: {reason}", peer=self.peer.address, reason=reason)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Fail what waits for an answer, and tell those who asked to be told."""
        self._stop("")
        self._runs = []
        if self._abort_call is not None and self._abort_call.active():
            self._abort_call.cancel()
        self.peer.lost()
        self.calls.fail(Failure(_lost(self.peer.address, reason)))

    def _warn(self, what: str) -> None:
        if self._lines.admit():
            _log.warn(
                "Connection of {peer} on {listener} closed: it {what}{note}",
                peer=self.peer.address,
                listener=self._listener,
                what=what,
                note=self._lines.note(),
            )


def host_and_port(address: IAddress) -> tuple[str, int]:
    """The peer of a TCP connection; one that came by IPv4 to an IPv6 socket has its IPv4 address.

    A peer that has no IP address counts as 0.0.0.0, which nobody trusts.
    """
    if isinstance(address, IPv4Address | IPv6Address):
        return address.host.removeprefix("::ffff:") if "." in address.host else address.host, address.port
    return "0.0.0.0", 0  # noqa: S104  an address that matches no grant, not one to bind


def _lost(address: str, reason: Failure) -> ConnectionLost:
    if reason.check(ConnectionDone):
        return ConnectionLost(f"{address} closed the connection")
    return ConnectionLost(f"the connection to {address} was lost: {reason.getErrorMessage()}")
