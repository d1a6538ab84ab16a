"""Bringing log and queues together when a store starts.

The log is the truth. It is read from a place before which everything is known to be on the disk, up
to the first bytes that are no record; queues get the units they lack and lose those that point
nowhere. What is cut off is set aside under `rmqtw/cut/`, not thrown away.
"""

from __future__ import annotations

import attrs

from rmqtw.interfaces.storage import IFiles
from rmqtw.store.checkpoint import Checkpoint, LogMark
from rmqtw.store.cutting import cut_log
from rmqtw.store.queues import ConsumeQueue, ConsumeQueues
from rmqtw.store.reading import read_now
from rmqtw.store.records import TagsCode, is_queued
from rmqtw.store.scan import LogScan
from rmqtw.store.segments import Segments
from rmqtw.wire.messages import MalformedRecord, StoredMessage, decode_record

LAST_FILES = 3
"""Files read after a clean stop when nothing better is known (Java: `recoverNormally`)."""


@attrs.define
class StartSummary:
    """What a start found and did; `str()` is one line for the log.

    `records` were read from `scanned_from` on; `units_made` and `units_cut` are units of consume
    queues; `unplaced` are records whose queue offset is too far off to be true.
    """

    root: str
    clean: bool
    log_start: int = 0
    log_end: int = 0
    last: int = -1
    last_time: int = 0
    scanned_from: int = 0
    records: int = 0
    queues: int = 0
    units_made: int = 0
    units_cut: int = 0
    unplaced: int = 0
    bytes_cut: int = 0
    problem: str | None = None
    set_aside: list[str] = attrs.field(factory=list)

    def __str__(self) -> str:
        """One line."""
        parts = [
            f"store {self.root}: {'clean stop' if self.clean else 'no clean stop'}",
            f"log {self.log_start} to {self.log_end}, {self.queues} queues",
            f"{self.records} records read from {self.scanned_from}",
        ]
        if self.units_made or self.units_cut:
            parts.append(f"{self.units_made} queue units made again, {self.units_cut} cut")
        if self.unplaced:
            parts.append(f"{self.unplaced} records without a place in their queue")
        if self.set_aside:
            parts.append(f"{self.bytes_cut} bytes cut from the log, kept in {', '.join(self.set_aside)}")
        if self.problem:
            parts.append(self.problem)
        return "; ".join(parts)


@attrs.define
class Recovery:
    """One start: `run` does everything, and says what it did."""

    files: IFiles
    segments: Segments
    queues: ConsumeQueues
    tags_code: TagsCode
    summary: StartSummary
    ends: dict[ConsumeQueue, int] = attrs.field(factory=dict)
    """For each queue met in the log: the offset behind its last message."""

    def run(self, mark: LogMark | None, checkpoint: Checkpoint) -> StartSummary:
        """Make log and queues agree. Raises OSError when the disk cannot be read or written."""
        summary = self.summary
        start, summary.last = self.starting_point(mark, checkpoint)
        scan = LogScan(self.segments, start)
        for message in scan:
            self._restore(message)
        summary.scanned_from, summary.problem = start, scan.problem
        summary.log_start, summary.log_end = self.segments.start, scan.position
        summary.last = scan.last if scan.last >= 0 else summary.last
        summary.bytes_cut, summary.set_aside = cut_log(self.files, self.segments, scan.position)
        self.segments.sync_names()  # a killed process may not have come to it
        for queue in self.queues:
            self._settle(queue)
        summary.queues = len(self.queues)
        return summary

    def starting_point(self, mark: LogMark | None, checkpoint: Checkpoint) -> tuple[int, int]:
        """(where to start reading, where the record before that starts or -1)."""
        if mark is not None and self._confirms(mark):
            return mark.end, mark.last
        if self.summary.clean:
            first = max(0, len(self.segments) - LAST_FILES)
            return (self.segments[first].start if len(self.segments) else 0), -1
        return self._last_file_before(checkpoint.safe_time()), -1

    def _confirms(self, mark: LogMark) -> bool:
        """Whether the log has, at the mark, the record that the mark speaks of."""
        if mark.last < self.segments.start or self.segments.at(mark.last) is None:
            return False
        scan = LogScan(self.segments, mark.last)
        first = next(iter(scan), None)
        if first is None:
            return False
        self.summary.last_time = first.store_timestamp
        return scan.position == mark.end or scan.skip_blank() == mark.end

    def _last_file_before(self, safe_time: int) -> int:
        """Start of the newest file whose first record is not younger than `safe_time`."""
        for segment in reversed(list(self.segments)):
            first = next(iter(LogScan(self.segments, segment.start)), None)
            if first is not None and first.position == segment.start and first.store_timestamp <= safe_time:
                return segment.start
        return self.segments.start

    def _restore(self, message: StoredMessage) -> None:
        """See to it that a record's queue has its unit."""
        summary = self.summary
        summary.records += 1
        summary.last_time = message.store_timestamp
        if not is_queued(message.sys_flag):
            return
        queue = self.queues.of(message.topic, message.queue_id)
        offset = message.queue_offset
        if offset < 0 or not queue.can_hold(offset):
            summary.unplaced += 1
            return
        made = queue.rebuild(offset, message.position, message.size, self.tags_code(message))
        summary.units_made += made
        self.ends[queue] = offset + 1

    def _settle(self, queue: ConsumeQueue) -> None:
        """Cut the units that point nowhere."""
        end = self.ends.get(queue)
        if end is None:
            end = queue.next
            while end > queue.lowest and not self._is_true(queue, end - 1):
                end -= 1
        if end < queue.next:
            self.summary.units_cut += queue.cut(end)
        elif not self.summary.clean:
            queue.clear_rest()
        offset, units = queue.pending()
        queue.write(offset, units)
        queue.written(queue.next - offset)

    def _is_true(self, queue: ConsumeQueue, offset: int) -> bool:
        """Whether a unit points to its record: after a clean stop, whether that is in the log at all."""
        position, size, _ = queue.unit(read_now, offset)
        segment = self.segments.at(position)
        if size <= 0 or segment is None or position + size > self.summary.log_end:
            return False
        if self.summary.clean:
            return True
        try:
            message = decode_record(segment.file.read(position - segment.start, size), check_crc=False)
        except MalformedRecord:
            return False
        found = (message.topic, message.queue_id, message.queue_offset, message.position)
        return found == (queue.topic, queue.queue_id, offset, position)
