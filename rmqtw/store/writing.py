"""Appending: what a reactor turn collects is staged, written at its end, then seen, flushed and told."""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from typing import Protocol

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from rmqtw.interfaces.storage import Appended, IChores, IFiles, Listener, PutStatus, Waiter
from rmqtw.store import rawlog
from rmqtw.store.commitlog import CommitLog, Mark
from rmqtw.store.flushing import Flusher
from rmqtw.store.queues import ConsumeQueue, ConsumeQueues
from rmqtw.store.records import UNQUEUED, TagsCode, is_queued
from rmqtw.store.recovery import StartSummary
from rmqtw.store.settings import StoreSettings
from rmqtw.store.upkeep import Place, Upkeep
from rmqtw.store.waiters import Waiters
from rmqtw.wire.errors import MessageIllegal, ServiceNotAvailable, SystemBusy
from rmqtw.wire.messages import TRANSACTION_MASK, Message, StoredMessage, encode_record

EARLY_WRITE = 1024 * 1024
"""Staged bytes that are written without waiting for the end of the turn."""

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)

_log = Logger()


class Schedules(Protocol):
    """What ends a reactor turn (`net.turns.EndOfTurn`)."""

    def schedule(self, function: Callable[[], None]) -> None:
        """Call `function` at the end of this turn, in order."""


