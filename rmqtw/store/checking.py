"""The check of a stopped store: whether log, queues, index and checkpoint say the same.

One pass over the log; for each record its queue's unit and its index entries are compared on the way.
"""

from __future__ import annotations

from rmqtw.interfaces.storage import IFiles
from rmqtw.store.checkindex import IndexCheck
from rmqtw.store.checkpoint import CHECKPOINT_PATH, CHECKPOINT_SIZE, Checkpoint, load_mark
from rmqtw.store.documents import SIZE_LIMIT
from rmqtw.store.findings import Progress, Report
from rmqtw.store.indexfile import Geometry
from rmqtw.store.inspection import Inspection
from rmqtw.store.queues import NO_MESSAGE, UNIT, ConsumeQueue
from rmqtw.store.reading import read_now
from rmqtw.store.records import is_queued, tags_code_by
from rmqtw.store.recovery import Recovery, StartSummary
from rmqtw.store.wholefile import read_whole
from rmqtw.wire import fastjson
from rmqtw.wire.messages import MalformedRecord, StoredMessage, decode_record
from rmqtw.wire.names import SCHEDULE_TOPIC

CONFIG = "config"
EVERY = 512
"""Records between two reports of progress."""

TOLERANCE = 5000
"""Milliseconds by which a checkpoint may be ahead of the log: a broker reads its clock more than once."""

_WINDOW = 400


def check_store(
    files: IFiles, progress: Progress = lambda *_: None, geometry: Geometry | None = None
) -> Report:
    """Check everything below the root, which nobody may be working on; nothing is changed.

    Raises `StoreLocked` while a broker does, and `StoreUnavailable` when it is no store or cannot be read.
    """
    opened = Inspection(files, geometry)
    try:
        return Check(opened, progress).run()
    finally:
        opened.close()


