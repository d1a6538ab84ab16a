"""One index file: a hash table on disk, from the hash of a key to the messages that have it.

Java: `IndexFile`, `IndexHeader`. A header of 40 bytes; slots of 4 bytes, each the number of the newest
entry of its hashes; entries of 20 bytes, each with the number of the one before it in its slot. Numbers
start at 1. The file is sparse, and nothing in it says how many slots it has: its size does.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from struct import Struct
from typing import Any

import attrs

from rmqtw.store.indexkeys import IndexEntry
from rmqtw.store.reading import Fetch, read_now
from rmqtw.store.segments import clear_after

HEADER = Struct(">qqqqii")
ENTRY = Struct(">iqii")
HEADER_SIZE = 40
SLOT_SIZE = 4
ENTRY_SIZE = 20
NEAR = 1024
"""Slots closer together than this are read and written as one piece."""

_MOST_SECONDS = 2**31 - 1
_PIECE = 16 * 1024
_SLOT = Struct(">i")


class DamagedIndex(Exception):
    """A file says things that cannot be; the index has to be made again. `str()` names it."""


@attrs.frozen
class Geometry:
    """How many slots and entries a file has room for (Java: maxHashSlotNum, maxIndexNum)."""

    slots: int = 5_000_000
    entries: int = 20_000_000

    @property
    def size(self) -> int:
        """Bytes of such a file."""
        return HEADER_SIZE + self.slots * SLOT_SIZE + self.entries * ENTRY_SIZE

    def of_size(self, size: int) -> Geometry | None:
        """What a file of this size has: this, Java's default, or four entries a slot; else None."""
        for known in (self, Geometry()):
            if size == known.size:
                return known
        slots, rest = divmod(size - HEADER_SIZE, SLOT_SIZE + 4 * ENTRY_SIZE)
        return Geometry(slots, 4 * slots) if slots > 0 and not rest else None


@attrs.frozen
class IndexHeader:
    """The header: times in milliseconds and positions of the first and the last message in the file.

    `used_slots` have an entry; `count` is the number that the next entry gets.
    """

    begin_time: int = 0
    end_time: int = 0
    begin: int = 0
    end: int = 0
    used_slots: int = 0
    count: int = 1

    def packed(self) -> bytes:
        """The 40 bytes."""
        return HEADER.pack(*attrs.astuple(self))

    @classmethod
    def of(cls, data: bytes) -> IndexHeader:
        """Read the 40 bytes; Java lets the count start at 1 whatever they say."""
        begin_time, end_time, begin, end, used, count = HEADER.unpack(data)
        return cls(begin_time, end_time, begin, end, used, max(1, count))


