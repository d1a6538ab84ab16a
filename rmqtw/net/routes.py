"""Routes: which command is served by which verb, in which lane."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from operator import attrgetter
from typing import Any

from rmqtw.declare.access import Action
from rmqtw.net.lanes import Lane
from rmqtw.wire.codes import RequestCode
from rmqtw.wire.commands.command import Command
from rmqtw.wire.frames import TypedReader, typed_reader
from rmqtw.wire.headers.base import RpcRequest

_ADMINISTRATIVE = frozenset({Action.CREATE, Action.UPDATE, Action.DELETE})
# What brokers say all the time by themselves would bury in the audit what somebody did.
_ROUTINE = frozenset(
    {
        RequestCode.REGISTER_BROKER,
        RequestCode.BROKER_HEARTBEAT,
        RequestCode.EXCHANGE_BROKER_HA_INFO,
        RequestCode.CONTROLLER_ALTER_SYNC_STATE_SET,
    }
)

Verb = Callable[[Any], Any]
"""`verb(request) -> Answer | Held | Deferred[Answer]`; may raise `RemotingError`."""


class Route:
    """One command, the verb that serves it, and the lane that bounds it.

    `names(header)` is what decides about the accesses of a request: its values may be remembered.
    None when a function of its body or header decides. `read` reads such a request in one step; None
    when that would lose its namespace.
    """

    __slots__ = ("code", "command", "decode", "is_administrative", "lane", "names", "read", "verb")

    def __init__(self, command: Command[Any, Any], verb: Verb, lane: Lane | None = None) -> None:
        self.command = command
        self.verb = verb
        self.lane = lane or Lane(f"request {int(command.code)}")
        self.code = int(command.code)
        self.decode = command.request.decode
        self.names = _names_of(command)
        self.read = _reader_of(command)
        self.is_administrative = command.action in _ADMINISTRATIVE and self.code not in _ROUTINE


def _names_of(command: Command[Any, Any]) -> Callable[[Any], Hashable] | None:
    if command.resource is not None:
        return _no_names
    if command.from_body is not None or command.from_header is not None:
        return None
    return attrgetter(*(name for name, _ in command.request.named_resources()))


def _reader_of(command: Command[Any, Any]) -> TypedReader | None:
    header = command.request
    return typed_reader(int(command.code), header) if issubclass(header, RpcRequest) else None


def _no_names(_header: Any) -> Hashable:
    return ()


class Routes:
    """What a listener serves. `get(code)` is the route of a request code, or None when it is not served.

    `not_served` names codes that the listener knows and refuses, each with the reason. ValueError
    when a code is there twice.
    """

    def __init__(self, *routes: Route, not_served: Mapping[int, str] | None = None) -> None:
        self._routes: dict[int, Route] = {}
        self.get = self._routes.get
        self.not_served = {int(code): reason for code, reason in (not_served or {}).items()}
        for route in routes:
            if route.code in self._routes or route.code in self.not_served:
                raise ValueError(f"request code {route.code} is in the table twice")
            self._routes[route.code] = route

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes.values())

    def __len__(self) -> int:
        return len(self._routes)

    def without(self, reason: str, *codes: int) -> Routes:
        """The same table, but for `codes`: a listener that serves less, such as the fast port."""
        gone = {int(code) for code in codes}
        kept = [route for route in self if route.code not in gone]
        return Routes(*kept, not_served={**self.not_served, **dict.fromkeys(gone, reason)})
