"""Message ids, unique keys and Java's string hash."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo

from rmqtw.filters.javahash import java_hash, tags_code

__all__ = [
    "UniqueKeys",
    "java_hash",
    "offset_message_id",
    "parse_offset_message_id",
    "tags_code",
]

_HOST_LENGTHS = (8, 20)


def offset_message_id(store_host: bytes, position: int) -> str:
    """Return the id a broker gives a message: packed store host and log position, upper hex.

    32 digits for IPv4, 56 for IPv6 (Java: `MessageDecoder.createMessageId`).
    """
    return (store_host + position.to_bytes(8, "big", signed=True)).hex().upper()


def parse_offset_message_id(message_id: str) -> tuple[bytes, int]:
    """Return (packed store host, log position) of an offset message id.

    Raises `ValueError` naming the id's length when it is none.
    """
    try:
        data = bytes.fromhex(message_id) if message_id.isalnum() else b""
    except ValueError:
        data = b""
    if len(data) - 8 not in _HOST_LENGTHS:
        raise ValueError(
            f"not an offset message id: {len(message_id)} characters given, 32 or 56 hex digits expected"
        )
    return data[:-8], int.from_bytes(data[-8:], "big", signed=True)


class UniqueKeys:
    """Makes the unique keys of a client, of the shape Java's `MessageClientIDSetter` makes.

    Upper hex of: `ip` (4 or 16 bytes), `pid` (16 bits), `salt` (32 bits; Java: hash of the class
    loader), milliseconds since the month began (32 bits), a counter (16 bits). Keys of one object
    differ as long as it makes fewer than 65,536 a millisecond. `wall()` is milliseconds of the wall
    clock; mqadmin reads the time back from a key in its local zone, hence `zone` (None: local).
    """

    def __init__(
        self, ip: bytes, pid: int, wall: Callable[[], int], *, salt: int = 0, zone: tzinfo | None = None
    ) -> None:
        if len(ip) not in (4, 16):
            raise ValueError(f"an IP address has 4 or 16 bytes, not {len(ip)}")
        fixed = ip + (pid & 0xFFFF).to_bytes(2, "big") + (salt & 0xFFFFFFFF).to_bytes(4, "big")
        self._prefix = fixed.hex().upper()
        self._wall = wall
        self._zone = zone
        self._counter = 0
        self._month_start, self._month_end = _month(wall(), zone)

    def next(self) -> str:
        """Return a new key: 32 digits for IPv4, 56 for IPv6."""
        now = self._wall()
        if not self._month_start <= now < self._month_end:
            self._month_start, self._month_end = _month(now, self._zone)
        counter = self._counter
        self._counter = (counter + 1) & 0xFFFF
        return f"{self._prefix}{(now - self._month_start) & 0xFFFFFFFF:08X}{counter:04X}"


def _month(now: int, zone: tzinfo | None) -> tuple[int, int]:
    """Start and end, in milliseconds, of the month that `now` is in."""
    start = datetime.fromtimestamp(now / 1000, zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    years, month = divmod(start.month, 12)
    end = start.replace(year=start.year + years, month=month + 1)
    return int(start.timestamp() * 1000), int(end.timestamp() * 1000)
