"""Grants, remembered: asking the authorizer costs more than the request it is asked about."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from rmqtw.net.request import Request
from rmqtw.net.routes import Route

_LIMIT = 65_536


class Grants:
    """Asks an `IAuthorizer` for every access of a request, and remembers what it granted.

    At most `limit` grants are remembered; when there are more, all are forgotten. All are forgotten
    when the authorizer's `version` changes.
    """

    def __init__(self, authorizer: Any, limit: int = _LIMIT) -> None:
        self._authorizer = authorizer
        self._version = authorizer.version
        self._limit = limit
        self._granted: set[Hashable] = set()

    def check(self, route: Route, request: Request[Any]) -> None:
        """Return when every access is granted; raise what the authorizer raises otherwise."""
        if self._authorizer.version != self._version:
            self._forget()
        key: Hashable = None
        if route.names is not None:
            key = (request.principal.name, request.peer.host, route.code, route.names(request.header))
            if key in self._granted:
                return
        for access in route.command.accesses(request.header, request.body):
            self._authorizer.authorize(request.principal, access, request.peer)
        if key is not None:
            self._remember(key)

    def _remember(self, key: Hashable) -> None:
        if len(self._granted) >= self._limit:
            self._granted.clear()
        self._granted.add(key)

    def _forget(self) -> None:
        self._version = self._authorizer.version
        self._granted.clear()