class Check:
    """One check."""

    def __init__(self, opened: Inspection, progress: Progress) -> None:
        self._opened = opened
        self._progress = progress
        self.report = Report(opened.files.root, clean=opened.clean)
        self._tags_code = tags_code_by()
        self._has_extension = opened.files.exists("consumequeue_ext")
        self._read_from = self._next_start()
        self._met: dict[ConsumeQueue, int] = {}
        self._windows: dict[ConsumeQueue, tuple[int, bytes]] = {}
        self._index = IndexCheck(opened.index, self.report, opened.segments.start)

    def _next_start(self) -> int:
        """From where on the next start of a broker compares log and queues."""
        opened = self._opened
        summary = StartSummary(opened.files.root, opened.clean)
        recovery = Recovery(opened.files, opened.segments, opened.queues, self._tags_code, summary)
        return recovery.starting_point(load_mark(opened.files), Checkpoint.load(opened.files))[0]

    def run(self) -> Report:
        """Check everything."""
        report, opened = self.report, self._opened
        for problem in opened.problems:
            report.add("log", problem.partition(":")[0], problem.partition(":")[2].strip() or problem)
        for problem in opened.index_problems:
            report.add("index", "index", problem)
        self._check_log()
        self._check_queues()
        if not opened.index_problems:
            self._index.finish(opened.log.end)
        self._check_checkpoint()
        self._check_documents()
        return report

    def _check_log(self) -> None:
        report, opened = self.report, self._opened
        segments = opened.segments
        report.log_files, report.log_start = len(segments), segments.start
        for message in opened.log.records(segments.start, self._bad):
            self._record(message)
            if not report.records % EVERY:
                self._progress(opened.log.end - segments.start, segments.end - segments.start)
        report.log_end = opened.log.end
        rest = opened.log.rest()
        if rest is not None:
            what = "bytes behind the log's end are not zero; a start cuts them off and keeps them aside"
            report.add("log", f"position {rest}", what, mends=not opened.clean)
        self._progress(1, 1)

    def _bad(self, start: int, end: int, problem: str) -> None:
        reason = problem.removeprefix(f"position {start}: ")
        self.report.add("log", f"position {start}", f"no record up to {end}: {reason}")

    def _record(self, message: StoredMessage) -> None:
        report = self.report
        report.records += 1
        report.first_time = report.first_time or message.store_timestamp
        report.last_time = message.store_timestamp
        if is_queued(message.sys_flag):
            self._compare_unit(message)
        if not self._opened.index_problems:
            self._index.record(message)

    # Queues

    def _compare_unit(self, message: StoredMessage) -> None:
        queue = self._opened.queues.get(message.topic, message.queue_id)
        where = f"{message.topic}:{message.queue_id} offset {message.queue_offset}"
        if queue is None or message.queue_offset >= queue.stored:
            what = f"the record at {message.position} is not in its queue"
            self.report.add("queues", where, what, mends=message.position >= self._read_from)
            return
        if message.queue_offset < queue.lowest:
            what = f"the record at {message.position} lies before the queue's begin"
            self.report.add("queues", where, what)
            return
        position, size, code = self._unit(queue, message.queue_offset)
        if (position, size) != (message.position, message.size):
            what = f"points to {size} bytes at {position}, not {message.size} at {message.position}"
            self.report.add("queues", where, what)
            return
        self._met[queue] = self._met.get(queue, 0) + 1
        if code != self._tags_code(message) and message.topic != SCHEDULE_TOPIC and not self._has_extension:
            self.report.add("queues", where, f"has the tags code {code}, not {self._tags_code(message)}")

    def _unit(self, queue: ConsumeQueue, offset: int) -> tuple[int, int, int]:
        start, units = self._windows.get(queue, (0, b""))
        if not start <= offset < start + len(units) // UNIT.size:
            start, units = offset, bytes(queue.units(read_now, offset, _WINDOW))
            self._windows[queue] = start, units
        position, size, code = UNIT.unpack_from(units, (offset - start) * UNIT.size)
        return position, size, code

    def _check_queues(self) -> None:
        for queue in self._opened.queues:
            self.report.queues += 1
            self.report.units += queue.stored - queue.lowest
            if queue.stored - queue.lowest != self._met.get(queue, 0):
                self._check_queue(queue)

    def _check_queue(self, queue: ConsumeQueue) -> None:
        """Find the units of a queue that point to no record."""
        log_end = self._opened.log.end
        for offset in range(queue.lowest, queue.stored):
            position, size, _ = self._unit(queue, offset)
            if size == NO_MESSAGE or self._is_met(queue, offset, position, size):
                continue
            where = f"{queue.topic}:{queue.queue_id} offset {offset}"
            mends = not self._opened.clean and position >= log_end
            self.report.add("queues", where, f"no such record is at {position}", mends=mends)

    def _is_met(self, queue: ConsumeQueue, offset: int, position: int, size: int) -> bool:
        """Whether the unit's record is there, and says that it belongs to it."""
        segment = self._opened.segments.at(position)
        if segment is None or position + size > segment.end:
            return False
        try:
            found = decode_record(segment.file.read(position - segment.start, size))
        except MalformedRecord:
            return False
        place = (found.topic, found.queue_id, found.queue_offset, found.position, found.size)
        return place == (queue.topic, queue.queue_id, offset, position, size)

    # The rest

    def _check_checkpoint(self) -> None:
        report, files = self.report, self._opened.files
        data = read_whole(files, CHECKPOINT_PATH)
        if data is None or len(data) != CHECKPOINT_SIZE:
            what = "is not there" if data is None else f"has {len(data)} bytes, not {CHECKPOINT_SIZE}"
            report.add("checkpoint", CHECKPOINT_PATH, what, mends=True)
            return
        times = Checkpoint.load(files)
        newest = max(report.last_time, 0) + TOLERANCE
        named = (("log", times.log_time), ("queues", times.queues_time), ("index", times.index_time))
        for name, time in named:
            if time < 0 or (time > newest and report.records):
                what = f"says {time} of the {name}; the newest message was stored at {report.last_time}"
                report.add("checkpoint", CHECKPOINT_PATH, what, mends=not self._opened.clean)
        mark = load_mark(files)
        if mark is not None and mark.end > report.log_end:
            what = f"says that the log was on the disk up to {mark.end}; it ends at {report.log_end}"
            report.add("checkpoint", "rmqtw/mark.json", what)

    def _check_documents(self) -> None:
        files = self._opened.files
        for name in files.list(CONFIG):
            if not name.endswith(".json"):
                continue
            self.report.documents += 1
            if not is_document(read_whole(files, f"{CONFIG}/{name}")):
                kept = is_document(read_whole(files, f"{CONFIG}/{name}.bak"))
                what = "is no JSON object; its .bak is" if kept else "is no JSON object, nor is its .bak"
                self.report.add("config", f"{CONFIG}/{name}", what, mends=kept)


def is_document(data: bytes | None) -> bool:
    """Whether these bytes are a JSON object, as fastjson writes it."""
    try:
        return isinstance(fastjson.loads(data or b"", limit=SIZE_LIMIT), dict)
    except fastjson.MalformedJson:
        return False
