"""Undoing zlib, within bounds: what a peer compressed may be a thousand times larger than it looks."""

from __future__ import annotations

import zlib


class BadStream(ValueError):
    """Bytes are no whole zlib stream, or too large a one. `str()` names the cause."""


def inflate(data: bytes, limit: int) -> bytes:
    """Return what a zlib stream holds.

    Raises `BadStream` for a broken or short stream, and for one that holds more than `limit` bytes,
    of which no more than that is ever inflated.
    """
    stream = zlib.decompressobj()
    try:
        content = stream.decompress(data, limit + 1)
    except zlib.error as problem:
        raise BadStream(f"does not inflate: {problem}") from None
    if len(content) > limit:
        raise BadStream(f"inflates to more than {limit} bytes")
    if not stream.eof:
        raise BadStream("does not inflate: its end is missing")
    return content
