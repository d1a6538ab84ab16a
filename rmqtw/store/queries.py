"""Questions to log and queues, as plain functions that ask `fetch` for bytes."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Any

from rmqtw.interfaces.storage import (
    Accept,
    Ahead,
    Behind,
    Bounds,
    Empty,
    Found,
    NoMatch,
    NoQueue,
    ReadOutcome,
)
from rmqtw.store.commitlog import CommitLog
from rmqtw.store.errors import StoreDamaged
from rmqtw.store.queues import NO_MESSAGE, UNIT, ConsumeQueue, ConsumeQueues
from rmqtw.store.reading import Fetch
from rmqtw.store.records import is_queued
from rmqtw.wire.messages import (
    BORN_HOST_V6_FLAG,
    MAGIC_BLANK,
    MalformedRecord,
    decode_record,
    frame_record,
)

SCAN_LIMIT = 800
"""Messages that one read looks at when a filter takes none (Java: `maxFilterMessageSize`, 16000 / 20)."""

HEAD_SIZE = 76
"""Enough of a record to hold its store time, whatever its hosts."""

RECORD_LIMIT = 65 * 1024 * 1024
"""Largest record that is looked for at a position somebody made up."""

_SYS_FLAG = Struct(">i")
_LONG = Struct(">q")

Bytes = bytes | memoryview


def outside(bounds: Bounds | None, offset: int) -> ReadOutcome | None:
    """The outcome of a read at an offset where there is nothing to read; None where there is."""
    if bounds is None:
        return NoQueue()
    if offset < bounds.lowest:
        return Behind(bounds)
    if offset == bounds.next:
        return Empty(bounds)
    return Ahead(bounds) if offset > bounds.next else None


def read_queue(
    fetch: Fetch,
    log: CommitLog,
    queue: ConsumeQueue,
    queue_offset: int,
    max_count: int,
    max_bytes: int,
    accept: Accept | None,
) -> ReadOutcome:
    """Read from a queue; see `IStore.read`. `queue_offset` is within the bounds."""
    bounds = queue.bounds()
    scan = max_count if accept is None else max(SCAN_LIMIT, max_count)
    units = queue.units(fetch, queue_offset, max(1, scan))
    picking = Picking(max_count, max_bytes)
    scanned = picking.filter(units, accept, Record(fetch, log)) if accept else picking.take(units)
    if not picking.count:
        return NoMatch(queue_offset + scanned, bounds)
    slices = [fetch_run(fetch, log, position, end - position) for position, end in picking.runs]
    return Found(slices, picking.count, picking.size, queue_offset + scanned, bounds)


class Picking:
    """Chooses messages by their units and joins neighbours in the log to runs [start, end].

    At most `max_count` messages and `max_bytes`, but one at least.
    """

    def __init__(self, max_count: int, max_bytes: int) -> None:
        self.runs: list[list[int]] = []
        self.count = self.size = 0
        self._max_count = max_count
        self._max_bytes = max_bytes

    def take(self, units: Bytes) -> int:
        """Choose all; how many units are dealt with."""
        runs = self.runs
        run_end = -1
        count = total = scanned = 0
        for position, size, _ in UNIT.iter_unpack(units):
            if size == NO_MESSAGE:
                scanned += 1
                continue
            if count and (total + size > self._max_bytes or count >= self._max_count):
                break
            scanned += 1
            if position == run_end:
                runs[-1][1] = run_end = position + size
            else:
                run_end = position + size
                runs.append([position, run_end])
            count += 1
            total += size
        self.count, self.size = count, total
        return scanned

    def filter(self, units: Bytes, accept: Accept, record: Record) -> int:
        """Choose what `accept` takes; how many units are dealt with."""
        scanned = 0
        for position, size, tags_code in UNIT.iter_unpack(units):
            record.position, record.size = position, size
            if size == NO_MESSAGE or not accept(tags_code, record):
                scanned += 1
                continue
            if not self._add(position, size):
                break
            scanned += 1
            if self.count == self._max_count:
                break
        return scanned

    def _add(self, position: int, size: int) -> bool:
        """Add a message; False when there is no room for it."""
        if self.count and self.size + size > self._max_bytes:
            return False
        if self.runs and self.runs[-1][1] == position:
            self.runs[-1][1] = position + size
        else:
            self.runs.append([position, position + size])
        self.count += 1
        self.size += size
        return True


class Record:
    """What a filter calls to see a whole record; it is moved along from message to message."""

    __slots__ = ("_fetch", "_log", "position", "size")

    def __init__(self, fetch: Fetch, log: CommitLog) -> None:
        self._fetch = fetch
        self._log = log
        self.position = self.size = 0

    def __call__(self) -> Bytes:
        """The record's bytes."""
        return fetch_run(self._fetch, self._log, self.position, self.size)


