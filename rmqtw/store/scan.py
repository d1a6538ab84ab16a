"""Reading the log record by record, believing nothing.

The next record is where the one before says it ends; a magic number is never searched for, since a
message's body may hold one.
"""

from __future__ import annotations

from collections.abc import Iterator

from rmqtw.store.segments import Segment, Segments
from rmqtw.wire.messages import (
    BLANK_LEAST,
    MAGIC_BLANK,
    MalformedRecord,
    StoredMessage,
    decode_record,
    frame_record,
)

_CHUNK = 1024 * 1024


class LogScan:
    """An iteration over the whole and true records from `position` on.

    Where it ends, `position` is behind the last record or filler, `last` is where the last record
    starts (-1: there was none), and `problem` says what is wrong with what follows; None when zeros
    or nothing follow.
    """

    def __init__(self, segments: Segments, position: int) -> None:
        self.position = position
        self.last = -1
        self.problem: str | None = None
        self._segments = segments
        self._segment: Segment | None = None
        self._window = memoryview(b"")
        self._window_start = 0

    def __iter__(self) -> Iterator[StoredMessage]:
        """The records, in order."""
        while (message := self._next()) is not None:
            self.last = self.position
            self.position += message.size
            yield message

    def skip_blank(self) -> int:
        """Go over the filler that lies at `position`, if there is one; returns `position`."""
        segment = self._segments.at(self.position)
        try:
            if segment is not None and self._frame(segment)[1] == MAGIC_BLANK:
                self.position = segment.end
        except MalformedRecord:
            return self.position
        return self.position

    def _next(self) -> StoredMessage | None:
        try:
            while (segment := self._segments.at(self.position)) is not None:
                size, magic = self._frame(segment)
                if not size:
                    return None
                if magic != MAGIC_BLANK:
                    return self._record(segment, size)
                self._skip(segment, size)
        except MalformedRecord as problem:
            self.problem = f"position {self.position}: {problem}"
        return None

    def _frame(self, segment: Segment) -> tuple[int, int]:
        start = self._bytes(segment, BLANK_LEAST)
        return (0, 0) if start == bytes(BLANK_LEAST) else frame_record(start)

    def _record(self, segment: Segment, size: int) -> StoredMessage:
        if self.position + size > segment.end:
            raise MalformedRecord(f"a record of {size} bytes would reach beyond the file")
        message = decode_record(self._bytes(segment, size))
        if message.position != self.position:
            raise MalformedRecord(f"the record says that it lies at {message.position}")
        return message

    def _skip(self, segment: Segment, size: int) -> None:
        """Go over the filler at the end of a file."""
        if self.position + size != segment.end:
            raise MalformedRecord(f"a filler of {size} bytes does not end with the file")
        self.position = segment.end

    def _bytes(self, segment: Segment, size: int) -> memoryview:
        offset = self.position - self._window_start
        if segment is not self._segment or offset < 0 or offset + size > len(self._window):
            self._segment = segment
            self._window_start = self.position
            self._window = memoryview(segment.file.read(self.position - segment.start, max(size, _CHUNK)))
            offset = 0
        return self._window[offset : offset + size]
