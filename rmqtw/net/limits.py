"""The limits of a listener's connections."""

from __future__ import annotations

from typing import Any

import attrs

from rmqtw.wire.frames import FRAME_LIMIT

_MIB = 1024 * 1024


def _positive(_instance: object, attribute: attrs.Attribute[Any], value: float) -> None:
    if value <= 0:
        raise ValueError(f"{attribute.name} must be more than 0, not {value}")


@attrs.frozen(kw_only=True)
class ConnectionLimits:
    """What one connection, and all of them, may take. ValueError for anything not positive.

    `connections`: open at a time; one more is closed as soon as it is accepted.
    `unauthenticated`: of those, without an authenticated frame; one more closes the oldest.
    `unauthenticated_bytes`: longest frame of a peer before its first authenticated one.
    `unauthenticated_seconds`: how long a peer has for that frame.
    `idle_seconds`: without a byte read or written, a connection is closed (Java: 120).
    `frame_bytes`: longest frame, its length field included.
    `backlog_pause`: bytes waiting to be written at which no more requests are read from the peer;
    reading resumes at half of it.
    `backlog_close`: bytes waiting at which the connection is closed.
    `closing_seconds`: how long a closing connection may take to write what is due.
    """

    connections: int = attrs.field(default=10_000, validator=_positive)
    unauthenticated: int = attrs.field(default=1024, validator=_positive)
    unauthenticated_bytes: int = attrs.field(default=64 * 1024, validator=_positive)
    unauthenticated_seconds: float = attrs.field(default=10.0, validator=_positive)
    idle_seconds: float = attrs.field(default=120.0, validator=_positive)
    frame_bytes: int = attrs.field(default=FRAME_LIMIT, validator=_positive)
    backlog_pause: int = attrs.field(default=4 * _MIB, validator=_positive)
    backlog_close: int = attrs.field(default=64 * _MIB, validator=_positive)
    closing_seconds: float = attrs.field(default=5.0, validator=_positive)
