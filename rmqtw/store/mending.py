"""Mending a stopped store: what any start does, and what a start has no time for.

A start reads the log from where everything was on the disk. Here queues are compared with all of the log,
an index with damage is made again from it, and a document that cannot be read gives way to its `.bak`. What
is damaged in the log stays as it is: there is nothing that it could be made again from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import attrs
from twisted.internet.interfaces import IReactorTime

from rmqtw.interfaces.storage import IFiles
from rmqtw.store.checking import CONFIG, check_store, is_document
from rmqtw.store.commitlog import FOLDER as LOG_FOLDER
from rmqtw.store.cutting import CUT_FOLDER
from rmqtw.store.errors import StoreUnavailable
from rmqtw.store.filestore import FileStore
from rmqtw.store.findings import Progress, Report
from rmqtw.store.indexfile import Geometry
from rmqtw.store.indexfiles import IndexFiles
from rmqtw.store.inspection import WholeLog, take_lock
from rmqtw.store.overlay import Change, Overlay
from rmqtw.store.queues import ConsumeQueue, ConsumeQueues
from rmqtw.store.records import is_queued, tags_code_by
from rmqtw.store.recovery import StartSummary
from rmqtw.store.segments import Segments
from rmqtw.store.settings import StoreSettings
from rmqtw.store.wholefile import read_whole, write_whole
from rmqtw.wire.messages import StoredMessage

DEFAULTS = StoreSettings()


@attrs.define
class Mended:
    """What was done, or would be. `index_again`: the index is made again from the log."""

    before: Report
    start: StartSummary | None = None
    units: int = 0
    index_again: bool = False
    documents: list[str] = attrs.field(factory=list)
    changes: list[Change] = attrs.field(factory=list)

    def lines(self) -> list[str]:
        """For people, one thing a line; nothing for a store that needs no mending."""
        said = [] if self.start is None else _start_lines(self.start)
        if self.units:
            said.append(f"consume queues: {self.units} units are written that were missing or wrong")
        if self.index_again:
            said.append("index: all files are removed, and made again from the log")
        said += [f"{path}: replaced by its .bak" for path in self.documents]
        return said


def _start_lines(start: StartSummary) -> list[str]:
    said = []
    if not start.clean:
        said.append(f"the sign of a killed broker is taken away; {start.records} records are read for that")
    if start.units_made or start.units_cut:
        said.append(f"consume queues: {start.units_made} units are made, {start.units_cut} cut off")
    if start.bytes_cut:
        said.append(f"log: {start.bytes_cut} bytes are cut off, kept in {', '.join(start.set_aside)}")
    if start.problem:
        said.append(f"log: it ends at {start.log_end}: {start.problem}")
    return said


class AtOnceTurns:
    """Ends of turns, for a store that nobody appends to."""

    def schedule(self, function: Callable[[], None]) -> None:
        """Call it now."""
        function()


def would_mend(
    files: IFiles, clock: IReactorTime, wall: Callable[[], int], progress: Progress,
    settings: StoreSettings = DEFAULTS,
) -> Mended:  # fmt: skip
    """What `mend` would do; `files` are only read. Raises as `mend` does."""
    overlay = Overlay(files)
    mended = _mend(overlay, clock, wall, progress, attrs.evolve(settings, index=False))
    mended.changes = [change for change in overlay.changes() if not change.path.startswith("rmqtw/")]
    return mended


def mend(
    files: IFiles, clock: IReactorTime, wall: Callable[[], int], progress: Progress,
    settings: StoreSettings = DEFAULTS,
) -> Mended:  # fmt: skip
    """Mend the store, and leave it as a broker that was stopped leaves it. The clock may stand still.

    Raises `StoreLocked` while a broker works on it, `StoreUnavailable` when it cannot be read or written.
    """
    return _mend(files, clock, wall, progress, settings)


def _mend(
    files: IFiles, clock: IReactorTime, wall: Callable[[], int], progress: Progress, settings: StoreSettings
) -> Mended:
    geometry = Geometry(settings.index_slots, settings.index_entries)
    mended = Mended(check_store(files, progress, geometry))
    if mended.before.clean and not mended.before.findings:
        return mended
    mended.documents = _mend_documents(files)
    mended.index_again = mended.before.damage["index"] > 0
    if mended.index_again:
        IndexFiles(files, geometry, wall).remove_all()
    mended.units = _mend_queues(files, settings)
    store = FileStore(files, clock, wall, AtOnceTurns(), settings)
    mended.start = store.start()
    store.stop()
    return mended


def _mend_queues(files: IFiles, settings: StoreSettings) -> int:
    """Give the queues what the log has for them; how many units that are."""
    lock = take_lock(files)
    try:
        mending = QueueMending(files, settings)
        try:
            return mending.run()
        finally:
            mending.close()
    except OSError as problem:
        raise StoreUnavailable(problem.filename or files.root, problem) from problem
    finally:
        lock.release()


class QueueMending:
    """Compares all queues with all of the log. A queue that begins too late is made anew."""

    def __init__(self, files: IFiles, settings: StoreSettings) -> None:
        self._segments = Segments(files, LOG_FOLDER, settings.segment_size, real=True)
        self._queues = ConsumeQueues(files, settings.queue_file_size)
        self._segments.load()
        self._queues.load(self._segments.start)
        self._tags_code = tags_code_by()

    def run(self) -> int:
        """Write the units that are missing or wrong; how many."""
        late: set[ConsumeQueue] = set()
        count = sum(self._put(message, late) for message in self._records())
        for queue in late:
            del self._queues.table[queue.topic, queue.queue_id]
            queue.take_all(f"{CUT_FOLDER}/queues")
        again = {(queue.topic, queue.queue_id) for queue in late}
        if again:
            count += sum(
                self._put(message, set())
                for message in self._records()
                if (message.topic, message.queue_id) in again
            )
        for queue in self._queues:
            _settle(queue)
        return count

    def _records(self) -> Iterator[StoredMessage]:
        log = WholeLog(self._segments, self._queues)
        return (message for message in log.records(self._segments.start) if is_queued(message.sys_flag))

    def _put(self, message: StoredMessage, late: set[ConsumeQueue]) -> bool:
        """See to it that a record's queue has its unit; False when it had."""
        queue, offset = self._queues.of(message.topic, message.queue_id), message.queue_offset
        if offset < queue.lowest:
            late.add(queue)
            return False
        if not queue.can_hold(offset):
            return False
        return queue.rebuild(offset, message.position, message.size, self._tags_code(message))

    def close(self) -> None:
        """Close the files."""
        self._segments.close()
        self._queues.close()


def _settle(queue: ConsumeQueue) -> None:
    """Bring what was added to the files."""
    offset, units = queue.pending()
    queue.write(offset, units)
    queue.written(queue.next - offset)
    queue.sync()


def _mend_documents(files: IFiles) -> list[str]:
    """Replace what is no JSON by its `.bak`, where that is; which ones."""
    mended = []
    for name in files.list(CONFIG):
        path = f"{CONFIG}/{name}"
        if name.endswith(".json") and not is_document(read_whole(files, path)):
            kept = read_whole(files, f"{path}.bak")
            if kept is not None and is_document(kept):
                write_whole(files, path, kept)
                mended.append(path)
    return mended
