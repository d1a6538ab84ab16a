"""The other end of a connection, for tests: writes what it is told and keeps what it gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.protocol import ClientFactory, Protocol, connectionDone
from twisted.python.failure import Failure

from rmqtw.declare.fields import Header
from rmqtw.net.framing import request_frame
from rmqtw.wire.commands.command import Command
from rmqtw.wire.frames import FrameSplitter, RemotingCommand, decode, encode


class RawPeer(Protocol):
    """A peer that follows no rule.

    `got` are the commands that arrived, `is_lost` and `reason` say how the connection ended, and
    `answers` is called with each command that arrives.
    """

    transport: Any

    def __init__(self, answers: Callable[[RemotingCommand], RemotingCommand | None] | None = None) -> None:
        self.got: list[RemotingCommand] = []
        self.is_lost = False
        self.reason: Failure | None = None
        self.gone: Deferred[None] = Deferred()
        self._answers = answers
        self._splitter = FrameSplitter()
        self._waiting: list[tuple[int, Deferred[list[RemotingCommand]]]] = []
        self._opaque = 0

    def dataReceived(self, data: bytes) -> None:
        """Keep whole frames."""
        for frame in self._splitter.feed(data):
            command = decode(frame)
            if command is not None:
                self._take(command)

    def _take(self, command: RemotingCommand) -> None:
        self.got.append(command)
        answer = self._answers(command) if self._answers else None
        if answer is not None:
            self.send(answer)
        ready = [deferred for count, deferred in self._waiting if count <= len(self.got)]
        self._waiting = [entry for entry in self._waiting if entry[0] > len(self.got)]
        for deferred in ready:
            deferred.callback(self.got)

    def when(self, count: int) -> Deferred[list[RemotingCommand]]:
        """Fire with `got` when it holds at least `count` commands; fail when the connection ends before."""
        deferred: Deferred[list[RemotingCommand]] = Deferred()
        if len(self.got) >= count:
            deferred.callback(self.got)
        else:
            self._waiting.append((count, deferred))
        return deferred

    def send(self, *commands: RemotingCommand) -> None:
        """Write commands, all at once."""
        self.write(b"".join(encode(command) for command in commands))

    def write(self, data: bytes) -> None:
        """Write bytes."""
        self.transport.write(data)

    def ask(
        self,
        command: Command[Any, Any],
        header: Header | None = None,
        body: bytes = b"",
        *,
        oneway: bool = False,
    ) -> int:
        """Write one request; returns its opaque."""
        self._opaque += 1
        frame = request_frame(command, header, body, oneway=oneway)
        frame.opaque = self._opaque
        self.send(frame)
        return self._opaque

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Remember why."""
        self.is_lost = True
        self.reason = reason
        waiting, self._waiting = self._waiting, []
        for _, deferred in waiting:
            deferred.errback(reason)
        self.gone.callback(None)


class RawFactory(ClientFactory):
    """Makes `RawPeer`s, for either end; `peers` are those it has made."""

    noisy = False

    def __init__(self, answers: Callable[[RemotingCommand], RemotingCommand | None] | None = None) -> None:
        self.peers: list[RawPeer] = []
        self._answers = answers

    def buildProtocol(self, addr: Any) -> RawPeer:  # noqa: ARG002  all are welcome
        """Make a peer."""
        peer = RawPeer(self._answers)
        self.peers.append(peer)
        return peer
