"""Bringing the log to the disk: one flusher, and one fdatasync for everybody who waits.

Decisions are made on the reactor's thread; only `sync` itself runs on the flusher's. A failed sync
is never tried again: the kernel may have dropped the bytes and would then report success.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from rmqtw.interfaces.storage import IChores
from rmqtw.store.commitlog import CommitLog


class Flusher:
    """Keeps the watermark `durable`: everything before it survives a power loss.

    `flushed()` is called when `durable` has moved, `failed(error)` once, when a sync has failed.
    `interval` is the longest, in seconds, that `note_written` leaves bytes unflushed.
    """

    def __init__(
        self,
        clock: IReactorTime,
        log: CommitLog,
        thread: IChores,
        *,
        interval: float,
        flushed: Callable[[], None],
        failed: Callable[[OSError], None],
    ) -> None:
        self.durable = 0
        self.broken: OSError | None = None
        self._clock = clock
        self._log = log
        self._thread = thread
        self._interval = interval
        self._flushed = flushed
        self._failed = failed
        self._wanted = 0
        self._later: IDelayedCall | None = None
        self._running = False
        self._idle: list[Deferred[None]] = []

    def note_written(self) -> None:
        """The log was written to: flush it within the interval."""
        if self._later is None and self.broken is None and self._log.written > self.durable:
            self._later = self._clock.callLater(self._interval, self._flush_late)

    def flush(self, position: int) -> None:
        """Bring what is written, up to `position` at least, to the disk as soon as possible."""
        self._wanted = max(self._wanted, position)
        if not self._running and self.broken is None and self._wanted > self.durable:
            self._start()

    def when_idle(self) -> Deferred[None]:
        """Fires when no sync runs; never fails."""
        if not self._running:
            return succeed(None)
        idle: Deferred[None] = Deferred()
        self._idle.append(idle)
        return idle

    def check(self) -> None:
        """Raise the error of the sync that failed, if one did."""
        if self.broken is not None:
            raise self.broken

    def cut(self, position: int) -> None:
        """The log was cut there, and nothing runs: what is behind it counts no more."""
        self.durable = min(self.durable, position)
        self._wanted = min(self._wanted, position)

    def stop(self) -> None:
        """No more flushes by time."""
        if self._later is not None:
            self._later.cancel()
            self._later = None

    def _flush_late(self) -> None:
        self._later = None
        self.flush(self._log.written)

    def _start(self) -> None:
        self._running = True
        written = self._log.written
        files = self._log.unsynced(self.durable)
        done: Deferred[None] = self._thread.run(sync_all, files)
        done.addCallbacks(self._synced, self._not_synced, callbackArgs=(written,))

    def _synced(self, _: object, written: int) -> None:
        self._running = False
        self.durable = max(self.durable, written)
        if self._wanted > self.durable and self._log.written > self.durable:
            self._start()
        self._flushed()
        self._tell_idle()

    def _not_synced(self, failure: Any) -> None:
        failure.trap(OSError)
        self._running = False
        self.broken = failure.value
        self.stop()
        self._failed(failure.value)
        self._tell_idle()

    def _tell_idle(self) -> None:
        if not self._running:
            idle, self._idle = self._idle, []
            for one in idle:
                one.callback(None)


def sync_all(files: list[Any]) -> None:
    """Sync each of these files."""
    for file in files:
        file.sync()
