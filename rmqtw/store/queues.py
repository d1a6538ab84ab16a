"""Consume queues: for each topic and queue the place, size and tags code of its messages.

A unit is 20 bytes, big endian: position 8, size 4, tags code 8 (Java: `ConsumeQueue`), the n-th unit
of a queue belongs to its n-th message. Units collect in memory, readable once the reactor turn's
records are written, and go to the files a few times a second. They can be made again from the log.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Any

import attrs

from rmqtw.interfaces.storage import Bounds, IFiles
from rmqtw.store.reading import Fetch, read_now
from rmqtw.store.segments import Segment, Segments, clear_after
from rmqtw.wire.names import path_name

FOLDER = "consumequeue"
UNIT = Struct(">qiq")
UNIT_SIZE = 20
NO_MESSAGE = 0x7FFFFFFF
"""The size in units that stand for no message (Java: `ConsumeQueue.fillPreBlank`)."""

WINDOW = 200
"""Units of a queue that recovery reads at once."""

_pack = UNIT.pack
_NO_WINDOW = (0, b"")
_NOTHING = _pack(0, NO_MESSAGE, 0)


class ConsumeQueue:
    """One queue. Offsets count messages.

    `next` is the offset of the next message appended, `visible` of the next one that readers see,
    `stored` of the first that is in memory only.
    """

    __slots__ = (
        "_pending", "_segments", "_window", "lowest", "next", "queue_id", "stored", "topic", "unsynced",
        "visible",
    )  # fmt: skip

    def __init__(self, topic: str, queue_id: int, segments: Segments) -> None:
        self.topic = topic
        self.queue_id = queue_id
        self.lowest = self.next = self.visible = self.stored = 0
        self.unsynced: set[Any] = set()
        """Files with units that were not synced."""
        self._segments = segments
        self._pending = bytearray()
        self._window = _NO_WINDOW

    def load(self, log_start: int) -> None:
        """Find the bounds in the files: no unit is left out, none points below `log_start`."""
        self._segments.load()
        self.lowest = self._segments.start // UNIT_SIZE
        self.next = self.visible = self.stored = self._count()
        self.drop_below(log_start)

    def bounds(self) -> Bounds:
        """What readers may read."""
        return Bounds(self.lowest, self.visible)

    def put(self, position: int, size: int, tags_code: int) -> None:
        """Add the unit of the message at offset `next`."""
        self._pending += _pack(position, size, tags_code)
        self.next += 1

    def take_back(self) -> None:
        """Take back the last `put`."""
        del self._pending[-UNIT_SIZE:]
        self.next -= 1

    def show(self) -> None:
        """Let readers see everything."""
        self.visible = self.next

    def hide(self) -> None:
        """Forget what readers have not seen."""
        self.next = self.visible
        del self._pending[(self.next - self.stored) * UNIT_SIZE :]

    def units(self, fetch: Fetch, offset: int, count: int) -> bytes | memoryview:
        """Up to `count` units from `offset` on, at least one when there is one; nothing unwritten."""
        count = min(count, self.visible - offset)
        if count <= 0:
            return b""
        if offset >= self.stored:
            start = (offset - self.stored) * UNIT_SIZE
            return bytes(self._pending[start : start + count * UNIT_SIZE])
        in_files = min(count, self.stored - offset)
        found = self._stored_units(fetch, offset, in_files)
        if count > in_files and len(found) == in_files * UNIT_SIZE:
            return bytes(found) + bytes(self._pending[: (count - in_files) * UNIT_SIZE])
        return found

    def _stored_units(self, fetch: Fetch, offset: int, count: int) -> bytes | memoryview:
        start = offset * UNIT_SIZE
        segment = self._segments.at(start)
        if segment is None:
            return b""
        return fetch(segment.file, start - segment.start, min(count * UNIT_SIZE, segment.end - start))

    def unit(self, fetch: Fetch, offset: int) -> tuple[int, int, int]:
        """(position, size, tags code) of one message within the bounds."""
        position, size, tags_code = UNIT.unpack(self.units(fetch, offset, 1))
        return position, size, tags_code

    def pending(self) -> tuple[int, bytes]:
        """(offset of the first, units) of what readers see and the files do not have."""
        return self.stored, bytes(self._pending[: (self.visible - self.stored) * UNIT_SIZE])

    def write(self, offset: int, units: bytes) -> None:
        """Write units to the files; any thread may, one at a time."""
        start = offset * UNIT_SIZE
        view = memoryview(units)
        while view:
            segment = self._segment_for(start)
            part = view[: segment.end - start]
            segment.file.write(start - segment.start, [part])
            self.unsynced.add(segment.file)
            view = view[len(part) :]
            start += len(part)

    def _segment_for(self, start: int) -> Any:
        segment = self._segments.at(start)
        if segment is None:
            segment = self._segments.create(start - start % self._segments.size)
            self.unsynced.add(segment.file)
        return segment

    def written(self, count: int) -> None:
        """`count` units of what was pending are in the files now."""
        self.stored += count
        del self._pending[: count * UNIT_SIZE]
        self._window = _NO_WINDOW

    def sync(self) -> None:
        """Make the files' units and names survive a power loss; any thread may, one at a time."""
        files, self.unsynced = self.unsynced, set()
        for file in files:
            file.sync()
        if files:
            self._segments.sync_names()

    def rebuild(self, offset: int, position: int, size: int, tags_code: int) -> bool:
        """Make sure, while the store starts, that this is the unit at `offset`; False when it was.

        What the files had there is overwritten; offsets without a message get empty units.
        """
        if offset < self.lowest or (self.stored <= offset < self.next):
            return False
        unit = _pack(position, size, tags_code)
        if offset < self.stored:
            if self._known(offset) == unit:
                return False
            self.write(offset, unit)
            self._window = _NO_WINDOW
            return True
        self.skip_to(offset)
        self._pending += unit
        self.next = self.visible = offset + 1
        return True

    def _known(self, offset: int) -> bytes:
        """The unit that the files have at `offset`; its neighbours are kept at hand."""
        start, units = self._window
        if not start <= offset < start + len(units) // UNIT_SIZE:
            start, units = offset, bytes(self.units(read_now, offset, WINDOW))
            self._window = start, units
            self.unsynced.add(self._segment_for(offset * UNIT_SIZE).file)  # a killed process wrote it
        place = (offset - start) * UNIT_SIZE
        return units[place : place + UNIT_SIZE]

    def skip_to(self, offset: int) -> None:
        """Let `offset`, not less than `next`, be the next one; readers skip what has no message."""
        if self.next == self.lowest < offset:
            self._begin_at(offset)
        self._pending += _NOTHING * (offset - self.next)
        self.next = offset

    def can_hold(self, offset: int) -> bool:
        """Whether a unit at `offset` would leave no gap longer than a file."""
        return offset - self.next <= self._segments.size // UNIT_SIZE or self.next == self.lowest

    def _begin_at(self, offset: int) -> None:
        """An empty queue begins at `offset`: what lies before it in its file is no message."""
        first = offset - offset % (self._segments.size // UNIT_SIZE)
        if self._segments.at(first * UNIT_SIZE) is None:
            self._segments.drop_after(0)
        self.lowest = self.visible = offset
        self.next = self.stored = first

    def cut(self, offset: int) -> int:
        """Forget the messages from `offset` on, in the files as well; how many that were."""
        lost = max(0, self.next - offset)
        self.next = self.visible = min(self.next, max(offset, self.lowest))
        self.stored = min(self.stored, self.next)
        del self._pending[(self.next - self.stored) * UNIT_SIZE :]
        self.clear_rest()
        return lost

    def clear_rest(self) -> None:
        """Leave nothing behind the last unit in the files: it would be taken for units later."""
        start = self.stored * UNIT_SIZE
        segment = self._segments.at(start)
        if segment is not None and clear_after(segment.file, start - segment.start):
            self.unsynced.add(segment.file)
        for dropped in self._segments.drop_after(segment.end if segment is not None else start):
            self.unsynced.discard(dropped.file)

    def cut_log(self, position: int) -> int:
        """Forget the messages whose records start at `position` or behind; how many that were."""
        low, high = self.lowest, self.next
        while low < high:
            middle = (low + high) // 2
            found, size, _ = self.unit(read_now, middle)
            if found >= position and size != NO_MESSAGE:
                high = middle
            else:
                low = middle + 1
        return self.cut(low) if low < self.next else 0

    def first_since(self, log_start: int) -> int:
        """The first offset, of those in the files, whose record is not below `log_start`; any thread may.

        Offsets behind those in the files are not looked at.
        """
        low, high = self.lowest, self.stored
        while low < high:
            middle = (low + high) // 2
            units = self._stored_units(read_now, middle, 1)
            position, size, _ = UNIT.unpack(units) if units else (0, NO_MESSAGE, 0)
            if position < log_start or size == NO_MESSAGE:
                low = middle + 1
            else:
                high = middle
        return low

    def raise_lowest(self, offset: int) -> list[Segment]:
        """Let readers begin at `offset`; the files that are of no use any more, for `remove_taken`."""
        self.lowest = max(self.lowest, min(offset, self.visible))
        self._window = _NO_WINDOW
        taken = self._segments.take_before(min(self.lowest, self.stored) * UNIT_SIZE)
        self.unsynced.difference_update(segment.file for segment in taken)
        return taken

    def remove_taken(self, taken: list[Segment]) -> None:
        """Remove these files from the disk; any thread may."""
        self._segments.remove_taken(taken)

    def take_all(self, aside: str) -> list[str]:
        """Give up the queue: its files are moved to the folder `aside`, closed; their paths there."""
        self.unsynced.clear()
        return self._segments.move_all(aside)

    def drop_below(self, log_start: int) -> None:
        """Raise `lowest` over units whose records are no longer in the log, or never were."""
        low, high = self.lowest, self.next
        while low < high:
            middle = (low + high) // 2
            position, size, _ = self.unit(read_now, middle)
            if position < log_start or size == NO_MESSAGE:
                low = middle + 1
            else:
                high = middle
        self.lowest = low

    def _count(self) -> int:
        """The offset behind the last unit in the files, which are filled from the front."""
        if not len(self._segments):
            return 0
        newest = self._segments[len(self._segments) - 1]
        low, high = 0, newest.size // UNIT_SIZE
        while low < high:
            middle = (low + high) // 2
            if UNIT.unpack(newest.file.read(middle * UNIT_SIZE, UNIT_SIZE))[1] > 0:
                low = middle + 1
            else:
                high = middle
        return newest.start // UNIT_SIZE + low

    def close(self) -> None:
        """Close the files."""
        self._segments.close()


@attrs.define(eq=False)
class ConsumeQueues:
    """All queues of a store, by topic and queue id."""

    files: IFiles
    file_size: int
    table: dict[tuple[str, int], ConsumeQueue] = attrs.field(factory=dict)

    def load(self, log_start: int) -> None:
        """Find the queues that have files; what else lies in the folder stays as it is."""
        for topic in self.files.list(FOLDER):
            for name in self.files.list(f"{FOLDER}/{topic}"):
                if name.isascii() and name.isdigit():
                    self._load(topic, int(name), log_start)

    def _load(self, topic: str, queue_id: int, log_start: int) -> None:
        queue = self.of(topic, queue_id)
        queue.load(log_start)

    def get(self, topic: str, queue_id: int) -> ConsumeQueue | None:
        """The queue, if anything was ever stored in it."""
        return self.table.get((topic, queue_id))

    def of(self, topic: str, queue_id: int) -> ConsumeQueue:
        """The queue, made when it is not there. Raises `InvalidParameter` for a topic no folder can have."""
        queue = self.table.get((topic, queue_id))
        if queue is None:
            folder = f"{FOLDER}/{path_name(topic)}/{queue_id}"
            queue = ConsumeQueue(topic, queue_id, Segments(self.files, folder, self.file_size))
            self.table[topic, queue_id] = queue
        return queue

    def __iter__(self) -> Iterator[ConsumeQueue]:
        """Every queue."""
        return iter(list(self.table.values()))

    def __len__(self) -> int:
        """How many queues there are."""
        return len(self.table)

    def close(self) -> None:
        """Close all files."""
        for queue in self:
            queue.close()
