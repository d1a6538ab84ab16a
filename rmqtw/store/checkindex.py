"""Checks of the index: its entries against the log, its chains against its slots."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import NamedTuple

from rmqtw.store.findings import Report
from rmqtw.store.indexfile import ENTRY, ENTRY_SIZE, IndexFile
from rmqtw.store.indexfiles import IndexFiles
from rmqtw.store.indexkeys import key_hash, keys_of
from rmqtw.wire.messages import TRANSACTION_MASK, TRANSACTION_ROLLBACK, StoredMessage

_PIECE = 4096


class Known(NamedTuple):
    """An entry: `where` names file and number."""

    position: int
    hash: int
    where: str


class IndexCheck:
    """Told of each record, in order, it compares what the index knows of it.

    What the index lacks at its end, the next start adds.
    """

    def __init__(self, files: IndexFiles, report: Report, log_start: int) -> None:
        self._report = report
        self._start = log_start
        self._entries = self._all(files)
        self._next: Known | None = next(self._entries, None)
        self._last = max((one.header.end for one in files if one.header.count > 1), default=-1)
        self._behind = False

    def _all(self, files: IndexFiles) -> Iterator[Known]:
        for one in files:
            self._report.index_files += 1
            yield from checked_entries(one, self._report)

    def record(self, message: StoredMessage) -> None:
        """Compare with a record's keys."""
        found = self._found_at(message.position)
        wanted = set()
        if message.sys_flag & TRANSACTION_MASK != TRANSACTION_ROLLBACK:
            wanted = {key_hash(message.topic, key) for key in keys_of(message.properties)}
        for where in [where for hashed, where in found.items() if hashed not in wanted]:
            self._report.add("index", where, f"the record at {message.position} has no such key")
        if wanted - found.keys():
            self._lacks(message.position)

    def _found_at(self, position: int) -> dict[int, str]:
        found = {}
        while self._next is not None and self._next.position <= position:
            if self._next.position == position:
                found[self._next.hash] = self._next.where
            elif self._next.position >= self._start:
                self._points_nowhere(self._next)
            self._next = next(self._entries, None)
        return found

    def _points_nowhere(self, entry: Known) -> None:
        self._report.add("index", entry.where, f"no record starts at {entry.position}")

    def _lacks(self, position: int) -> None:
        """The index does not know all keys of a message; what lies behind its end is told once."""
        where = f"position {position}"
        if position <= self._last:
            self._report.add("index", where, "the message is not in the index by all of its keys")
        elif not self._behind:
            self._behind = True
            self._report.add("index", where, "from here on, messages are not in the index", mends=True)

    def finish(self, log_end: int) -> None:
        """There are no more records."""
        while self._next is not None:
            mends = self._next.position >= log_end
            if self._next.position >= self._start:
                self._report.add(
                    "index", self._next.where, f"no record starts at {self._next.position}", mends=mends
                )
            self._next = next(self._entries, None)


def checked_entries(one: IndexFile, report: Report) -> Iterator[Known]:
    """The entries of a file; then, whether its chains and slots fit together."""
    heads = array("i", bytes(4 * one.geometry.slots))
    count = min(one.header.count, one.geometry.entries)
    if one.header.count > one.geometry.entries:
        report.add("index", f"index/{one.name}", f"the header counts {one.header.count} entries, too many")
    for number, (hashed, position, seconds, before) in enumerate(_entries(one, count), 1):
        where = f"index/{one.name} entry {number}"
        report.index_entries += 1
        if hashed < 0 or position < 0 or seconds < 0:
            report.add("index", where, f"hash {hashed}, position {position}, seconds {seconds} cannot be")
            continue
        slot = hashed % one.geometry.slots
        if before != heads[slot]:
            report.add("index", where, f"names entry {before} as the one before it, not {heads[slot]}")
        heads[slot] = number
        yield Known(position, hashed, where)
    _check_slots(one, heads, report)


def _entries(one: IndexFile, count: int) -> Iterator[tuple[int, int, int, int]]:
    for first in range(1, count, _PIECE):
        size = min(_PIECE, count - first) * ENTRY_SIZE
        data = one.file.read(one.entry_offset(first), size)
        yield from ENTRY.iter_unpack(data[: len(data) - len(data) % ENTRY_SIZE])


def _check_slots(one: IndexFile, heads: array[int], report: Report) -> None:
    used = sum(1 for head in heads if head)
    for slot, number in one.slots(bool):
        used -= number == heads[slot]
        if number != heads[slot]:
            what = f"has entry {number}, not {heads[slot]}"
            mends = number >= one.header.count and not report.clean
            report.add("index", f"index/{one.name} slot {slot}", what, mends=mends)
            used -= heads[slot] != 0
    if used:
        report.add("index", f"index/{one.name}", f"{used} slots are empty that should have entries")
