"""The store on files: an `IStore` whose folder a Java broker can open, and the reverse.

Below `<root>`, as Java has them: `commitlog/`, `consumequeue/<topic>/<queue>/`, `checkpoint`, `lock`,
and `abort` while a broker runs; `rmqtw/` holds what only this project needs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from typing import Any

from twisted.internet.defer import Deferred, inlineCallbacks, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from rmqtw.interfaces.storage import (
    Accept,
    Appended,
    Bounds,
    IChores,
    IFiles,
    IRetention,
    IStore,
    Listener,
    Waiter,
)
from rmqtw.store import queries, rawlog
from rmqtw.store.checkpoint import Checkpoint, load_mark
from rmqtw.store.chores import AtOnce
from rmqtw.store.commitlog import FOLDER, CommitLog
from rmqtw.store.cutting import cut_log
from rmqtw.store.errors import StoreLocked, StoreUnavailable
from rmqtw.store.indexing import Indexing
from rmqtw.store.indexquery import find_key
from rmqtw.store.queues import ConsumeQueues
from rmqtw.store.reading import Reader
from rmqtw.store.records import TagsCode, tags_code_by
from rmqtw.store.recovery import Recovery, StartSummary
from rmqtw.store.retention import Retention
from rmqtw.store.segments import Segments
from rmqtw.store.settings import StoreSettings
from rmqtw.store.writing import Schedules, Writing
from rmqtw.wire.messages import Message

LOCK_PATH = "lock"
ABORT_PATH = "abort"

_log = Logger()


@implementer(IStore, IRetention)
class FileStore:
    """Messages in files, see `IStore`.

    `wall()` is milliseconds of the wall clock; `chores` and `flusher` are where blocking work is done
    (without them it is done at once, on the caller's thread). `in_trouble(reason)` is called once, when
    an error of the disk ends all writing until a restart; `trouble` then holds the reason.
    """

    def __init__(
        self,
        files: IFiles,
        clock: IReactorTime,
        wall: Callable[[], int],
        end_of_turn: Schedules,
        settings: StoreSettings | None = None,
        *,
        chores: IChores | None = None,
        flusher: IChores | None = None,
        tags_code: TagsCode | None = None,
        in_trouble: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.files = files
        self.settings = settings if settings is not None else StoreSettings()
        self._chores = chores if chores is not None else AtOnce()
        self._flusher = flusher if flusher is not None else AtOnce()
        self._tags_code = tags_code if tags_code is not None else tags_code_by()
        self._lock: Any = None
        self._stopping = False
        self._segments = Segments(files, FOLDER, self.settings.segment_size, real=True)
        self.log = CommitLog(self._segments, self._chores)
        self.queues = ConsumeQueues(files, self.settings.queue_file_size)
        self._reader = Reader(self._chores)
        self.writing = Writing(
            clock,
            wall,
            end_of_turn,
            files=files,
            log=self.log,
            queues=self.queues,
            settings=self.settings,
            tags_code=self._tags_code,
            chores=self._chores,
            flusher=self._flusher,
            in_trouble=in_trouble,
        )
        self.index = self._make_index(clock, wall)
        self.retention = Retention(
            clock,
            wall,
            writing=self.writing,
            files=files,
            index=self.index,
            chores=self._chores,
            settings=self.settings,
        )

    def _make_index(self, clock: IReactorTime, wall: Callable[[], int]) -> Indexing:
        return Indexing(
            clock,
            wall,
            files=self.files,
            log=self.log,
            chores=self._chores,
            settings=self.settings,
            readable=lambda: self.writing.readable,
            save_time=self.writing.upkeep.save_index_time,
        )

    @property
    def trouble(self) -> str | None:
        """Why the disk is not written to any more; None while it is."""
        return self.writing.trouble

    @property
    def readable(self) -> int:
        """The position up to which the log is written and its messages can be read."""
        return self.writing.readable

    @property
    def durable(self) -> int:
        """The position up to which the log survives a power loss."""
        return self.writing.flusher.durable

    # Lifecycle

    def start(self) -> StartSummary:
        """Open the files and bring log and queues together; blocks until that is done.

        Raises `StoreLocked` when another broker works on the folder, `StoreUnavailable` when it cannot
        be read or written, `StoreDamaged` when a file has a shape that no broker leaves behind.
        """
        self._take_lock()
        try:
            return self._open()
        except BaseException as problem:
            self._close()
            if isinstance(problem, OSError):
                raise StoreUnavailable(problem.filename or self.files.root, problem) from problem
            raise

    def _take_lock(self) -> None:
        try:
            self._lock = self.files.lock(LOCK_PATH)
        except BlockingIOError:
            raise StoreLocked(self.files.root) from None
        except OSError as problem:
            raise StoreUnavailable(self.files.root, problem) from problem

    def _open(self) -> StartSummary:
        clean = not self.files.exists(ABORT_PATH)
        self._segments.load()
        self.queues.load(self._segments.start)
        summary = StartSummary(self.files.root, clean)
        recovery = Recovery(self.files, self._segments, self.queues, self._tags_code, summary)
        recovery.run(load_mark(self.files), Checkpoint.load(self.files))
        self._set_abort()
        self.writing.start(summary)
        if self.settings.index:
            self.writing.listeners.insert(0, self.index.appended)
            self.index.start(clean=clean)
        self.retention.start()
        return summary

    def _set_abort(self) -> None:
        """Leave the sign that tells the next start, ours or Java's, if this one did not end well."""
        file = self.files.open(ABORT_PATH, create=True)
        file.resize(0)
        file.write(0, [str(os.getpid()).encode()])
        file.sync()
        file.close()
        self.files.sync_directory("")

    def stop(self) -> Deferred[None]:
        """Bring everything to the disk and close; a second call does nothing.

        A Deferred of None. It does not fail: what could not be saved is logged, and `abort` stays, so
        that the next start reads the log.
        """
        if self._lock is None or self._stopping:
            return succeed(None)
        self._stopping = True
        return self._stop()

    @inlineCallbacks
    def _stop(self) -> Generator[Any, Any, None]:
        self.writing.end_turn()
        self.writing.refuse("the store is stopping")
        self.writing.upkeep.stop()
        yield self.retention.stop()
        yield self.index.stop()
        try:
            yield self.writing.upkeep.save()
            self._chores.stop()
            self._drop_unused()
            if self.trouble is None:
                self._remove_abort()
        except OSError as problem:
            root = self.files.root
            _log.error("The store {root} was not stopped cleanly: {cause}", root=root, cause=problem)
        finally:
            self._close()

    def _drop_unused(self) -> None:
        """Remove the file made ahead, as Java does."""
        segment = self._segments.at(self.log.end)
        if segment is not None:
            self._segments.drop_after(segment.end)

    def _remove_abort(self) -> None:
        self.files.remove(ABORT_PATH)
        self.files.sync_directory("")

    def _close(self) -> None:
        self.retention.stop()
        self.index.close()
        self.writing.stop()
        self._chores.stop()
        self._flusher.stop()
        self._segments.close()
        self.queues.close()
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()

    # Writing

    def append(self, messages: Sequence[Message]) -> list[Appended]:
        return self.writing.append(messages)

    def append_raw(self, position: int, data: bytes) -> None:
        self.writing.append_raw(position, data)

    def when_durable(self, position: int, waiter: Waiter, *, flush: bool) -> None:
        self.writing.when_durable(position, waiter, flush=flush)

    def subscribe(self, listener: Listener) -> None:
        self.writing.listeners.append(listener)

    # Reading

    def read(
        self,
        topic: str,
        queue_id: int,
        queue_offset: int,
        max_count: int,
        max_bytes: int,
        accept: Accept | None = None,
    ) -> Any:
        queue = self.queues.table.get((topic, queue_id))
        nothing = queries.outside(self.bounds(topic, queue_id), queue_offset)
        if nothing is not None:
            return nothing
        return self._reader.run(
            queries.read_queue, self.log, queue, queue_offset, max_count, max_bytes, accept
        )

    def bounds(self, topic: str, queue_id: int) -> Bounds | None:
        queue = self.queues.table.get((topic, queue_id))
        return queue.bounds() if queue is not None and queue.visible else None

    def find_time(self, topic: str, queue_id: int, timestamp: int, *, upper: bool = False) -> Any:
        queue = self.queues.table.get((topic, queue_id))
        return 0 if queue is None else self._reader.run(queries.find_time, self.log, queue, timestamp, upper)

    def slice(self, position: int, size: int) -> Any:
        return self._reader.run(queries.slice_log, self.log, position, size)

    def record_at(self, position: int) -> Any:
        return self._reader.run(queries.record_at, self.log, self.queues, position)

    def find_key(self, topic: str, key: str, max_count: int, begin: int, end: int) -> Any:
        return self.index.reached().addCallback(lambda _: self._find_key(topic, key, max_count, begin, end))

    def _find_key(self, *args: Any) -> Any:
        return self._reader.run(find_key, self.log, self.index.files.opened, *args)

    def epochs(self) -> Sequence[tuple[int, int]]:
        return ()

    # Removing

    def delete_expired(self) -> Deferred[int]:
        return self.retention.delete_expired()

    def clean_queues(self) -> Deferred[int]:
        return self.retention.clean_queues()

    def remove_topics(self, unused: Callable[[str], bool]) -> Deferred[int]:
        return self.retention.remove_topics(unused)

    # Cutting

    def truncate(self, position: int) -> Deferred[None]:
        self.writing.refuse("the log is being cut")
        return self.index.lock.run(self.writing.upkeep.lock.run, self._truncate, position)

    @inlineCallbacks
    def _truncate(self, position: int) -> Generator[Any, Any, None]:
        self.writing.refuse("the log is being cut")  # an earlier cut may have ended since
        try:
            yield self._quiet()
            self._cut(position)
        finally:
            self.writing.refuse(None)

    @inlineCallbacks
    def _quiet(self) -> Generator[Any, Any, None]:
        """Wait until nobody works on the log's files."""
        self.writing.end_turn()
        yield self.writing.flusher.when_idle()
        yield self.log.when_prepared()

    def _cut(self, position: int) -> None:
        if not rawlog.is_boundary(self.log, position):
            raise ValueError(f"position {position} is no place between two records of the log")
        self.writing.upkeep.forget(position)
        cut_log(self.files, self._segments, position)
        for queue in self.queues:
            queue.cut_log(position)
        self.index.cut(position)
        self.writing.reset(position)
