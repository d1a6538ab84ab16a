"""Writing to a connection: at once if the peer keeps up, else in pieces as it drains.

`transport.write` costs two system calls and a turn of the reactor. A plain TCP socket is therefore
written to directly as long as nothing waits; what the kernel does not take is kept here, where it
can be counted, and handed to the transport as it asks for more. Any other transport (TLS, memory)
is written to through its own interface.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from twisted.internet.interfaces import IPullProducer, IPushProducer
from twisted.internet.tcp import Connection
from zope.interface import implementer

_PIECE = 128 * 1024
_JOIN_BELOW = 64 * 1024
_MOST_RUNS = 1000  # IOV_MAX is 1024


class Output(Protocol):
    """Where a connection's bytes go. `backlog` counts those that the transport has not taken."""

    backlog: int

    def write(self, runs: list[Any], size: int) -> None:
        """Write runs of bytes, `size` in all, in order after all others. Never raises."""

    def finish(self) -> None:
        """Write everything, then let the transport close. Nothing may be written afterwards."""


def output_for(transport: Any, drained: Callable[[], None]) -> Output:
    """The output of a connected transport; `drained` is called when a backlog has become smaller."""
    if isinstance(transport, Connection) and not transport.TLS:
        return DirectOutput(transport, drained)
    return BufferedOutput(transport, drained)


@implementer(IPullProducer)
class DirectOutput:
    """Plain TCP: `send` at once, the rest by pieces. A failed send is left to the next read to report."""

    def __init__(self, transport: Connection, drained: Callable[[], None]) -> None:
        self.backlog = 0
        self._transport = transport
        self._socket = transport.getHandle()
        self._drained = drained
        self._queue: deque[Any] = deque()
        self._handed = 0
        self._is_waiting = False

    def write(self, runs: list[Any], size: int) -> None:
        """See `Output`."""
        if self._is_waiting:
            self._queue.extend(runs)
            self.backlog += size
            return
        sent = self._send(runs, size)
        if sent < size:
            self._wait(rest_of(runs, sent), size - sent)

    def _send(self, runs: list[Any], size: int) -> int:
        try:
            if len(runs) == 1:
                return self._socket.send(runs[0])
            if size < _JOIN_BELOW:
                return self._socket.send(b"".join(runs))
            return self._socket.sendmsg(runs[:_MOST_RUNS])
        except BlockingIOError:
            return 0
        except OSError:  # the peer is gone: reading will say so, and nothing can be written any more
            return size

    def _wait(self, rest: Iterable[Any], size: int) -> None:
        self._is_waiting = True
        self._queue.extend(rest)
        self.backlog = size
        self._transport.registerProducer(self, False)

    def resumeProducing(self) -> None:
        """The transport's buffer is empty: hand over the next piece, or be direct again."""
        self.backlog -= self._handed
        if self._queue:
            piece = next_piece(self._queue)
            self._handed = len(piece)
            self._transport.write(piece)
        else:
            self._handed = 0
            self._is_waiting = False
            self._transport.unregisterProducer()
        self._drained()

    def stopProducing(self) -> None:
        """The connection is gone."""
        self._queue.clear()
        self.backlog = self._handed = 0

    def finish(self) -> None:
        """See `Output`: the transport closes when this producer is done."""
        self._transport.loseConnection()


@implementer(IPushProducer)
class BufferedOutput:
    """Any other transport: through its `write`, as long as it does not ask to pause."""

    def __init__(self, transport: Any, drained: Callable[[], None]) -> None:
        self.backlog = 0
        self._transport = transport
        self._drained = drained
        self._queue: deque[Any] = deque()
        self._is_paused = False
        transport.registerProducer(self, True)

    def write(self, runs: list[Any], size: int) -> None:
        """See `Output`."""
        if self._is_paused:
            self._queue.extend(runs)
            self.backlog += size
        else:
            self._transport.write(b"".join(runs))

    def pauseProducing(self) -> None:
        """The transport's buffer is full."""
        self._is_paused = True

    def resumeProducing(self) -> None:
        """The transport's buffer is empty: write until it is full again."""
        self._is_paused = False
        while self._queue and not self._is_paused:
            piece = next_piece(self._queue)
            self.backlog -= len(piece)
            self._transport.write(piece)
        self._drained()

    def stopProducing(self) -> None:
        """The connection is gone."""
        self._queue.clear()
        self.backlog = 0

    def finish(self) -> None:
        """See `Output`."""
        self._transport.unregisterProducer()
        self._transport.write(b"".join(self._queue))
        self.stopProducing()
        self._transport.loseConnection()


def rest_of(runs: list[Any], sent: int) -> list[Any]:
    """What is left of `runs` after the first `sent` bytes."""
    for index, run in enumerate(runs):
        if sent < len(run):
            return [memoryview(run)[sent:], *runs[index + 1 :]] if sent else runs[index:]
        sent -= len(run)
    return []


def next_piece(queue: deque[Any]) -> bytes:
    """Take up to 128 KiB off the queue."""
    room = _PIECE
    taken = []
    while queue and room:
        run = queue.popleft()
        if len(run) > room:
            view = memoryview(run)
            queue.appendleft(view[room:])
            run = view[:room]
        taken.append(run)
        room -= len(run)
    return b"".join(taken)
