"""What a client's calls fail with, beside `wire.errors.RemotingError`."""

from __future__ import annotations

from collections.abc import Iterable

from twisted.internet.error import ConnectError, ConnectionClosed, DNSLookupError

from rmqtw.net.connections import CallTimeout, ConnectionBusy

UNREACHABLE = (CallTimeout, ConnectError, ConnectionBusy, ConnectionClosed, DNSLookupError)
"""What a call to a server fails with when no answer came."""


def cause_of(problem: object) -> str:
    """What went wrong, as the beginning of a longer line."""
    return str(problem).rstrip(".")


class ClientError(Exception):
    """A call cannot succeed. `str()` is one line: the cause and the next step."""


class NoNameserver(ClientError):
    """No nameserver answered."""

    def __init__(self, addresses: Iterable[str], last: object) -> None:
        listed = ", ".join(addresses) or "no address is given"
        super().__init__(f"no nameserver answers ({listed}): {cause_of(last)}; is one running there?")


class NoRoute(ClientError):
    """No broker serves the topic."""

    def __init__(self, topic: str, cause: str) -> None:
        super().__init__(f"topic {topic} {cause}")
        self.topic = topic


class NoBroker(ClientError):
    """A broker could not be reached."""

    def __init__(self, broker_name: str, cause: object) -> None:
        super().__init__(f"broker {broker_name} cannot be reached: {cause_of(cause)}; is it running?")
        self.broker_name = broker_name