class IndexFile:
    """One file. `header` is what readers go by; it changes once a write is whole."""

    def __init__(self, name: str, file: Any, geometry: Geometry, header: IndexHeader | None = None) -> None:
        self.name = name
        self.file = file
        self.geometry = geometry
        self.header = header or IndexHeader()

    @property
    def room(self) -> int:
        """How many more entries fit; Java leaves the last one unused."""
        return max(0, self.geometry.entries - self.header.count)

    def entry_offset(self, number: int) -> int:
        """Where in the file an entry lies."""
        return HEADER_SIZE + self.geometry.slots * SLOT_SIZE + number * ENTRY_SIZE

    def entry(self, fetch: Fetch, number: int) -> tuple[int, int, int, int]:
        """(hash, position, seconds since the file's begin, number of the one before) of an entry."""
        data = fetch(self.file, self.entry_offset(number), ENTRY_SIZE)
        if len(data) != ENTRY_SIZE:
            raise DamagedIndex(f"index/{self.name} ends before entry {number}")
        hashed, position, seconds, before = ENTRY.unpack(data)
        return hashed, position, seconds, before

    def positions(self, fetch: Fetch, hashed: int) -> Iterator[tuple[int, int]]:
        """(position, seconds) of the entries with this hash, the newest first."""
        slot = hashed % self.geometry.slots
        data = fetch(self.file, HEADER_SIZE + slot * SLOT_SIZE, SLOT_SIZE)
        number = _SLOT.unpack(data)[0] if len(data) == SLOT_SIZE else 0
        limit = self.geometry.entries
        while 0 < number < limit:
            found, position, seconds, before = self.entry(fetch, number)
            if found == hashed:
                yield position, seconds
            limit, number = number, before

    # Writing. Any thread may, one at a time.

    def write(self, entries: Sequence[IndexEntry]) -> IndexHeader:
        """Add entries, not more than `room`, and say what the header is then.

        Entries go first, slots next, the header last, so that a killed process leaves nothing that
        cannot be undone.
        """
        numbers = self._slots_of({one.hash % self.geometry.slots for one in entries})
        packed, header = self._packed(entries, numbers)
        self.file.write(self.entry_offset(self.header.count), [packed])
        self._write_slots(numbers)
        self.file.write(0, [header.packed()])
        return header

    def _packed(
        self, entries: Sequence[IndexEntry], numbers: dict[int, int]
    ) -> tuple[bytearray, IndexHeader]:
        """The entries' bytes and the header after them; `numbers` become the slots after them."""
        header, slots, data = self.header, self.geometry.slots, bytearray()
        first, last = entries[0], entries[-1]
        fresh = header.count == 1
        begin = first.time if fresh else header.begin_time
        used, count = header.used_slots, header.count
        for hashed, position, time in entries:
            slot = hashed % slots
            before = numbers[slot]
            if not 0 < before < count:
                before = 0
                used += 1
            data += ENTRY.pack(hashed, position, min(max(0, time - begin) // 1000, _MOST_SECONDS), before)
            numbers[slot] = count
            count += 1
        start = first.position if fresh else header.begin
        return data, IndexHeader(begin, last.time, start, last.position, used, count)

    def _slots_of(self, slots: set[int]) -> dict[int, int]:
        """The number in each of these slots."""
        numbers: dict[int, int] = {}
        for piece in pieces(sorted(slots)):
            values = self._slot_values(piece[0], piece[-1] - piece[0] + 1)
            numbers.update((slot, values[slot - piece[0]]) for slot in piece)
        return numbers

    def _slot_values(self, first: int, count: int) -> array[int]:
        values = array("i")
        data = self.file.read(HEADER_SIZE + first * SLOT_SIZE, count * SLOT_SIZE)
        values.frombytes(data[: len(data) - len(data) % SLOT_SIZE])
        _to_native(values)
        return values

    def _write_slots(self, numbers: dict[int, int]) -> None:
        for piece in pieces(sorted(numbers)):
            first = piece[0]
            count = piece[-1] - first + 1
            values = self._slot_values(first, count) if count > len(piece) else array("i", bytes(4 * count))
            for slot in piece:
                values[slot - first] = numbers[slot]
            _to_native(values)
            self.file.write(HEADER_SIZE + first * SLOT_SIZE, [values.tobytes()])

    # Going back. Any thread may, while nobody writes.

    def roll_back(self, header: IndexHeader) -> None:
        """Make the file what it was when `header` was its header; `DamagedIndex` if that cannot be told.

        Whatever number of a later entry a slot has, it gets the one that the entries say it had.
        """
        changed = {
            slot: self._number_before(slot, number, header.count)
            for slot, number in self.slots(lambda number: number >= header.count or number < 0)
        }
        self._write_slots(changed)
        self.file.write(0, [header.packed()])
        clear_after(self.file, self.entry_offset(header.count))
        self.header = header

    def _number_before(self, slot: int, number: int, count: int) -> int:
        while number >= count:
            if number >= self.geometry.entries:
                raise DamagedIndex(f"index/{self.name}: slot {slot} has the number {number}")
            hashed, position, _, before = self.entry(read_now, number)
            if hashed < 0 or hashed % self.geometry.slots != slot or not 0 <= before < number or position < 0:
                raise DamagedIndex(f"index/{self.name}: entry {number} does not belong to slot {slot}")
            number = before
        if number < 0:
            raise DamagedIndex(f"index/{self.name}: slot {slot} has the number {number}")
        return number

    def slots(self, wanted: Callable[[int], bool]) -> Iterator[tuple[int, int]]:
        """(slot, number) of the slots whose number is `wanted`; holes in the file are not read."""
        end = HEADER_SIZE + self.geometry.slots * SLOT_SIZE
        offset: int | None = HEADER_SIZE
        while offset is not None and (offset := self.file.next_data(offset)) is not None and offset < end:
            first = (offset - HEADER_SIZE) // SLOT_SIZE
            values = self._slot_values(first, min(_PIECE, self.geometry.slots - first))
            if any(values):
                yield from ((first + n, value) for n, value in enumerate(values) if value and wanted(value))
            offset = HEADER_SIZE + (first + len(values)) * SLOT_SIZE

    def header_before(self, position: int) -> IndexHeader:
        """What the header was before the first entry of a message at `position` or behind.

        `used_slots` is not known any more and stays; nobody needs it.
        """
        low, high = 1, self.header.count
        while low < high:
            middle = (low + high) // 2
            if self.entry(read_now, middle)[1] >= position:
                high = middle
            else:
                low = middle + 1
        if low == 1:
            return IndexHeader()
        _, end, seconds, _ = self.entry(read_now, low - 1)
        return attrs.evolve(
            self.header, count=low, end=end, end_time=self.header.begin_time + (seconds + 1) * 1000 - 1
        )


def pieces(slots: Iterable[int]) -> Iterator[list[int]]:
    """Cut sorted slots into runs of neighbours."""
    piece: list[int] = []
    for slot in slots:
        if piece and slot - piece[-1] > NEAR:
            yield piece
            piece = []
        piece.append(slot)
    if piece:
        yield piece


def _to_native(values: array[int]) -> None:
    """Turn big endian into the machine's order, and back."""
    if _SLOT.pack(1) != array("i", [1]).tobytes():
        values.byteswap()
