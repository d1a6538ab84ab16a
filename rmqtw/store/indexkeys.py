"""What the index knows a message by: hashes of its topic with its unique key, and with each of its keys.

Java: `IndexService.buildIndex`, `IndexFile.indexKeyHashMethod`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from operator import mul
from typing import NamedTuple

from rmqtw.wire import properties
from rmqtw.wire.ids import java_hash
from rmqtw.wire.messages import (
    MAGIC_BLANK,
    TRANSACTION_MASK,
    TRANSACTION_ROLLBACK,
    MalformedRecord,
    decode_outline,
    frame_record,
)

_PREFIX = 20  # hex digits of a unique key that one client's keys share
_SHORT = 64  # what follows them in an ordinary unique key has 12
_LOWEST = -(2**31)


class IndexEntry(NamedTuple):
    """One key of one message: where the record starts, when it was stored (milliseconds)."""

    hash: int
    position: int
    time: int


class Scanned(NamedTuple):
    """What a run of log bytes holds for the index; `end` is the position behind the last whole record.

    `needed` are the bytes that the next record has, when they are not all there; `problem` says why reading
    on makes no sense.
    """

    entries: list[IndexEntry]
    end: int
    needed: int = 0
    problem: str | None = None


def key_hash(topic: str, key: str) -> int:
    """The hash that stands for a key of a topic: 0 to 2**31 - 1."""
    value = _signed(_hash_of(topic, key) & 0xFFFFFFFF)
    return 0 if value == _LOWEST else abs(value)


def _hash_of(topic: str, key: str) -> int:
    """Java's hash of `topic#key`, with that of what many keys begin with at hand.

    hash(a + b) = hash(a) * 31 ** len(b) + hash(b), where lengths count UTF-16 units.
    """
    if not _PREFIX < len(key) <= _PREFIX + _SHORT or not key.isascii():
        return java_hash(f"{topic}#{key}")
    weights = _weights(len(key) - _PREFIX)
    rest: int = sum(map(mul, key[_PREFIX:].encode(), weights))
    return _prefix_hash(topic, key[:_PREFIX]) * weights[0] * 31 + rest


def _signed(value: int) -> int:
    return value - 2**32 if value >= 2**31 else value


@lru_cache(maxsize=8192)
def _prefix_hash(topic: str, prefix: str) -> int:
    return java_hash(f"{topic}#{prefix}")


@cache
def _weights(length: int) -> tuple[int, ...]:
    """What each of so many characters counts in the hash."""
    return tuple(pow(31, length - 1 - place, 2**32) for place in range(length))


def keys_of(stored: bytes) -> list[str]:
    """The keys of a message, its unique key first, from its properties as they are stored."""
    found = []
    if (unique := properties.find_text(stored, properties.UNIQ_KEY)) is not None:
        found.append(unique)
    if keys := properties.find_text(stored, properties.KEYS):
        found += [key for key in keys.split(properties.KEY_SEPARATOR) if key]
    return found


def entries_of(record: memoryview) -> list[IndexEntry]:
    """What the index gets for a record: nothing for one that was rolled back. `MalformedRecord`."""
    sys_flag, position, time, topic, stored = decode_outline(record)
    if sys_flag & TRANSACTION_MASK == TRANSACTION_ROLLBACK:
        return []
    return [IndexEntry(key_hash(topic, key), position, time) for key in keys_of(stored)]


def scan(data: bytes, position: int, most: int) -> Scanned:
    """Read up to `most` records from log bytes that start at `position`, where a record or filler does."""
    entries: list[IndexEntry] = []
    view = memoryview(data)
    end = 0
    try:
        for start, stop, magic in _frames(view, most):
            if magic != MAGIC_BLANK:
                if stop > len(view):
                    return Scanned(entries, position + end, needed=stop - start)
                entries += _true_entries(view[start:stop], position + start)
            end = stop
    except MalformedRecord as problem:
        return Scanned(entries, position + end, problem=f"position {position + end}: {problem}")
    return Scanned(entries, position + end)


def _true_entries(record: memoryview, position: int) -> list[IndexEntry]:
    found = entries_of(record)
    if found and found[0].position != position:
        raise MalformedRecord(f"the record says that it lies at {found[0].position}")
    return found


def _frames(view: memoryview, most: int) -> Iterator[tuple[int, int, int]]:
    """(start, end, magic) of each record and filler; the last may reach beyond the bytes."""
    start, length = 0, len(view)
    for _ in range(most):
        if length - start < 8:
            return
        size, magic = frame_record(view, start)
        yield start, start + size, magic
        start += size
        if magic == MAGIC_BLANK:
            return
