"""Java's `String.hashCode()`, which RocketMQ keeps for every tag and every key."""

from __future__ import annotations

from functools import lru_cache
from operator import mul

_CACHED_LENGTH = 128
_CHUNK = 64
_POWERS = tuple(pow(31, _CHUNK - 1 - place, 2**32) for place in range(_CHUNK))
_CHUNK_POWER = pow(31, _CHUNK, 2**32)


def java_hash(text: str) -> int:
    """Return `text.hashCode()` of Java: signed 32 bits, over UTF-16 code units.

    A character beyond U+FFFF counts as its two surrogates. The hash of "" is 0.
    """
    units = text.encode() if text.isascii() else _utf16_units(text)
    value = 0
    for start in range(0, len(units) - len(units) % _CHUNK, _CHUNK):
        value = value * _CHUNK_POWER + sum(map(mul, units[start : start + _CHUNK], _POWERS))
        value &= 0xFFFFFFFF
    rest = len(units) % _CHUNK
    if rest:
        value = value * pow(31, rest, 2**32) + sum(map(mul, units[-rest:], _POWERS[-rest:]))
    return ((value + 0x80000000) & 0xFFFFFFFF) - 0x80000000


def tags_code(tags: str | None) -> int:
    """Return the code that a consume queue keeps for a message's tag: 0 without a tag.

    Java: `MessageExtBrokerInner.tagsString2tagsCode`. Short tags are remembered.
    """
    if not tags:
        return 0
    return _remembered(tags) if len(tags) <= _CACHED_LENGTH else java_hash(tags)


@lru_cache(maxsize=16384)
def _remembered(tags: str) -> int:
    return java_hash(tags)


def _utf16_units(text: str) -> list[int]:
    """UTF-16 code units of a text; lone surrogates count as themselves, as in Java."""
    data = text.encode("utf-16-be", "surrogatepass")
    return [high << 8 | low for high, low in zip(data[::2], data[1::2], strict=True)]
