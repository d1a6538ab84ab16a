"""A network in memory: listeners, connections and faults, on a clock that moves only when told.

    network = MemoryNetwork(time.clock)
    network.listen("10.0.0.1:10911", factory)
    connections = Connections(time.clock, network.endpoint, wall=time.wall)
    ...
    time.settle()

Bytes arrive by `callLater`, in order. Each connection has its own back-pressure: a reader that
pauses makes the writer's transport ask its producer to pause.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

from twisted.internet import error
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, fail
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint, ITransport
from twisted.python.failure import Failure
from zope.interface import implementer

_BUFFER = 64 * 1024


@implementer(ITransport)
class MemoryTransport:
    """One end of a connection. `written` counts bytes; `unread` those on their way to the other end."""

    def __init__(self, network: MemoryNetwork, host: IPv4Address, peer: IPv4Address) -> None:
        self.disconnecting = False
        self.connected = True
        self.written = 0
        self.protocol: Any = None
        self.is_reading = True
        self.other: MemoryTransport
        self._network = network
        self._host = host
        self._peer = peer
        self._out: deque[bytes] = deque()
        self._is_due = False
        self._producer: Any = None
        self._is_full = False

    @property
    def unread(self) -> int:
        """Bytes written here that the other end has not read."""
        return sum(map(len, self._out))

    def getPeer(self) -> IPv4Address:
        """The other end's address."""
        return self._peer

    def getHost(self) -> IPv4Address:
        """This end's address."""
        return self._host

    def write(self, data: bytes) -> None:
        """Send bytes; nothing happens when the connection is gone."""
        if data and self.connected:
            self.written += len(data)
            self._out.extend(self._network.pieces(data))
            if self._producer is not None and not self._is_full and self.unread > _BUFFER:
                self._is_full = True
                self._producer.pauseProducing()
            self.wake()

    def writeSequence(self, data: Iterable[bytes]) -> None:
        """Send several runs of bytes."""
        self.write(b"".join(data))

    def registerProducer(self, producer: Any, streaming: bool) -> None:  # noqa: ARG002  streaming ones only
        """Remember whom to pause when the other end does not read."""
        self._producer = producer

    def unregisterProducer(self) -> None:
        """Forget the producer; a closing connection may now close."""
        self._producer = None
        self.wake()

    def pauseProducing(self) -> None:
        """Read no more."""
        self.is_reading = False

    def resumeProducing(self) -> None:
        """Read again."""
        self.is_reading = True
        self.other.wake()

    def stopProducing(self) -> None:
        """Close."""
        self.loseConnection()

    def loseConnection(self) -> None:
        """Close when everything written has arrived."""
        self.disconnecting = True
        self.wake()

    def abortConnection(self) -> None:
        """Close at once; what was written and has not arrived is lost."""
        self.drop(Failure(ConnectionAborted()))
        self.other.drop(Failure(ConnectionLost()))

    def drop(self, reason: Failure) -> None:
        """The connection is gone."""
        if self.connected:
            self.connected = False
            self._out.clear()
            if self._producer is not None:
                self._producer.stopProducing()
            self._network.later(self.protocol.connectionLost, reason)

    def wake(self) -> None:
        """Something may have to be delivered."""
        if not self._is_due:
            self._is_due = True
            self._network.later(self._deliver)

    def _deliver(self) -> None:
        self._is_due = False
        if not self.connected or self._network.is_frozen(self):
            return
        if self._out and self.other.is_reading:
            self.other.protocol.dataReceived(self._out.popleft())
        if self._out:
            if self.other.is_reading:
                self.wake()
        elif self._is_full:
            self._is_full = False
            self._producer.resumeProducing()
        elif self.disconnecting and self._producer is None:
            self.drop(Failure(ConnectionDone()))
            self.other.drop(Failure(ConnectionDone()))


