"""Searching the index: a plain function that asks `fetch` for bytes.

The index knows hashes only, and may know of messages that are gone: what it points to is read from the
log, and counts when it is a message of that topic with that key.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rmqtw.interfaces.storage import Keyed
from rmqtw.store.commitlog import CommitLog
from rmqtw.store.errors import StoreDamaged
from rmqtw.store.indexfile import IndexFile
from rmqtw.store.indexkeys import key_hash, keys_of
from rmqtw.store.queries import RECORD_LIMIT, fetch_run
from rmqtw.store.reading import Fetch
from rmqtw.wire.messages import (
    MAGIC_BLANK,
    MalformedRecord,
    StoredMessage,
    decode_record,
    frame_record,
)

SECOND = 1000
"""Milliseconds that an entry's time may be off: it counts whole seconds."""


def find_key(
    fetch: Fetch, log: CommitLog, files: Sequence[IndexFile], topic: str, key: str, max_count: int,
    begin: int, end: int,
) -> Keyed:  # fmt: skip
    """Find messages by key; see `IStore.find_key`. `files` are the oldest first."""
    records: list[bytes | memoryview] = []
    seen: set[int] = set()
    for position in candidates(fetch, files, key_hash(topic, key), begin, end):
        if len(records) >= max_count:
            break
        if position in seen:  # it was indexed twice, before and after a kill
            continue
        seen.add(position)
        record = record_with(fetch, log, position, topic, key, begin, end)
        if record is not None:
            records.append(record)
    last = next((one.header for one in reversed(files) if one.header.count > 1), None)
    return Keyed(records, last.end, last.end_time) if last is not None else Keyed(records, 0, 0)


def candidates(
    fetch: Fetch, files: Sequence[IndexFile], hashed: int, begin: int, end: int
) -> Iterator[int]:
    """Positions that the index has for a hash, the newest first; times are exact to a second only."""
    for one in reversed(files):
        start = one.header.begin_time
        if one is not files[-1] and (one.header.end_time < begin or start > end):
            continue
        for position, seconds in one.positions(fetch, hashed):
            stored = start + seconds * SECOND
            if begin - SECOND <= stored <= end or start <= 0:
                yield position


def record_with(
    fetch: Fetch, log: CommitLog, position: int, topic: str, key: str, begin: int, end: int
) -> bytes | memoryview | None:
    """The record at a position, if it has that key and was stored in that time."""
    try:
        record = whole_record(fetch, log, position)
        message = decode_record(record) if record is not None else None
    except (MalformedRecord, StoreDamaged):
        return None
    if message is None or not _has_key(message, topic, key):
        return None
    return record if begin <= message.store_timestamp <= end and message.position == position else None


def whole_record(fetch: Fetch, log: CommitLog, position: int) -> bytes | memoryview | None:
    """The bytes of the record that starts at a position which the index names; None for no record."""
    if not log.start <= position <= log.written - 8:
        return None
    size, magic = frame_record(fetch_run(fetch, log, position, 8))
    if magic == MAGIC_BLANK or size > min(RECORD_LIMIT, log.written - position):
        return None
    return fetch_run(fetch, log, position, size)


def _has_key(message: StoredMessage, topic: str, key: str) -> bool:
    return message.topic == topic and key in keys_of(message.properties)
