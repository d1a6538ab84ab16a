"""Removing what is old: log files, and after them the queue and index files that pointed into them.

Java: `DefaultMessageStore.CleanCommitLogService` and `CleanConsumeQueueService`. A log file is expired
when its youngest message, not the file, is older than the retention time. Expired files go in the hours
set for it, or at once when the disk is filling up; the oldest files of all go when it is nearly full. The
file that is written to never goes, nor one that is not on the disk yet.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import datetime
from typing import Any

from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from rmqtw.interfaces.storage import IChores, IFiles, IRetention
from rmqtw.store.diskspace import DiskSpace
from rmqtw.store.indexing import Indexing
from rmqtw.store.queries import stored_at
from rmqtw.store.queues import ConsumeQueue
from rmqtw.store.removal import TopicRemoval, remove_left_over
from rmqtw.store.repeating import Repeating
from rmqtw.store.segments import Segment
from rmqtw.store.settings import StoreSettings
from rmqtw.store.trustedclock import TrustedClock
from rmqtw.store.writing import Writing

BATCH = 10
"""Log files that one round removes at most (Java: `deleteFileBatchMax`)."""

QUEUES_AT_ONCE = 200

_log = Logger()


@implementer(IRetention)
class Retention:
    """The retention of one store; `space` knows how full the disk is."""

    def __init__(
        self,
        clock: IReactorTime,
        wall: Callable[[], int],
        *,
        files: IFiles,
        writing: Writing,
        index: Indexing,
        chores: IChores,
        settings: StoreSettings,
    ) -> None:
        self.space = DiskSpace(files, settings)
        self._wall = wall
        self._trusted = TrustedClock(clock, wall)
        self._files = files
        self._writing = writing
        self._log = writing.log
        self._queues = writing.queues
        self._index = index
        self._chores = chores
        self._settings = settings
        self._removal = TopicRemoval(files, writing, chores)
        self._watching = Repeating(clock, settings.watch_interval, self._watch)
        self._cleaning = Repeating(clock, settings.clean_interval, self._clean)
        self._times: dict[int, int] = {}
        self._on = False

    def start(self) -> None:
        """Begin to look at the disk, now and from time to time."""
        self._on = True
        self._trusted.now()
        self._chores.run(remove_left_over, self._files).addErrback(self._report)
        self._watching.start(now=True)
        self._cleaning.start(now=False)

    def stop(self) -> Deferred[None]:
        """No more work by time. Fires when nothing is being removed; never fails."""
        self._on = False
        self._watching.stop()
        self._cleaning.stop()
        idle: Deferred[None] = self._index.lock.run(lambda: None)
        return idle

    def _report(self, failure: Failure) -> None:
        failure.trap(OSError, ValueError, RuntimeError)
        if self._on:
            _log.error("Old files could not be removed: {cause}", cause=failure.getErrorMessage())

    def _watch(self) -> Deferred[Any]:
        """Refuse writes while the disk is too full for them."""
        looked: Deferred[Any] = self._chores.run(self.space.look)
        return looked.addCallback(self._refuse_or_not).addErrback(self._report)

    def _refuse_or_not(self, _: object) -> None:
        before, self._writing.full = self._writing.full, self.space.refusal()
        if self._writing.full is not None and before is None:
            _log.error("Messages are refused: {reason}", reason=self._writing.full)
        elif self._writing.full is None and before is not None:
            _log.info("Messages are taken again: the disk has room")

    def _clean(self) -> Deferred[Any]:
        return self._clean_round().addErrback(self._report)

    @inlineCallbacks
    def _clean_round(self) -> Generator[Any, Any, None]:
        self._trusted.now()
        if self._is_hour() or self.space.used >= self._settings.clean_ratio:
            yield self._locked(self._delete, self._is_expired)
        if self.space.used >= self._settings.force_ratio:
            yield self._locked(self._delete, self._is_forced)
            self._refuse_or_not(None)
        yield self._locked(self._follow)

    def _is_hour(self) -> bool:
        local = datetime.fromtimestamp(self._wall() / 1000, self._settings.zone)
        return local.hour in self._settings.delete_hours

    def _locked(self, work: Callable[..., Any], *args: Any) -> Deferred[Any]:
        """Do something to the files while nobody else does."""
        done: Deferred[Any] = self._index.lock.run(self._writing.upkeep.lock.run, work, *args)
        return done

    # On demand

    def delete_expired(self) -> Deferred[int]:
        return self._locked(self._delete_all_expired)

    @inlineCallbacks
    def _delete_all_expired(self) -> Generator[Any, Any, int]:
        total = 0
        while count := (yield self._delete(self._is_expired)):
            total += count
        yield self._follow()
        return total

    def clean_queues(self) -> Deferred[int]:
        return self._locked(self._follow)

    def remove_topics(self, unused: Callable[[str], bool]) -> Deferred[int]:
        return self._locked(self._removal.remove, unused)

    # The log

    @inlineCallbacks
    def _delete(self, wanted: Callable[[Segment, Segment], Any]) -> Generator[Any, Any, int]:
        """Remove the oldest log files while they are `wanted`, up to a batch; how many."""
        count = 0
        while count < BATCH and self._on:
            segments = self._log.segments
            if len(segments) < 2 or segments[0].end > min(self._log.written, self._writing.durable):
                break
            oldest, following = segments[0], segments[1]
            if not (yield wanted(oldest, following)):
                break
            yield self._remove(oldest)
            count += 1
        if count:
            _log.info("{count} log files were removed; the log begins at {start}", count=count,
                      start=self._log.start)  # fmt: skip
        return count

    @inlineCallbacks
    def _remove(self, oldest: Segment) -> Generator[Any, Any, None]:
        yield self._log.when_prepared()
        taken = self._log.segments.take_before(oldest.end)
        for segment in taken:
            self._times.pop(segment.start, None)
        yield self._chores.run(self._log.segments.remove_taken, taken)

    @inlineCallbacks
    def _is_expired(self, oldest: Segment, following: Segment) -> Generator[Any, Any, bool]:
        """Whether even the youngest message of the oldest file is too old: the next one's first is."""
        time = self._times.get(oldest.start)
        if time is None:
            time = yield self._chores.run(stored_at, following.file)
            self._times[oldest.start] = time
        return 0 < time < self._trusted.now() - self._settings.reserved_time * 1000

    @inlineCallbacks
    def _is_forced(self, _oldest: Segment, _following: Segment) -> Generator[Any, Any, bool]:
        yield self._chores.run(self.space.look)
        return self.space.used >= self._settings.force_ratio

    # What points into the log

    @inlineCallbacks
    def _follow(self) -> Generator[Any, Any, int]:
        """Let queues and index begin where the log does; how many files were removed. Holds both locks."""
        start = self._log.start
        removed: int = 0
        behind = [queue for queue in self._queues if queue.visible > queue.lowest]
        for first in range(0, len(behind), QUEUES_AT_ONCE):
            some = behind[first : first + QUEUES_AT_ONCE]
            offsets = yield self._chores.run(_first_offsets, some, start)
            removed += yield self._chores.run(_remove_files, _raise_all(some, offsets))
        removed += yield self._chores.run(self._index.drop_files, start)
        return removed


def _first_offsets(queues: list[ConsumeQueue], log_start: int) -> list[int]:
    return [queue.first_since(log_start) for queue in queues]


def _raise_all(
    queues: list[ConsumeQueue], offsets: list[int]
) -> list[tuple[ConsumeQueue, list[Segment]]]:
    pairs = zip(queues, offsets, strict=True)
    return [(queue, queue.raise_lowest(offset)) for queue, offset in pairs]


def _remove_files(taken: list[tuple[ConsumeQueue, list[Segment]]]) -> int:
    for queue, segments in taken:
        queue.remove_taken(segments)
    return sum(len(segments) for _, segments in taken)