class MemoryNetwork:
    """Listeners by `ip:port`, and the connections between them.

    `latency` seconds pass before bytes arrive. With `piece`, bytes arrive in pieces of that many.
    """

    def __init__(self, clock: IReactorTime, latency: float = 0.0, piece: int | None = None) -> None:
        self.transports: list[MemoryTransport] = []
        self.latency = latency
        self.piece = piece
        self._clock = clock
        self._listeners: dict[str, Any] = {}
        self._mute: set[str] = set()
        self._frozen: set[str] = set()
        self._next_port = 40_000

    def listen(self, address: str, factory: Any) -> None:
        """Accept connections to `ip:port`."""
        self._listeners[address] = factory

    def refuse(self, address: str) -> None:
        """Refuse further connections, as a machine without the server does. Undone by `listen`."""
        self._listeners.pop(address, None)

    def mute(self, address: str) -> None:
        """Let connections to the address neither succeed nor fail, as a firewall does."""
        self._mute.add(address)

    def unmute(self, address: str) -> None:
        """Undo `mute` for connections made from here on."""
        self._mute.discard(address)

    def freeze(self, address: str) -> None:
        """Hold back everything to and from the address, as a hung machine does."""
        self._frozen.add(address)

    def thaw(self, address: str) -> None:
        """Undo `freeze`: what was held back arrives."""
        self._frozen.discard(address)
        for transport in self.transports:
            transport.wake()

    def cut(self, address: str) -> None:
        """Break all connections to and from the address."""
        for transport in self.transports:
            if address in (_text(transport.getPeer()), _text(transport.getHost())):
                transport.drop(Failure(ConnectionLost()))

    def endpoint(self, address: str, source: str = "127.0.0.1") -> MemoryEndpoint:
        """How to connect to an address, from the host `source`."""
        return MemoryEndpoint(self, address, source)

    def connect(self, address: str, factory: Any, source: str) -> Deferred[Any]:
        """See `IStreamClientEndpoint.connect`."""
        if address in self._mute:
            return Deferred()
        listener = self._listeners.get(address)
        if listener is None:
            return fail(error.ConnectionRefusedError(f"{address} does not listen"))
        self._next_port += 1
        return self._join(listener, factory, _address(f"{source}:{self._next_port}"), _address(address))

    def _join(self, listener: Any, factory: Any, source: IPv4Address, target: IPv4Address) -> Deferred[Any]:
        near, far = MemoryTransport(self, source, target), MemoryTransport(self, target, source)
        near.other, far.other = far, near
        client, server = factory.buildProtocol(target), listener.buildProtocol(source)
        self.transports = [transport for transport in self.transports if transport.connected]
        near.protocol, far.protocol = client, server
        made: Deferred[Any] = Deferred()
        self.later(self._made, near, far, made)
        return made

    def _made(self, near: MemoryTransport, far: MemoryTransport, made: Deferred[Any]) -> None:
        if made.called:  # the caller gave up
            return
        self.transports.append(near)
        near.protocol.makeConnection(near)
        if far.protocol is None:
            near.drop(Failure(ConnectionDone()))
        else:
            self.transports.append(far)
            far.protocol.makeConnection(far)
        made.callback(near.protocol)

    def pieces(self, data: bytes) -> list[bytes]:
        """How bytes arrive."""
        size = self.piece or len(data)
        return [data[start : start + size] for start in range(0, len(data), size)]

    def later(self, function: Any, *arguments: Any) -> None:
        """Do something after the latency."""
        self._clock.callLater(self.latency, function, *arguments)

    def is_frozen(self, transport: MemoryTransport) -> bool:
        """Whether a transport's bytes are held back."""
        return not self._frozen.isdisjoint((_text(transport.getPeer()), _text(transport.getHost())))


@implementer(IStreamClientEndpoint)
class MemoryEndpoint:
    """Connects through a `MemoryNetwork`."""

    def __init__(self, network: MemoryNetwork, address: str, source: str) -> None:
        self._network = network
        self._address = address
        self._source = source

    def connect(self, protocolFactory: Any) -> Deferred[Any]:  # noqa: N803  Twisted's name
        """Connect; fails with `ConnectionRefusedError` when nobody listens."""
        return self._network.connect(self._address, protocolFactory, self._source)


def _address(text: str) -> IPv4Address:
    host, _, port = text.rpartition(":")
    return IPv4Address("TCP", host, int(port))


def _text(address: IPv4Address) -> str:
    return f"{address.host}:{address.port}"
