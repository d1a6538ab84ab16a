"""What a running store does now and then: queue units to files, and a new place to recover from."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, NamedTuple

from twisted.internet.defer import Deferred, DeferredLock, inlineCallbacks
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

from rmqtw.interfaces.storage import IChores, IFiles
from rmqtw.store.checkpoint import MARK_PATH, Checkpoint, LogMark, save_mark
from rmqtw.store.flushing import Flusher
from rmqtw.store.queues import UNIT_SIZE, ConsumeQueue
from rmqtw.store.settings import StoreSettings


class Place(NamedTuple):
    """A place in the log where a turn ended: the queues have, in memory, everything before it.

    `last` is where the last record starts (-1: not known), `time` its store time.
    """

    end: int
    last: int
    time: int


class Upkeep:
    """Periodic work on the queues' files and the checkpoint, one thing at a time.

    `failed(error)` is told of a disk error. Units that could not be written stay in memory, and are
    tried again.
    """

    def __init__(
        self,
        clock: IReactorTime,
        files: IFiles,
        flusher: Flusher,
        chores: IChores,
        *,
        settings: StoreSettings,
        failed: Callable[[OSError], None],
    ) -> None:
        self.changed: set[ConsumeQueue] = set()
        """Queues with units that only memory has."""
        self.lock = DeferredLock()
        """Held by whoever works on the queues' files."""
        self._clock = clock
        self._files = files
        self._flusher = flusher
        self._chores = chores
        self._settings = settings
        self._failed = failed
        self._unsynced: set[ConsumeQueue] = set()
        self._place = self._marked = Place(0, -1, 0)
        self._write_call: IDelayedCall | None = None
        self._mark_call: IDelayedCall | None = None

    def start(self, place: Place, marked: int) -> None:
        """Begin at `place`; the mark on the disk, if there is a good one, is at `marked`, else 0."""
        self._place = place
        self._marked = Place(marked, -1, 0)
        self._schedule()

    def note(self, place: Place) -> None:
        """The log has grown, up to here."""
        self._place = place
        if self._write_call is None or self._mark_call is None:
            self._schedule()

    def _schedule(self) -> None:
        if self._write_call is None and self.changed:
            self._write_call = self._clock.callLater(self._settings.queue_write_interval, self._write_due)
        if self._mark_call is None and self._place.end != self._marked.end:
            self._mark_call = self._clock.callLater(self._settings.checkpoint_interval, self._mark_due)

    def _write_due(self) -> None:
        self._write_call = None
        self.lock.run(self._write_units).addErrback(self._report).addBoth(lambda _: self._schedule())

    def _mark_due(self) -> None:
        self._mark_call = None
        self.save().addErrback(self._report).addBoth(lambda _: self._schedule())

    def _report(self, failure: Failure) -> None:
        failure.trap(OSError)
        assert isinstance(failure.value, OSError)
        self._failed(failure.value)

    def save(self) -> Deferred[None]:
        """Bring log and queues to the disk, up to where they are now, and say so in the checkpoint.

        A Deferred of None; fails with OSError.
        """
        saved: Deferred[None] = self.lock.run(self._save)
        return saved

    @inlineCallbacks
    def _save(self) -> Generator[Any, Any, None]:
        place = self._place
        yield self._write_units()
        yield self._flush(place.end)
        queues, self._unsynced = self._unsynced, set()
        yield self._chores.run(sync_queues, queues)
        yield self._chores.run(save_place, self._files, place)
        self._marked = place

    @inlineCallbacks
    def _write_units(self) -> Generator[Any, Any, None]:
        queues, self.changed = self.changed, set()
        work = [(queue, *queue.pending()) for queue in queues]
        try:
            yield self._chores.run(write_units, work)
        except OSError:
            self.changed |= queues
            raise
        self._unsynced |= queues
        for queue, _, units in work:
            queue.written(len(units) // UNIT_SIZE)

    @inlineCallbacks
    def _flush(self, position: int) -> Generator[Any, Any, None]:
        while self._flusher.durable < position:
            self._flusher.flush(position)
            yield self._flusher.when_idle()
            self._flusher.check()

    def forget(self, position: int) -> None:
        """The log is about to be cut at `position`, with the lock held: a mark behind it must go first."""
        self._place = Place(position, -1, self._place.time)
        if self._files.exists(MARK_PATH):
            self._files.remove(MARK_PATH)
            self._files.sync_directory(MARK_PATH.rpartition("/")[0])
        self._marked = Place(-1, -1, 0)

    def forget_queue(self, queue: ConsumeQueue) -> None:
        """A queue is given up, with the lock held."""
        self.changed.discard(queue)
        self._unsynced.discard(queue)

    def save_index_time(self, time: int) -> Deferred[None]:
        """Note in the checkpoint that the index, up to this store time, is on the disk.

        A Deferred of None; fails with OSError.
        """
        saved: Deferred[None] = self.lock.run(self._chores.run, save_index_time, self._files, time)
        return saved

    def stop(self) -> None:
        """No more work by time."""
        for call in (self._write_call, self._mark_call):
            if call is not None:
                call.cancel()
        self._write_call = self._mark_call = None


def write_units(work: list[tuple[ConsumeQueue, int, bytes]]) -> None:
    """Write each queue's units to its files."""
    for queue, offset, units in work:
        queue.write(offset, units)


def sync_queues(queues: set[ConsumeQueue]) -> None:
    """Make the queues' files survive a power loss."""
    for queue in queues:
        queue.sync()


def save_place(files: IFiles, place: Place) -> None:
    """Write mark and checkpoint: everything before `place` is on the disk."""
    if place.last < 0:
        return
    save_mark(files, LogMark(place.end, place.last))
    checkpoint = Checkpoint.load(files)
    checkpoint.log_time = checkpoint.queues_time = max(place.time, checkpoint.log_time)
    checkpoint.save(files)


def save_index_time(files: IFiles, time: int) -> None:
    """Write Java's mark for the index into the checkpoint."""
    checkpoint = Checkpoint.load(files)
    if checkpoint.index_time != time:
        checkpoint.index_time = time
        checkpoint.save(files)