def fetch_run(fetch: Fetch, log: CommitLog, position: int, size: int) -> Bytes:
    """Bytes of the log that lie in one file. Raises `StoreDamaged` where the log does not have them."""
    segment = log.segments.at(position)
    if segment is not None and position + size <= segment.end:
        data = fetch(segment.file, position - segment.start, size)
        if len(data) == size:
            return data
    raise StoreDamaged("commitlog", f"does not hold the {size} bytes at {position} that a queue points to")


def find_time(fetch: Fetch, log: CommitLog, queue: ConsumeQueue, timestamp: int, upper: bool) -> int:
    """The offset for a time; see `IStore.find_time`."""
    bounds = queue.bounds()
    if not upper:
        return first_since(lambda offset: store_time(fetch, log, queue, offset), bounds, timestamp)
    after = first_since(lambda offset: store_time(fetch, log, queue, offset), bounds, timestamp + 1)
    return max(bounds.lowest, after - 1)


def first_since(time_of: Callable[[int], int], bounds: Bounds, timestamp: int) -> int:
    """The first offset whose time is `timestamp` or later; `bounds.next` without one."""
    low, high = bounds.lowest, bounds.next
    while low < high:
        middle = (low + high) // 2
        if time_of(middle) < timestamp:
            low = middle + 1
        else:
            high = middle
    return low


def store_time(fetch: Fetch, log: CommitLog, queue: ConsumeQueue, offset: int) -> int:
    """When the message at `offset`, or the next one there is, was stored; milliseconds."""
    position, size, _ = queue.unit(fetch, offset)
    while size == NO_MESSAGE:
        offset += 1
        position, size, _ = queue.unit(fetch, offset)
    return time_in(fetch_run(fetch, log, position, min(size, HEAD_SIZE)))


def time_in(head: Bytes) -> int:
    """The store time in the first bytes of a record, milliseconds."""
    (sys_flag,) = _SYS_FLAG.unpack_from(head, 36)
    (timestamp,) = _LONG.unpack_from(head, 68 if sys_flag & BORN_HOST_V6_FLAG else 56)
    return int(timestamp)


def stored_at(file: Any) -> int:
    """When the first message of a log file was stored; 0 for a file without one. For chores."""
    head = file.read(0, HEAD_SIZE)
    try:
        size, magic = frame_record(head)
    except MalformedRecord:
        return 0
    return 0 if magic == MAGIC_BLANK or size < HEAD_SIZE or len(head) < HEAD_SIZE else time_in(head)


def slice_log(fetch: Fetch, log: CommitLog, position: int, size: int) -> Bytes:
    """Raw bytes; see `IStore.slice`."""
    if not log.start <= position <= log.written:
        raise ValueError(f"position {position} is outside of the log, {log.start} to {log.written}")
    parts = [fetch(*run) for run in log.runs(position, size)]
    return parts[0] if len(parts) == 1 else b"".join(parts)


def record_at(fetch: Fetch, log: CommitLog, queues: ConsumeQueues, position: int) -> Bytes | None:
    """The record at a position that anybody may have made up; see `IStore.record_at`.

    Only what a queue points to is a record: the body of a message may look like one.
    """
    if not log.start <= position < log.written:
        return None
    try:
        size, magic = frame_record(slice_log(fetch, log, position, 8))
        if magic == MAGIC_BLANK or size > min(RECORD_LIMIT, log.written - position):
            return None
        record = slice_log(fetch, log, position, size)
        message = decode_record(record)
    except MalformedRecord:
        return None
    queue = queues.get(message.topic, message.queue_id)
    offset = message.queue_offset
    if queue is None or not is_queued(message.sys_flag) or not queue.lowest <= offset < queue.visible:
        return None
    return record if queue.unit(fetch, offset)[:2] == (position, size) else None
