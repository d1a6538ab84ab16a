"""Listening sockets, bound before anything else is built.

What a broker tells its clients holds its port, and port 0 is only known once it is bound; and a
taken port should be told before a store is opened.
"""

from __future__ import annotations

import errno
import os
import socket
from typing import Any

from rmqtw.declare.settings import BrokerSettings
from rmqtw.tap.errors import StartError

FAST_PORT_BELOW = 2
"""Clients look for the fast port this many ports below the main one (Java: `vipChannelEnabled`)."""

_PAIR_TRIES = 20
_SYSTEM_CAUSES = {
    errno.EADDRINUSE: "is taken",
    errno.EACCES: "may not be used by this user",
    errno.EADDRNOTAVAIL: "is not an address of this machine",
}


class Listener:
    """One bound address; `listen` gives it to the reactor, `close` gives it up."""

    def __init__(self, host: str, port: int, *, what: str, setting: str) -> None:
        """Bind. Raises `StartError` naming the address and the setting that changes it."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        try:
            self._bind(host, port)
        except OSError as problem:
            self._socket.close()
            raise StartError(_refusal(problem, host, port, what, setting)) from None
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        self._port: Any = None

    def _bind(self, host: str, port: int) -> None:
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.setblocking(False)
        self._socket.bind((host, port))
        self._socket.listen(1024)

    def listen(self, reactor: Any, factory: Any) -> None:
        """Accept connections."""
        self._port = reactor.adoptStreamPort(self._socket.fileno(), self._socket.family, factory)
        self._socket.close()

    def close(self) -> Any:
        """Accept no more; a Deferred or None. A second call does nothing."""
        port, self._port = self._port, None
        self._socket.close()
        return None if port is None else port.stopListening()


def _refusal(problem: OSError, host: str, port: int, what: str, setting: str) -> str:
    number = problem.errno or 0
    cause = _SYSTEM_CAUSES.get(number, f"cannot be used: {os.strerror(number)}")
    shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if number == errno.EADDRNOTAVAIL:
        return f"{what}: {shown} {cause}; choose one that is with --bind-address"
    return f"{what}: {shown} {cause}; choose another port with {setting}, or move all with --port-offset N"


def broker_listeners(settings: BrokerSettings) -> tuple[Listener, Listener | None]:
    """A broker's main listener and, where the settings want it, the fast one, both bound or neither.

    Raises `StartError`. With port 0, both are picked together.
    """
    for tries_left in reversed(range(1 if settings.port else _PAIR_TRIES)):
        main = Listener(settings.bind_address, settings.port, what="broker", setting="--listen-port")
        if not settings.fast_port_enable:
            break
        try:
            return main, _fast_listener(settings, main.port)
        except StartError:
            main.close()
            if not tries_left:
                raise
    return main, None


def _fast_listener(settings: BrokerSettings, main_port: int) -> Listener:
    return Listener(
        settings.bind_address, main_port - FAST_PORT_BELOW, what="fast port of the broker",
        setting="--listen-port, two above it",
    )
