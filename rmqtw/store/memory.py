"""The store in memory: the same promises, none of the files. For tests and brokers that keep nothing."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from twisted.internet.defer import Deferred, execute, succeed
from zope.interface import implementer

from rmqtw.interfaces.storage import (
    Accept,
    Appended,
    Bounds,
    Found,
    IRetention,
    IStore,
    Keyed,
    Listener,
    NoMatch,
    ReadOutcome,
    Waiter,
)
from rmqtw.store.indexkeys import entries_of, keys_of
from rmqtw.store.queries import first_since, outside
from rmqtw.store.records import is_queued, tags_code_by
from rmqtw.store.waiters import Waiters
from rmqtw.wire.errors import MessageIllegal, ServiceNotAvailable
from rmqtw.wire.messages import (
    MalformedRecord,
    Message,
    StoredMessage,
    decode_record,
    encode_record,
    record_size,
    split_records,
)


class Kept(NamedTuple):
    """One message of a queue."""

    record: bytes
    appended: Appended


@implementer(IStore, IRetention)
class MemoryStore:
    """Messages in lists, see `IStore`. Its log starts at 0 and has no files, so no fillers.

    `wall()` is milliseconds of the wall clock; `end_of_turn` as in `FileStore`.
    """

    def __init__(
        self, wall: Callable[[], int], end_of_turn: Any, *, max_record_size: int = 4 * 1024 * 1024 + 64 * 1024
    ) -> None:
        self._wall = wall
        self._end_of_turn = end_of_turn
        self._largest = max_record_size
        self._log = bytearray()
        self._starts: list[int] = []
        self._queued: list[bool] = []
        self.readable = 0
        self._queues: dict[tuple[str, int], list[Kept]] = {}
        self._lowest: dict[tuple[str, int], int] = {}
        self._visible: dict[tuple[str, int], int] = {}
        self._batch: list[Appended] = []
        self._listeners: list[Listener] = []
        self._waiters = Waiters()
        self._scheduled = False
        self._stopped = False
        self._tags_code = tags_code_by()

    def start(self) -> None:
        """Nothing has to be opened."""

    def stop(self) -> Deferred[None]:
        """End the turn; what is appended later is refused. A Deferred of None."""
        self._end_turn()
        self._stopped = True
        return execute(lambda: None)

    def append(self, messages: Sequence[Message]) -> list[Appended]:
        if self._stopped:
            raise ServiceNotAvailable("the store is stopping")
        for message in messages:
            if (size := record_size(message)) > self._largest:
                raise MessageIllegal(f"the record would have {size} bytes, the limit is {self._largest}")
        now = self._wall()
        encoded = self._encode(messages, now)
        pairs = zip(messages, encoded, strict=True)
        appended = [self._keep(message, record, now) for message, record in pairs]
        self._batch += appended
        self._schedule()
        return appended

    def _encode(self, messages: Sequence[Message], now: int) -> list[bytes]:
        """All records, before any is kept: one that cannot be encoded must leave nothing behind."""
        position = len(self._log)
        offsets: dict[tuple[str, int], int] = {}
        records = []
        for message in messages:
            key = (message.topic, message.queue_id)
            offset = offsets.get(key, self._next(key)) if is_queued(message.sys_flag) else 0
            records.append(b"".join(encode_record(message, offset, position, now)))
            position += len(records[-1])
            if is_queued(message.sys_flag):
                offsets[key] = offset + 1
        return records

    def _next(self, key: tuple[str, int]) -> int:
        return self._lowest.get(key, 0) + len(self._queues.get(key, ()))

    def _keep(self, message: Message, record: bytes, now: int) -> Appended:
        key = (message.topic, message.queue_id)
        queued = is_queued(message.sys_flag)
        offset = self._next(key) if queued else 0
        appended = Appended(*key, offset, len(self._log), len(record), message.tags_code, now)
        self._starts.append(len(self._log))
        self._queued.append(queued)
        self._log += record
        if queued:
            self._queues.setdefault(key, []).append(Kept(record, appended))
        return appended

    def append_raw(self, position: int, data: bytes) -> None:
        if position != len(self._log):
            raise ValueError(f"position {position} is not the log's end, {len(self._log)}")
        try:
            records = [(decode_record(record), bytes(record)) for record in split_records(data)]
        except MalformedRecord as problem:
            raise ValueError(f"no whole records from {position} on: {problem}") from None
        self._check_raw([message for message, _ in records], position)
        for message, record in records:
            self._keep_raw(message, record)
        self._schedule()

    def _check_raw(self, messages: list[StoredMessage], position: int) -> None:
        due: dict[tuple[str, int], int] = {}
        for message in messages:
            key = (message.topic, message.queue_id)
            if message.position != position:
                raise ValueError(f"the record at {position} says that it lies at {message.position}")
            if is_queued(message.sys_flag):
                if message.queue_offset < due.get(key, self._next(key)):
                    raise ValueError(f"the record at {position} has an offset out of order")
                due[key] = message.queue_offset + 1
            position += message.size

    def _keep_raw(self, message: StoredMessage, record: bytes) -> None:
        key = (message.topic, message.queue_id)
        if is_queued(message.sys_flag) and not self._queues.get(key):
            self._lowest[key] = message.queue_offset
        message.tags_code = self._tags_code(message)
        self._batch.append(self._keep(message, record, message.store_timestamp))

    def when_durable(self, position: int, waiter: Waiter, *, flush: bool) -> None:
        del flush  # memory is as durable as it gets
        self._waiters.add(position, waiter)
        self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._end_of_turn.schedule(self._end_turn)

    def _end_turn(self) -> None:
        self._scheduled = False
        self.readable = len(self._log)
        batch, self._batch = self._batch, []
        for one in batch:
            self._visible[one.topic, one.queue_id] = self._next((one.topic, one.queue_id))
        self._waiters.release(self.readable)
        for listener in self._listeners if batch else ():
            listener(batch)

    def read(
        self,
        topic: str,
        queue_id: int,
        queue_offset: int,
        max_count: int,
        max_bytes: int,
        accept: Accept | None = None,
    ) -> Any:
        bounds = self.bounds(topic, queue_id)
        nothing = outside(bounds, queue_offset)
        if nothing is not None or bounds is None:
            return nothing
        queue = self._queues[topic, queue_id][: bounds.next - bounds.lowest]
        return _read(queue, bounds, queue_offset, max_count, max_bytes, accept)

    def slice(self, position: int, size: int) -> Any:
        if not 0 <= position <= self.readable:
            raise ValueError(f"position {position} is outside of the log, 0 to {self.readable}")
        return bytes(self._log[position : min(position + size, self.readable)])

    def record_at(self, position: int) -> Any:
        place = bisect_left(self._starts, position)
        if position >= self.readable or place == len(self._starts) or self._starts[place] != position:
            return None
        end = self._starts[place + 1] if place + 1 < len(self._starts) else len(self._log)
        return bytes(self._log[position:end]) if self._queued[place] else None

    def bounds(self, topic: str, queue_id: int) -> Bounds | None:
        visible = self._visible.get((topic, queue_id))
        return Bounds(self._lowest.get((topic, queue_id), 0), visible) if visible else None

    def find_time(self, topic: str, queue_id: int, timestamp: int, *, upper: bool = False) -> Any:
        bounds = self.bounds(topic, queue_id)
        if bounds is None:
            return 0
        queue = self._queues[topic, queue_id]
        times = [kept.appended.store_timestamp for kept in queue]
        if not upper:
            return first_since(lambda offset: times[offset - bounds.lowest], bounds, timestamp)
        after = first_since(lambda offset: times[offset - bounds.lowest], bounds, timestamp + 1)
        return max(bounds.lowest, after - 1)

    def find_key(self, topic: str, key: str, max_count: int, begin: int, end: int) -> Any:
        found: list[bytes | memoryview] = []
        last = (0, 0)
        for place in reversed(range(bisect_left(self._starts, self.readable))):
            record = self._record(place)
            if not entries_of(record):
                continue
            message = decode_record(record, check_crc=False)
            last = last if any(last) else (message.position, message.store_timestamp)
            matches = message.topic == topic and key in keys_of(message.properties)
            if matches and begin <= message.store_timestamp <= end and len(found) < max_count:
                found.append(bytes(record))
        return Keyed(found, *last)

    def _record(self, place: int) -> memoryview:
        end = self._starts[place + 1] if place + 1 < len(self._starts) else len(self._log)
        return memoryview(bytes(self._log[self._starts[place] : end]))

    def delete_expired(self) -> Deferred[int]:
        """Nothing is old here: what has no files has no age."""
        return succeed(0)

    def clean_queues(self) -> Deferred[int]:
        """Every queue has its messages."""
        return succeed(0)

    def remove_topics(self, unused: Callable[[str], bool]) -> Deferred[int]:
        self._end_turn()
        gone = {topic for topic, _ in self._queues if unused(topic)}
        for table in (self._queues, self._lowest, self._visible):
            for key in [key for key in table if key[0] in gone]:
                del table[key]
        return succeed(len(gone))

    def truncate(self, position: int) -> Deferred[None]:
        return execute(self._truncate, position)

    def _truncate(self, position: int) -> None:
        self._end_turn()
        if position not in (*self._starts, len(self._log)):
            raise ValueError(f"position {position} is no place between two records of the log")
        count = bisect_left(self._starts, position)
        del self._starts[count:], self._queued[count:], self._log[position:]
        self.readable = position
        for key, queue in self._queues.items():
            self._queues[key] = [kept for kept in queue if kept.appended.position < position]
            self._visible[key] = self._next(key)

    def epochs(self) -> Sequence[tuple[int, int]]:
        return ()

    def subscribe(self, listener: Listener) -> None:
        self._listeners.append(listener)


def _read(
    queue: list[Kept], bounds: Bounds, offset: int, max_count: int, max_bytes: int, accept: Accept | None
) -> ReadOutcome:
    slices: list[bytes] = []
    size = 0
    for kept in queue[offset - bounds.lowest :]:
        record = kept.record
        if accept is None or accept(kept.appended.tags_code, lambda record=record: record):  # type: ignore[misc]
            if slices and size + len(record) > max_bytes:
                break
            slices.append(record)
            size += len(record)
        offset += 1
        if len(slices) == max_count:
            break
    return Found(slices, len(slices), size, offset, bounds) if slices else NoMatch(offset, bounds)
