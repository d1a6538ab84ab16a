"""A stopped store, opened to be looked at: log, queues, index. Nothing on the disk is changed.

The log is read past what is damaged: where a record cannot be read, reading goes on at the next place that
a queue knows of, or at the next file. A magic number is never searched for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rmqtw.interfaces.storage import IFiles
from rmqtw.store import commitlog
from rmqtw.store.errors import StoreDamaged, StoreLocked, StoreUnavailable
from rmqtw.store.filestore import ABORT_PATH, LOCK_PATH
from rmqtw.store.indexfile import DamagedIndex, Geometry
from rmqtw.store.indexfiles import IndexFiles
from rmqtw.store.overlay import Overlay
from rmqtw.store.queues import ConsumeQueues
from rmqtw.store.reading import read_now
from rmqtw.store.scan import LogScan
from rmqtw.store.segments import Segment, Segments
from rmqtw.wire.messages import StoredMessage

BadRange = Callable[[int, int, str], None]
"""(start, end, what is wrong): told of log that cannot be read."""


class WholeLog:
    """The log of a store that stands still. `end` is the place behind the last record read."""

    def __init__(self, segments: Segments, queues: ConsumeQueues) -> None:
        self.segments = segments
        self.queues = queues
        self.end = 0

    def records(self, start: int, bad: BadRange = lambda *_: None) -> Iterator[StoredMessage]:
        """The whole and true records from `start` on, where one must begin."""
        self.end = start
        while True:
            scan = LogScan(self.segments, self.end)
            for message in scan:
                self.end = scan.position
                yield message
            self.end = scan.position
            place = self._next_place(scan)
            if place is None:
                return
            bad(scan.position, place, scan.problem or "nothing is there")
            self.end = place

    def _next_place(self, scan: LogScan) -> int | None:
        """Where to read on, behind what cannot be read; None where the log ends."""
        segment = self.segments.at(scan.position)
        known = self._next_known(scan.position)
        if known is not None and (segment is None or known <= segment.end):
            return known
        if segment is not None and segment.end < self.segments.end and _has_data(self.segments, segment.end):
            return segment.end
        return None

    def _next_known(self, position: int) -> int | None:
        """The first place behind `position` that a queue's unit points to."""
        found = []
        for queue in self.queues:
            offset = queue.first_since(position + 1)
            if offset < queue.stored:
                found.append(queue.unit(read_now, offset)[0])
        return min(found, default=None)

    def rest(self) -> int | None:
        """Where bytes other than zero lie behind the log's end, in its last file; None without any."""
        segment = self.segments.at(self.end)
        return None if segment is None else _next_byte(segment, self.end - segment.start)

class Inspection:
    """A store's parts. `StoreLocked` while a broker runs on it, `StoreUnavailable` for no store at all."""

    def __init__(self, files: IFiles, geometry: Geometry | None = None) -> None:
        self.files = Overlay(files)
        self._check_is_store(files)  # before the lock, which makes a folder
        self._lock = take_lock(files)
        try:
            self.clean = not self.files.exists(ABORT_PATH)
            self.segments = Segments(self.files, commitlog.FOLDER, 1)
            self.queues = ConsumeQueues(self.files, 1)
            self.index = IndexFiles(self.files, geometry or Geometry(), lambda: 0)
            self.problems = [*self._load(self.segments.load), *self._load(self._load_queues)]
            self.log = WholeLog(self.segments, self.queues)
            self.index_problems = self._load(self.index.load)
        except BaseException:
            self.close()
            raise

    @staticmethod
    def _check_is_store(files: IFiles) -> None:
        if not files.list(commitlog.FOLDER):
            raise StoreUnavailable(files.root, "no log files are in commitlog/ below it; is it a store?")

    def _load(self, load: Callable[[], None]) -> list[str]:
        try:
            load()
        except (StoreDamaged, DamagedIndex) as problem:
            return [str(problem)]
        except OSError as problem:
            raise StoreUnavailable(problem.filename or self.files.root, problem) from problem
        return []

    def _load_queues(self) -> None:
        self.queues.load(self.segments.start)

    def close(self) -> None:
        """Let brokers have the store again."""
        self._lock.release()


def take_lock(files: IFiles) -> Any:
    """Keep brokers away until `release()`. Raises `StoreLocked`, `StoreUnavailable`."""
    try:
        return files.lock(LOCK_PATH)
    except BlockingIOError:
        raise StoreLocked(files.root) from None
    except OSError as problem:
        raise StoreUnavailable(files.root, problem) from problem


def _has_data(segments: Segments, position: int) -> bool:
    segment = segments.at(position)
    return segment is not None and any(segment.file.read(position - segment.start, 8))


def _next_byte(segment: Segment, offset: int) -> int | None:
    """Position of the first byte at or behind `offset` that is not zero."""
    while (found := segment.file.next_data(offset)) is not None:
        data = segment.file.read(found, 64 * 1024)
        stripped = data.lstrip(b"\x00")
        if stripped:
            return segment.start + int(found) + len(data) - len(stripped)
        if not data:
            break
        offset = found + len(data)
    return None
