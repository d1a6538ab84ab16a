"""Listening sockets, bound before anything else is built.

What a broker tells its clients holds its port, and port 0 is only known once it is bound; and a
taken port should be told before a store is opened.
"""

from __future__ import annotations

import errno
import os
import socket
from typing import Any

from rmqtw.tap.errors import StartError

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
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.setblocking(False)
        try:
            self._socket.bind((host, port))
            self._socket.listen(1024)
        except OSError as problem:
            self._socket.close()
            cause = _SYSTEM_CAUSES.get(problem.errno or 0, os.strerror(problem.errno or 0))
            raise StartError(
                f"{what}: {host}:{port} {cause}; choose another with {setting}, "
                "or move all ports with --port-offset N"
            ) from None
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        self._port: Any = None

    def listen(self, reactor: Any, factory: Any) -> None:
        """Accept connections."""
        self._port = reactor.adoptStreamPort(self._socket.fileno(), self._socket.family, factory)
        self._socket.close()

    def close(self) -> Any:
        """Accept no more; a Deferred or None."""
        if self._port is None:
            self._socket.close()
            return None
        return self._port.stopListening()
