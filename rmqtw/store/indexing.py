"""Keeping the index: what was written to the log gets into it soon after, and never on the way of a send.

Slices of log are read, hashed and written by chores, one at a time and short ones, so that the reactor's
thread is not kept waiting. How far the index is on the disk is remembered in `rmqtw/index.json`, and for
Java in the checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any

from twisted.internet.defer import Deferred, DeferredLock, inlineCallbacks, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from rmqtw.interfaces.storage import Appended, IChores, IFiles
from rmqtw.store.commitlog import CommitLog
from rmqtw.store.indexfile import DamagedIndex, Geometry, IndexFile, IndexHeader
from rmqtw.store.indexfiles import IndexFiles, IndexMark, load_index_mark, save_index_mark
from rmqtw.store.indexkeys import Scanned, scan
from rmqtw.store.indexstart import IndexStart, start_index
from rmqtw.store.settings import StoreSettings

SLICE_BYTES = 256 * 1024
SLICE_RECORDS = 256
"""What one chore reads at most: a millisecond or two of work."""

FAR_BEHIND = 32 * 1024 * 1024
"""Log that is not in the index, above which slices follow each other without a pause."""

BREATH = 0.005
"""Seconds between slices while more than one is to be read: others need the interpreter, too."""

MARK_EVERY = 10.0
"""The longest, in seconds, that index entries stay where a power loss would make them be built again."""

RETRY_AFTER = 30.0
WAIT_FOR_INDEX = 1.0
"""The longest, in seconds, that a search waits for what was written before it to get into the index."""

_log = Logger()


class Indexing:
    """The index of one store.

    `position` is the place in the log that it has come to. `readable()` is the log's end for readers,
    `save_time(milliseconds)` brings Java's mark into the checkpoint, a Deferred. A disk error in the index
    does not concern the log: it is logged, and the work taken up again later.
    """

    def __init__(
        self,
        clock: IReactorTime,
        wall: Callable[[], int],
        *,
        files: IFiles,
        log: CommitLog,
        chores: IChores,
        settings: StoreSettings,
        readable: Callable[[], int],
        save_time: Callable[[int], Deferred[None]],
    ) -> None:
        self.position = 0
        self.lock = DeferredLock()
        """Held by whoever works on the index's files, or takes the log's files away."""
        self._clock = clock
        self._files = files
        self._log = log
        self._chores = chores
        self._settings = settings
        self._readable = readable
        self._save_time = save_time
        self._geometry = Geometry(settings.index_slots, settings.index_entries)
        self._wall = wall
        self.files = self._new_files()
        self._call: IDelayedCall | None = None
        self._running = False
        self._on = False
        self._reopen = False
        self._gaps: list[tuple[int, int]] = []
        self._known: frozenset[int] = frozenset()
        self._unsynced: set[IndexFile] = set()
        self._marked = (-1, 0.0)  # the position remembered last, and when that was
        self._waiting: list[tuple[int, Deferred[None]]] = []

    def _new_files(self) -> IndexFiles:
        return IndexFiles(self._files, self._geometry, self._wall, self._settings.zone)

    def start(self, *, clean: bool) -> None:
        """Begin, in the background; everything up to `readable()` will be in the index."""
        self._on = True
        self._marked = (-1, self._clock.seconds())
        self._work(self._open, clean)

    def appended(self, _batch: Sequence[Appended]) -> None:
        """The log has grown."""
        if not self._on or self._running:
            return
        soon = self._settings.index_interval
        if self._call is None:
            self._call = self._clock.callLater(soon, self._due)
        elif not self._reopen and self._call.getTime() > self._clock.seconds() + soon:
            self._call.reset(soon)

    def reached(self) -> Deferred[None]:
        """Fires when what is in the log now is in the index, or after a second; never fails."""
        wanted = self._readable()
        if not self._on or self.position >= wanted:
            return succeed(None)
        done: Deferred[None] = Deferred(lambda _: done.callback(None))
        done.addTimeout(WAIT_FOR_INDEX, self._clock).addErrback(lambda _: None)
        self._waiting.append((wanted, done))
        self._hurry()
        return done

    def _hurry(self) -> None:
        if not self._running:
            self._cancel()
            self._due()

    def _due(self) -> None:
        self._call = None
        self._work(self._step)

    def _work(self, step: Callable[..., Any], *args: Any) -> None:
        self._running = True
        done: Deferred[Any] = self.lock.run(step, *args)
        done.addErrback(self._failed)
        done.addCallback(self._next)

    def _next(self, pause: float | None) -> None:
        """Go on after a step, in `pause` seconds; at once when somebody waits."""
        self._running = False
        self._tell()
        if self._on and pause is None:
            pause = self._pause()
        if self._on and pause is not None and self._call is None:
            self._call = self._clock.callLater(pause, self._due)

    def _pause(self) -> float | None:
        """How long the next step may wait; None when there is nothing to do."""
        behind = self._readable() - self.position
        if behind > FAR_BEHIND or self._waiting or self._gaps:
            return 0.0
        if behind > SLICE_BYTES // 4:
            return BREATH
        if behind > 0:
            return self._settings.index_interval
        return MARK_EVERY if self._marked[0] != self.position else None

    def _tell(self) -> None:
        ready = [one for wanted, one in self._waiting if wanted <= self.position]
        self._waiting = [(wanted, one) for wanted, one in self._waiting if wanted > self.position]
        for one in ready:
            if not one.called:
                one.callback(None)

    def _failed(self, failure: Failure) -> float:
        """The files may hold half a change: they are opened again, as after a kill."""
        failure.trap(OSError, DamagedIndex, ValueError)
        _log.error("The index waits, the disk failed it: {cause}", cause=failure.getErrorMessage())
        self.files.close()
        self.files = self._new_files()
        self._unsynced = set()
        self._gaps = []
        self._reopen = True
        return RETRY_AFTER

    @inlineCallbacks
    def _open(self, clean: bool) -> Generator[Any, Any, None]:
        self._reopen = True
        start: IndexStart = yield self._chores.run(
            _open_files, self._files, self.files, clean, self._log.start, self._readable()
        )
        self._reopen = False
        self.position, self._gaps, self._known = start.position, list(start.gaps), start.known
        if start.problem:
            _log.warn("The index is made again from the log: {problem}", problem=start.problem)

    @inlineCallbacks
    def _step(self) -> Generator[Any, Any, None]:
        if self._reopen:
            yield self._open(False)
        elif self._gaps:
            yield self._check_gap()
        else:
            yield self._slice()

    @inlineCallbacks
    def _check_gap(self) -> Generator[Any, Any, None]:
        """Read a little of the log nobody vouches for; a key in it means that the index is not whole."""
        start, end = self._gaps[0]
        start = max(start, self._log.start)
        scanned = yield self._scan(start, min(end, self._readable()))
        if any(entry.position not in self._known for entry in scanned.entries):
            self._gaps = []
            _log.warn("The index lacks messages; it is made again from the log")
            yield self._chores.run(self.files.remove_all)
            self.position = self._log.start
        elif scanned.end <= start or scanned.end >= end:
            del self._gaps[0]
        else:
            self._gaps[0] = (scanned.end, end)

    @inlineCallbacks
    def _slice(self) -> Generator[Any, Any, None]:
        start, end = max(self.position, self._log.start), self._readable()
        if start < end:
            scanned = yield self._scan(start, end)
            if scanned.entries:
                yield self._add(scanned)
            self._pass(start, scanned)
        if self._marked[0] != self.position and self._clock.seconds() - self._marked[1] >= MARK_EVERY:
            yield self._save()

    def _pass(self, start: int, scanned: Scanned) -> None:
        """Go on behind what was read; over what cannot be read, to the next file of the log."""
        self.position = scanned.end
        if scanned.problem is not None or scanned.end <= start:
            segment = self._log.segments.at(scanned.end)
            _log.error("The index skips the rest of a log file: {problem}", problem=scanned.problem)
            self.position = min(segment.end, self._readable()) if segment is not None else self._readable()

    @inlineCallbacks
    def _add(self, scanned: Scanned) -> Generator[Any, Any, None]:
        headers: dict[IndexFile, IndexHeader] = yield self._chores.run(self.files.write, scanned.entries)
        self._unsynced.update(headers)

    @inlineCallbacks
    def _scan(self, start: int, end: int) -> Generator[Any, Any, Scanned]:
        """Read from `start`, not beyond `end` and the log file there."""
        segment = self._log.segments.at(start)
        if segment is None:
            return Scanned([], end, problem=f"position {start} is not in the log")
        size = min(end, segment.end) - start
        place = segment.file, start - segment.start
        scanned: Scanned = yield self._chores.run(_scan, *place, min(size, SLICE_BYTES), start)
        if scanned.end == start and scanned.needed:
            scanned = yield self._chores.run(_scan, *place, min(size, scanned.needed), start)
        return scanned

    def save(self) -> Deferred[None]:
        """Bring the index to the disk and remember it. A Deferred of None; fails with OSError."""
        saved: Deferred[None] = self.lock.run(self._save)
        return saved

    @inlineCallbacks
    def _save(self) -> Generator[Any, Any, None]:
        if self._reopen or self._gaps:
            return
        self._marked = (self.position, self._clock.seconds())
        changed, self._unsynced = self._unsynced & set(self.files), set()
        mark = self.files.mark(self.position)
        yield self._chores.run(_save, self._files, self.files, changed, mark)
        newest = self.files.newest
        if newest is not None and newest.header.end_time > 0:
            yield self._save_time(newest.header.end_time)

    def drop_files(self, log_start: int) -> int:
        """Remove the files that know only of messages before `log_start`; how many.

        Any thread may, with the lock held. Raises OSError.
        """
        return 0 if self._reopen or not self._on else self.files.drop_expired(log_start)

    def cut(self, position: int) -> None:
        """The log is being cut at `position`, with the lock held. Blocks; raises OSError."""
        if self._reopen or not self._on:
            return
        try:
            self.files.cut(position)
        except DamagedIndex:
            self.files.remove_all()
            self.position = self._log.start
        self.position = min(self.position, position)
        self._gaps = [(start, end) for start, end in self._gaps if end <= position]
        save_index_mark(self._files, self.files.mark(self.position))

    @inlineCallbacks
    def stop(self, seconds: float = 10.0) -> Generator[Any, Any, None]:
        """Catch up, for so long at most, save and close. Fires when that is done; never fails."""
        if not self._on:
            return
        self._on = False
        self._cancel()
        try:
            yield self.lock.run(self._finish, self._clock.seconds() + seconds)
        except (OSError, DamagedIndex, ValueError) as problem:
            _log.error("The index was not saved, and will be mended: {cause}", cause=problem)
        finally:
            self.close()

    @inlineCallbacks
    def _finish(self, until: float) -> Generator[Any, Any, None]:
        while self.position < self._readable() and self._clock.seconds() < until and not self._reopen:
            yield self._step()
        yield self._save()

    def close(self) -> None:
        """Close the files."""
        self._on = False
        self._cancel()
        self.files.close()
        waiting, self._waiting = self._waiting, []
        for _, one in waiting:
            if not one.called:
                one.callback(None)

    def _cancel(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            call.cancel()


def _open_files(files: IFiles, index: IndexFiles, clean: bool, log_start: int, log_end: int) -> IndexStart:
    mark = load_index_mark(files)
    return start_index(index, mark, clean=clean, log_start=log_start, log_end=log_end)


def _scan(file: Any, offset: int, size: int, position: int) -> Scanned:
    return scan(file.read(offset, size), position, SLICE_RECORDS)


def _save(files: IFiles, index: IndexFiles, changed: set[IndexFile], mark: IndexMark) -> None:
    index.sync(changed)
    save_index_mark(files, mark)
