"""A listener in memory that answers at once or not at all, for tests of connections."""

from __future__ import annotations

from typing import Any

from zope.interface import implementer

from rmqtw.interfaces.security import IAuthenticator, Principal
from rmqtw.net.dispatch import Dispatch
from rmqtw.net.framing import request_frame
from rmqtw.net.limits import ConnectionLimits
from rmqtw.net.protocol import RemotingFactory, RemotingProtocol
from rmqtw.net.request import HELD, Answer, Held, Request
from rmqtw.net.routes import Route, Routes
from rmqtw.security.loopback import LOOPBACK
from rmqtw.security.policy import Security, loopback_security
from rmqtw.testing.clock import ManualTime
from rmqtw.testing.network import MemoryNetwork
from rmqtw.testing.remoting import RawFactory, RawPeer
from rmqtw.wire.commands import GET_MAX_OFFSET, GET_MIN_OFFSET
from rmqtw.wire.errors import NoPermission
from rmqtw.wire.frames import RemotingCommand
from rmqtw.wire.headers.pull import GetMaxOffsetRequest

ADDRESS = "127.0.0.1:10911"
ECHO, HOLD = 30, 31
"""Request codes: one whose verb answers with the request's body, and one that is held."""


@implementer(IAuthenticator)
class BelieveSecret:
    """An authenticator that trusts no address, and every frame whose extField `secret` is `yes`."""

    def authenticate(self, command: Any, peer: Any) -> Principal:  # noqa: ARG002  the frame decides
        """Return a principal, or raise `NoPermission`."""
        if (command.ext_fields or {}).get("secret") != "yes":
            raise NoPermission("not you")
        return LOOPBACK

    def trusts(self, peer: Any) -> bool:  # noqa: ARG002  nobody
        """Nobody's address is proof."""
        return False


def believing_security() -> Security:
    """The built-in set, but for the authenticator."""
    four = loopback_security(lambda: 0.0)
    return Security(BelieveSecret(), four.authorizer, four.quota, four.audit)


class EchoListener:
    """A listener at `ADDRESS`, and the clients that connect to it.

    `seen` are the requests echoed, `held` those to be answered by the test. Keyword arguments are
    those of `ConnectionLimits`.
    """

    def __init__(self, security: Security | None = None, **limits: Any) -> None:
        self.time = ManualTime()
        self.network = MemoryNetwork(self.time.clock)
        self.held: list[Request[Any]] = []
        self.seen: list[Request[Any]] = []
        routes = Routes(Route(GET_MAX_OFFSET, self._echo), Route(GET_MIN_OFFSET, self._hold))
        seconds = self.time.clock.seconds
        self.dispatch = Dispatch(routes, security or loopback_security(seconds), seconds)
        self.factory = RemotingFactory(
            self.time.clock, self.time.wall, self.dispatch, limits=ConnectionLimits(**limits)
        )
        self.network.listen(ADDRESS, self.factory)
        self._clients = RawFactory()

    def _echo(self, request: Request[Any]) -> Answer:
        self.seen.append(request)
        return Answer(body=request.body)

    def _hold(self, request: Request[Any]) -> Held:
        self.held.append(request)
        return HELD

    def connect(self, source: str = "127.0.0.1") -> RawPeer:
        """Connect one more client from a host."""
        self.network.endpoint(ADDRESS, source).connect(self._clients)
        self.time.settle()
        return self._clients.peers[-1]

    @property
    def connection(self) -> RemotingProtocol:
        """The server's side of the newest connection."""
        return self.factory.connections[-1]

    def stop(self) -> None:
        """Close everything, and assert that nothing is left."""
        closed = self.factory.close()
        self.time.advance(10, steps=10)
        assert closed.called
        assert self.time.clock.getDelayedCalls() == []


def echo_request(body: bytes = b"", opaque: int = 0, code: int = ECHO, **fields: str) -> RemotingCommand:
    """A request that `EchoListener` answers with its body."""
    frame = request_frame(GET_MAX_OFFSET, GetMaxOffsetRequest(topic="T", queue_id=1), body)
    frame.code, frame.opaque = code, opaque
    frame.ext_fields = {**(frame.ext_fields or {}), **fields}
    return frame
