"""Committed offsets of consumer groups.

Java: `ConsumerOffsetManager`, whose file keys queues by `topic@group`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from rmqtw.model.javafiles import mapping_from_java, next_version, to_java, version_from_java
from rmqtw.wire.bodies.base import DataVersion

SEPARATOR = "@"
VERSION_STEP = 500


@attrs.frozen
class CommitOffset:
    """A group has consumed a queue up to, and without, `offset`."""

    topic: str
    group: str
    queue_id: int
    offset: int


@attrs.frozen
class ForgetOffsets:
    """Drop what was committed for a topic, a group, or (both given) a group on a topic."""

    topic: str | None = None
    group: str | None = None


OffsetChange = CommitOffset | ForgetOffsets


@attrs.define(eq=False)
class OffsetTable:
    """Offsets by `topic@group` and queue.

    `version` moves every `version_step` commits, as in Java. `others` are members of the file that
    this table does not use (`groupTopicMap`, `pullOffsetTable` ...), kept as they were.
    """

    offsets: dict[str, dict[int, int]] = attrs.Factory(dict)
    version: DataVersion = attrs.Factory(DataVersion)
    others: dict[str, Any] = attrs.Factory(dict)
    version_step: int = VERSION_STEP
    _commits: int = attrs.field(default=0, init=False)

    def get(self, topic: str, group: str, queue_id: int) -> int | None:
        """The committed offset, or None when the group never committed on this queue."""
        queues = self.offsets.get(topic + SEPARATOR + group)
        return None if queues is None else queues.get(queue_id)

    def queues(self, topic: str, group: str) -> dict[int, int]:
        """A copy of what a group committed on a topic, by queue."""
        return dict(self.offsets.get(topic + SEPARATOR + group, ()))

    def topics_of(self, group: str) -> list[str]:
        """Topics that a group has committed on, in order of the first commit."""
        return [topic for topic, other in map(split_key, self.offsets) if other == group]

    def groups_of(self, topic: str) -> list[str]:
        """Groups that have committed on a topic, in order of the first commit."""
        return [group for other, group in map(split_key, self.offsets) if other == topic]

    def apply(self, change: OffsetChange, timestamp: int = 0) -> bool:
        """Carry out a change made at `timestamp` (ms); False when it changes nothing.

        A commit may go backwards: that is how offsets are reset.
        """
        if isinstance(change, ForgetOffsets):
            return self._forget(change)
        queues = self.offsets.setdefault(change.topic + SEPARATOR + change.group, {})
        changed = queues.get(change.queue_id) != change.offset
        queues[change.queue_id] = change.offset
        self._commits += 1
        if self._commits % self.version_step == 0:
            self.version = next_version(self.version, timestamp)
        return changed

    def _forget(self, change: ForgetOffsets) -> bool:
        gone = [key for key in self.offsets if _matches(key, change)]
        for key in gone:
            del self.offsets[key]
        return bool(gone)

    def to_java(self) -> dict[str, Any]:
        """The document that Java keeps as `config/consumerOffset.json`."""
        table = {
            key: {str(queue): offset for queue, offset in queues.items()}
            for key, queues in self.offsets.items()
        }
        return {**self.others, "dataVersion": to_java(self.version), "offsetTable": table}

    @classmethod
    def from_java(cls, document: Mapping[str, Any]) -> OffsetTable:
        """Read Java's `config/consumerOffset.json`. Raises `ValueError` naming an ill-formed entry."""
        table = mapping_from_java(document.get("offsetTable"), "offsetTable")
        offsets = {key: _queues_from_java(key, queues) for key, queues in table.items()}
        others = {key: value for key, value in document.items() if key not in ("offsetTable", "dataVersion")}
        return cls(offsets, version_from_java(document.get("dataVersion")), others)


def split_key(key: str) -> tuple[str, str]:
    """(topic, group) of `topic@group`; the group is "" when there is no `@`."""
    topic, _, group = key.partition(SEPARATOR)
    return topic, group


def _matches(key: str, change: ForgetOffsets) -> bool:
    topic, group = split_key(key)
    if change.topic is None and change.group is None:
        return False
    return change.topic in (None, topic) and change.group in (None, group)


def _queues_from_java(key: str, queues: Any) -> dict[int, int]:
    try:
        return {int(queue): int(offset) for queue, offset in mapping_from_java(queues, key).items()}
    except (TypeError, ValueError) as problem:
        raise ValueError(f"offsets of {key!r}: {problem}") from None
