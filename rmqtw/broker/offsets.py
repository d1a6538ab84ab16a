"""How far each group has come: `config/consumerOffset.json`.

Java: `ConsumerOffsetManager`. The file is written every few seconds, so a crash sets a group back
by at most that much: its messages come again, none is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall

from rmqtw.broker.saving import load_table, save_later
from rmqtw.model.offsets import CommitOffset, OffsetChange, OffsetTable


class Offsets:
    """Committed offsets. They change through `apply` only."""

    def __init__(
        self, clock: IReactorTime, document: Any, wall: Callable[[], int], *, flush_seconds: float = 5.0
    ) -> None:
        self._document = document
        self._wall = wall
        self._table = OffsetTable()
        self._dirty = False
        self._flush_seconds = flush_seconds
        self._flushing = LoopingCall(self.flush)
        self._flushing.clock = clock

    def load(self) -> None:
        """Read the file."""
        self._table = load_table(self._document, OffsetTable.from_java)

    def start(self) -> None:
        """Begin to write the file from time to time."""
        self._flushing.start(self._flush_seconds, now=False)

    def stop(self) -> None:
        """Write the file a last time."""
        if self._flushing.running:
            self._flushing.stop()
        self._document.save(self._table.to_java())

    def committed(self, group: str, topic: str, queue_id: int) -> int | None:
        """The committed offset, or None when the group never committed on this queue."""
        return self._table.get(topic, group, queue_id)

    def commit(self, group: str, topic: str, queue_id: int, offset: int) -> None:
        """A group has consumed a queue up to, and without, `offset`."""
        self.apply(CommitOffset(topic, group, queue_id, offset))

    def apply(self, change: OffsetChange) -> None:
        """Carry out a change; the file follows within seconds."""
        if self._table.apply(change, self._wall()):
            self._dirty = True

    def flush(self) -> Deferred[bool] | None:
        """Begin to write the file if anything changed; what could not be written is tried again."""
        if not self._dirty:
            return None
        self._dirty = False
        saved = save_later(self._document, self._table.to_java(), "committed offsets")
        return saved.addCallback(self._note)

    def _note(self, saved: bool) -> bool:
        self._dirty = self._dirty or not saved
        return saved
