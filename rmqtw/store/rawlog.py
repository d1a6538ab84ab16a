"""Log bytes as another broker has them: taken in whole, or not at all."""

from __future__ import annotations

from rmqtw.store.commitlog import CommitLog
from rmqtw.store.queues import ConsumeQueue, ConsumeQueues
from rmqtw.store.records import is_queued
from rmqtw.store.scan import LogScan
from rmqtw.wire.messages import MAGIC_BLANK, MalformedRecord, StoredMessage, decode_record, frame_record


def parse(data: bytes, position: int, segment_size: int) -> list[StoredMessage]:
    """The records in log bytes that start at `position`, in files of `segment_size`.

    Raises ValueError unless they are whole records, each with its own position in it, and fillers.
    """
    messages = []
    offset = 0
    view = memoryview(data)
    try:
        while offset < len(view):
            size, magic = frame_record(view, offset)
            if magic == MAGIC_BLANK:
                offset += _filler(size, position + offset, segment_size)
                continue
            message = decode_record(view, offset)
            if message.position != position + offset:
                raise ValueError(f"the record at {position + offset} says that it lies at {message.position}")
            messages.append(message)
            offset += size
    except MalformedRecord as problem:
        raise ValueError(f"no whole records from {position} on: {problem}") from None
    if offset != len(view):
        raise ValueError(f"the last filler is cut off at {position + len(view)}")
    return messages


def _filler(size: int, position: int, segment_size: int) -> int:
    if (position + size) % segment_size:
        raise ValueError(f"the filler at {position} does not end with the file")
    return size


def check_offsets(queues: ConsumeQueues, messages: list[StoredMessage]) -> None:
    """Raise ValueError for a record that its queue has no place for: offsets only grow."""
    due: dict[ConsumeQueue, int] = {}
    for message in messages:
        if is_queued(message.sys_flag):
            queue = queues.of(message.topic, message.queue_id)
            offset = message.queue_offset
            if offset < due.get(queue, queue.next) or not queue.can_hold(offset):
                raise ValueError(f"the record at {message.position} has queue offset {offset}, out of order")
            due[queue] = offset + 1


def stage(log: CommitLog, position: int, data: bytes, messages: list[StoredMessage]) -> None:
    """Stage what `parse` has read, each file's part on its own."""
    view = memoryview(data)
    last = messages[-1].position if messages else log.last
    start = position
    end = position + len(view)
    while start < end:
        stop = min(end, start - start % log.segments.size + log.segments.size)
        log.stage_raw(start, view[start - position : stop - position], stop, last)
        start = stop


def is_boundary(log: CommitLog, position: int) -> bool:
    """Whether a record starts at this position of the log, or could, or a filler lies there."""
    if not log.start <= position <= log.written:
        return False
    if position in (log.start, log.written):
        return True
    scan = LogScan(log.segments, position)
    return next(iter(scan), None) is not None or scan.position > position
