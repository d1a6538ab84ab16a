"""A peer: the other end of one connection."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from rmqtw.wire.frames import RemotingCommand
from rmqtw.wire.messages import pack_host

_log = Logger()


class Stream(Protocol):
    """The connection under a peer."""

    def send(self, command: RemotingCommand) -> None:
        """Write one frame at the end of the turn."""

    def write_runs(self, runs: list[Any], size: int) -> None:
        """Write encoded frames, `size` bytes in all, at the end of the turn."""

    def call(self, command: RemotingCommand, timeout: float) -> Deferred[RemotingCommand]:
        """Send a request and wait for the frame that answers it."""

    def close(self, reason: str) -> None:
        """Write what is due, then close."""

    def authenticated(self) -> None:
        """A frame of this peer was authenticated."""


class Peer:
    """The other end of a connection, as verbs see it.

    `address` is `ip:port` (IPv6 in brackets, as Java prints it), `packed` the same as 4 or 16 bytes
    of address and an int32 port, `listener` the name of the listener it came to, `language` and
    `version` what its last request said. `granted` counts nothing: whether a peer may do something
    is for the authorizer alone.
    """

    __slots__ = (
        "_lost_calls", "_stream", "address", "held", "host", "is_authenticated", "is_loopback",
        "is_lost", "language", "listener", "packed", "port", "version",
    )  # fmt: skip

    def __init__(self, host: str, port: int, listener: str, stream: Stream) -> None:
        self.host = host
        self.port = port
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.packed = pack_host(host, port)
        self.is_loopback = is_loopback(host)
        self.listener = listener
        self.language: str | None = None
        self.version = 0
        self.is_authenticated = False
        self.is_lost = False
        self.held: set[Any] = set()
        self._stream = stream
        self._lost_calls: list[Callable[[Peer], Any]] = []

    def __repr__(self) -> str:
        return f"<Peer {self.address} on {self.listener}>"

    def send(self, command: RemotingCommand) -> None:
        """Send a one-way request (or any frame) to the peer; nothing happens when it is gone."""
        if not self.is_lost:
            self._stream.send(command)

    def write_runs(self, runs: list[Any], size: int) -> None:
        """Write encoded frames at the end of the turn; nothing happens when the peer is gone."""
        if not self.is_lost:
            self._stream.write_runs(runs, size)

    def call(self, command: RemotingCommand, timeout: float) -> Deferred[RemotingCommand]:
        """Send a request to the peer; its `opaque` is given here, whatever the command says.

        The Deferred fires with the answering frame, whatever its code. It fails with `CallTimeout`
        when `timeout` seconds pass, with `ConnectionLost` when the peer goes or is gone.
        """
        return self._stream.call(command, timeout)

    def when_lost(self, function: Callable[[Peer], Any]) -> None:
        """Call `function(peer)` once when the connection is gone; at once when it is gone already."""
        if self.is_lost:
            function(self)
        else:
            self._lost_calls.append(function)

    def close(self, reason: str) -> None:
        """Write what is due, then close; `reason` goes to the log."""
        if not self.is_lost:
            self._stream.close(reason)

    def authenticated(self) -> None:
        """The first frame was authenticated: from here on the connection is a known one."""
        self.is_authenticated = True
        self._stream.authenticated()

    def lost(self) -> None:
        """The connection is gone: tell those who asked. Called once, by the connection."""
        self.is_lost = True
        calls, self._lost_calls = self._lost_calls, []
        for function in calls:
            try:
                function(self)
            except Exception:  # the others must hear of it all the same
                _log.failure("A function told that {peer} is gone failed.", peer=self)


def is_loopback(host: str) -> bool:
    """True for 127.0.0.0/8, ::1 and ::ffff:127.x.x.x; False for everything else, names included."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
