"""The commit log: every record, one behind the other, in files of fixed size.

Appending assigns positions at once and keeps the pieces of the records; `write` hands them to the
disk, one pwritev for each file touched. A record that does not fit into the rest of a file, with 8
bytes to spare, goes to the next; a blank filler covers the rest (Java: `CommitLog`, `END_OF_FILE`).
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from rmqtw.interfaces.storage import IChores
from rmqtw.store.segments import Segment, Segments
from rmqtw.wire.messages import BLANK_LEAST, blank

FOLDER = "commitlog"

_log = Logger()


class Batch:
    """Pieces to be written to one segment, from position `start` on."""

    __slots__ = ("pieces", "segment", "start")

    def __init__(self, segment: Segment, start: int) -> None:
        self.segment = segment
        self.start = start
        self.pieces: list[Any] = []


Mark = tuple[int, int, int, int]
"""Where staging stood: end, last, batches, pieces of the last batch. What `rewind` goes back to."""


class CommitLog:
    """The log's files and what is staged for them.

    `end` is where the next record goes, `written` how far the files have it, `last` where the last
    record starts (-1: not known), `last_written` the same of `written`. What lies beyond `written`
    in the files is zero.
    """

    def __init__(self, segments: Segments, chores: IChores) -> None:
        self.segments = segments
        self.end = self.written = 0
        self.last = self.last_written = -1
        self.staged: list[Any] = []
        """The pieces of the current batch: `claim` a position, then append the record's pieces."""
        self._chores = chores
        self._batches: list[Batch] = []
        self._segment: Segment | None = None
        self._limit = 0  # a record must end here or before
        self._torn_to = 0  # a failed write may have left bytes up to here
        self._preparing: Deferred[Any] | None = None

    @property
    def start(self) -> int:
        """The first position that is still there."""
        return self.segments.start

    def open_at(self, end: int, last: int) -> None:
        """Go on at `end`, where recovery found the end of the log."""
        self.end = self.written = end
        self.last = self.last_written = last
        self._batches = []
        self._close_batch()

    def largest(self) -> int:
        """The largest record that fits into a segment."""
        return self.segments.size - BLANK_LEAST

    def claim(self, size: int) -> int:
        """Take the next position for a record of `size` bytes, not more than `largest()`.

        The caller appends the record's pieces to `staged`. Raises OSError when no file can be made.
        """
        position = self.end
        if position + size > self._limit:
            position = self._roll(position + size)
        self.end = position + size
        self.last = position
        return position

    def mark(self) -> Mark:
        """Remember where staging stands."""
        return self.end, self.last, len(self._batches), len(self.staged)

    def rewind(self, mark: Mark) -> None:
        """Forget what was staged since."""
        self.end, self.last, batches, pieces = mark
        del self._batches[batches:]
        if self._batches:
            self._open_batch(self._batches[-1])
            del self.staged[pieces:]
        else:
            self._close_batch()

    def stage_raw(self, position: int, data: Any, end: int, last: int) -> None:
        """Stage bytes of one segment that were records or a filler elsewhere, as they are."""
        self._start_batch(self.segments.at(position) or self.segments.create(position))
        self.staged.append(data)
        self.end, self.last = end, last
        self._segment = self.segments.at(end)
        self._limit = 0

    def unwritten(self) -> int:
        """Bytes staged."""
        return self.end - self.written

    def write(self) -> None:
        """Write what is staged. Raises OSError; then nothing of it counts: `end` is `written` again."""
        batches, self._batches = self._batches, []
        try:
            self._clear_torn()
            for batch in batches:
                batch.segment.file.write(batch.start - batch.segment.start, batch.pieces)
        except OSError:
            self._torn_to = max(self._torn_to, self.end)
            self.end, self.last = self.written, self.last_written
            raise
        finally:
            self._close_batch()
        self.written, self.last_written = self.end, self.last
        self._prepare_next()

    def unsynced(self, durable: int) -> list[Any]:
        """The files that hold bytes between `durable` and `written`."""
        return [s.file for s in self._between(durable, self.written)]

    def runs(self, position: int, size: int) -> list[tuple[Any, int, int]]:
        """(file, offset, size) for each file that holds some of these written bytes, in order."""
        return self._runs(position, min(position + size, self.written))

    def _runs(self, start: int, end: int) -> list[tuple[Any, int, int]]:
        return [
            (s.file, max(start, s.start) - s.start, min(end, s.end) - max(start, s.start))
            for s in self._between(start, end)
        ]

    def _between(self, start: int, end: int) -> list[Segment]:
        found = []
        while start < end and (segment := self.segments.at(start)) is not None:
            found.append(segment)
            start = segment.end
        return found

    def _roll(self, end: int) -> int:
        """Open a batch where a record that would end at `end` has room; says where that is."""
        segment = self._segment or self.segments.create(self.end)
        if end > segment.end - BLANK_LEAST:
            segment = self._roll_over(segment)
        self._start_batch(segment)
        return self.end

    def _roll_over(self, full: Segment) -> Segment:
        """Cover the rest of a full segment; returns the next one."""
        following = self.segments.create(full.end)
        self._start_batch(full)
        self.staged.append(blank(full.end - self.end))
        self.end = full.end
        return following

    def _start_batch(self, segment: Segment) -> None:
        if not self._batches or self._batches[-1].segment is not segment:
            self._batches.append(Batch(segment, self.end))
        self._open_batch(self._batches[-1])

    def _open_batch(self, batch: Batch) -> None:
        self.staged = batch.pieces
        self._segment = batch.segment
        self._limit = batch.segment.end - BLANK_LEAST

    def _close_batch(self) -> None:
        """Let the next record find its segment itself."""
        self.staged = []
        self._segment = self.segments.at(self.end)
        self._limit = 0

    def _clear_torn(self) -> None:
        """Write zeros over what a failed write may have left, so that it is never taken for records."""
        if self._torn_to > self.written:
            for file, offset, size in self._runs(self.written, self._torn_to):
                if file.next_data(offset) is not None:
                    file.write(offset, [bytes(size)])
            self._torn_to = 0

    def _prepare_next(self) -> None:
        """Have the next file made once half of the present one is used."""
        segment = self._segment
        if segment is None or self._preparing is not None:
            return
        if self.written > segment.start + segment.size // 2 and self.segments.end == segment.end:
            made: Deferred[Any] = self._chores.run(self.segments.create, segment.end)
            self._preparing = made
            made.addErrback(self._not_prepared)
            made.addBoth(self._prepared)

    def when_prepared(self) -> Deferred[None]:
        """Fires when no file is being made ahead; never fails."""
        done: Deferred[None] = Deferred()
        if self._preparing is None:
            done.callback(None)
        else:
            self._preparing.addBoth(lambda _: done.callback(None))
        return done

    def _prepared(self, _: object) -> None:
        self._preparing = None

    def _not_prepared(self, failure: Any) -> None:
        """The next roll-over tries again, and answers for it."""
        failure.trap(OSError)
        _log.warn("The next log file could not be made ahead: {cause}", cause=failure.getErrorMessage())