class Writing:
    """The writing half of a `FileStore`.

    `readable` is the position up to which the log is written and its messages can be read; `trouble`
    says why the disk is not written to any more, and `in_trouble(trouble)` is called when that begins.
    """

    def __init__(
        self,
        clock: IReactorTime,
        wall: Callable[[], int],
        end_of_turn: Schedules,
        *,
        files: IFiles,
        log: CommitLog,
        queues: ConsumeQueues,
        settings: StoreSettings,
        tags_code: TagsCode,
        chores: IChores,
        flusher: IChores,
        in_trouble: Callable[[str], None],
    ) -> None:
        self.readable = 0
        self.trouble: str | None = None
        self.full: str | None = None
        """Why there is no room for more messages; None while there is."""
        self.listeners: list[Listener] = []
        self.log = log
        self.queues = queues
        self._root = files.root
        self._wall = wall
        self._end_of_turn = end_of_turn
        self._tags_code = tags_code
        self._in_trouble = in_trouble
        self._settings = settings
        self._refusing: str | None = "the store is not started"
        self._scheduled = False
        self._batch: list[Appended] = []  # staged
        self._fresh: list[Appended] = []  # written, listeners do not know yet
        self._changed: set[ConsumeQueue] = set()
        self._for_write = Waiters()
        self._for_flush = Waiters(clock, settings.flush_timeout)
        self.flusher = Flusher(
            clock,
            log,
            flusher,
            interval=settings.flush_interval,
            flushed=self._flushed,
            failed=self._disk_failed,
        )
        self.upkeep = Upkeep(
            clock, files, self.flusher, chores, settings=settings, failed=self._upkeep_failed
        )
        self._largest = 0
        self._last_time = 0

    @property
    def durable(self) -> int:
        """The position up to which the log survives a power loss."""
        return self.flusher.durable

    def start(self, summary: StartSummary) -> None:
        """Go on behind what was found at the start."""
        self.log.open_at(summary.log_end, summary.last)
        self._largest = min(self._settings.max_record_size, self.log.largest())
        self._last_time = summary.last_time
        self.readable = summary.log_end
        self.flusher.durable = summary.scanned_from
        self.flusher.note_written()
        self.upkeep.changed.update(queue for queue in self.queues if queue.unsynced)
        self.upkeep.start(self.place(), summary.scanned_from if summary.last >= 0 else 0)
        self.refuse(None)

    def refuse(self, reason: str | None) -> None:
        """Take no more messages, for this reason, or take them again."""
        self._refusing = reason if reason is not None else self.trouble

    def stop(self) -> None:
        """No more work by time; who still waits is told that nobody knows."""
        self.flusher.stop()
        self.upkeep.stop()
        self._for_flush.fail(PutStatus.SERVICE_NOT_AVAILABLE)

    def reset(self, position: int) -> None:
        """Go on at `position`, where the log was cut."""
        self.log.open_at(position, -1)
        self.flusher.cut(position)
        self.readable = position

    def place(self) -> Place:
        """Where the log stands at the end of a turn."""
        return Place(self.log.written, self.log.last_written, self._last_time)

    def append(self, messages: Sequence[Message]) -> list[Appended]:
        """See `IStore.append`."""
        self._admit()
        mark = self.log.mark()
        now = self._wall()
        appended: list[Appended] = []
        try:
            for message in messages:
                appended.append(self._put(message, now))  # noqa: PERF401  what was put is taken back on error
        except BaseException as problem:
            self._take_back(mark, appended, problem)
            raise
        self._last_time = now
        self._staged(appended)
        return appended

    def _put(self, message: Message, now: int) -> Appended:
        topic, queue_id = message.topic, message.queue_id
        queue = self.queues.table.get((topic, queue_id)) or self.queues.of(topic, queue_id)
        queued = message.sys_flag & TRANSACTION_MASK not in UNQUEUED
        offset = queue.next if queued else 0
        log = self.log
        position = log.end
        head, body, tail = encode_record(message, offset, position, now)
        size = len(head) + len(body) + len(tail)
        if size > self._largest:
            raise MessageIllegal(f"the record would have {size} bytes, the limit is {self._largest}")
        if log.claim(size) != position:  # it begins a new file
            position = log.last
            head, body, tail = encode_record(message, offset, position, now)
        log.staged += (head, body, tail)
        if queued:
            queue.put(position, size, message.tags_code)
            self._changed.add(queue)
        return Appended(topic, queue_id, offset, position, size, message.tags_code, now)

    def append_raw(self, position: int, data: bytes) -> None:
        """See `IStore.append_raw`."""
        self._admit()
        if position != self.log.end:
            raise ValueError(f"position {position} is not the log's end, {self.log.end}")
        messages = rawlog.parse(data, position, self.log.segments.size)
        rawlog.check_offsets(self.queues, messages)
        mark = self.log.mark()
        appended: list[Appended] = []
        try:
            rawlog.stage(self.log, position, data, messages)
            appended += [self._put_raw(message) for message in messages if is_queued(message.sys_flag)]
        except BaseException as problem:
            self._take_back(mark, appended, problem)
            raise
        self._staged(appended)

    def _put_raw(self, message: StoredMessage) -> Appended:
        queue = self.queues.of(message.topic, message.queue_id)
        offset, position, size = message.queue_offset, message.position, message.size
        tags_code = self._tags_code(message)
        queue.skip_to(offset)
        queue.put(position, size, tags_code)
        self._changed.add(queue)
        self._last_time = time = message.store_timestamp
        return Appended(message.topic, message.queue_id, offset, position, size, tags_code, time)

    def _admit(self) -> None:
        if self._refusing is not None:
            raise ServiceNotAvailable(self._refusing)
        if self.full is not None:
            raise ServiceNotAvailable(self.full)
        behind = self.log.end - self.flusher.durable
        if behind > self._settings.max_unflushed // 4:
            self.flusher.flush(self.log.written)
            if self.log.end - self.flusher.durable > self._settings.max_unflushed:
                raise SystemBusy(f"[PC_SYNCHRONIZED]the disk is {behind} bytes behind")

    def _take_back(self, mark: Mark, appended: list[Appended], problem: BaseException) -> None:
        self.log.rewind(mark)
        for one in reversed(appended):
            queue = self.queues.table[one.topic, one.queue_id]
            if queue.next == one.queue_offset + 1:
                queue.take_back()
        if isinstance(problem, OSError):
            raise ServiceNotAvailable(f"the log cannot grow: {problem.strerror}") from problem

    def _staged(self, appended: list[Appended]) -> None:
        self._batch += appended
        self._schedule()
        if self.log.unwritten() > EARLY_WRITE and not self._write():
            raise ServiceNotAvailable("the log could not be written")

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._end_of_turn.schedule(self.end_turn)

    def end_turn(self) -> None:
        """Write, let readers see, bring to the disk, tell who waits and who listens."""
        self._scheduled = False
        self._write()
        self._for_write.release(self.readable)
        self._flush_or_fail()
        fresh, self._fresh = self._fresh, []
        if fresh:
            for listener in self.listeners:
                _tell(listener, fresh)

    def _write(self) -> bool:
        """Write what is staged; False when that failed, and none of it counts."""
        try:
            self.log.write()
        except OSError as problem:
            self._not_written(problem)
            return False
        self.readable = self.log.written
        if self._batch:
            self._show()
        return True

    def _show(self) -> None:
        """Let readers see what was written."""
        self._fresh += self._batch
        self._batch = []
        for queue in self._changed:
            queue.show()
        self.upkeep.changed |= self._changed
        self._changed.clear()
        self.upkeep.note(self.place())
        self.flusher.note_written()

    def _flush_or_fail(self) -> None:
        if not len(self._for_flush):
            return
        if self.trouble is not None:
            self._for_flush.fail(PutStatus.SERVICE_NOT_AVAILABLE)
        else:
            self.flusher.flush(self._for_flush.furthest())
            self._flushed()

    def _flushed(self) -> None:
        self._for_flush.release(self.flusher.durable)

    def _not_written(self, problem: OSError) -> None:
        """What was staged does not count."""
        for queue in self._changed:
            queue.hide()
        self._changed.clear()
        self._batch = []
        self._for_write.fail(PutStatus.SERVICE_NOT_AVAILABLE, self.readable)
        self._for_flush.fail(PutStatus.SERVICE_NOT_AVAILABLE, self.readable)
        if problem.errno in _NO_ROOM:
            _log.warn("A message was refused, the log cannot grow: {cause}", cause=problem)
        else:
            self._disk_failed(problem)

    def _disk_failed(self, problem: OSError) -> None:
        """The disk has lost, or may have lost, what it was given: nothing is written any more."""
        if self.trouble is not None:
            return
        cause = problem.strerror
        self.trouble = f"the disk of the store {self._root} failed: {cause}; check it and restart"
        self.refuse(self.trouble)
        self._for_flush.fail(PutStatus.SERVICE_NOT_AVAILABLE)
        self._in_trouble(self.trouble)

    def _upkeep_failed(self, problem: OSError) -> None:
        if problem.errno in _NO_ROOM:
            _log.warn("Queues and checkpoint wait for room on the disk: {cause}", cause=problem)
        else:
            self._disk_failed(problem)

    def when_durable(self, position: int, waiter: Waiter, *, flush: bool) -> None:
        """See `IStore.when_durable`."""
        waiters = self._for_flush if flush and self._settings.sync_flush else self._for_write
        waiters.add(position, waiter)
        self._schedule()


def _tell(listener: Listener, batch: Sequence[Appended]) -> None:
    """Tell a listener; one that fails must not keep the others from hearing."""
    try:
        listener(batch)
    except Exception:  # noqa: BLE001  whatever it is, it is the listener's
        _log.failure("A listener to the store failed.")
