"""The broker's topics: `config/topics.json`, and who is told when they change.

Java: `TopicConfigManager`. What may be created is decided in `rmqtw.model.topics`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from twisted.internet.defer import Deferred

from rmqtw.broker.saving import Saver, load_table
from rmqtw.model.topics import (
    PutTopic,
    SystemTopicOptions,
    TopicChange,
    TopicTable,
    retry_topic_for,
    system_topics,
    topic_for_send,
)
from rmqtw.wire.bodies.base import DataVersion
from rmqtw.wire.bodies.topics import TopicConfig
from rmqtw.wire.names import retry_topic

Changed = Callable[[Sequence[TopicConfig]], Any]


class Topics:
    """Every topic of one broker. They change through `apply` only.

    `document` is a `store.documents.JsonDocument`; `wall()` is milliseconds.
    """

    def __init__(self, document: Any, wall: Callable[[], int], *, auto_create: bool) -> None:
        self._document = document
        self._wall = wall
        self._auto_create = auto_create
        self._table = TopicTable()
        self._listeners: list[Changed] = []
        self._saver = Saver(document, self._to_java, "topics")

    def load(self, options: SystemTopicOptions) -> None:
        """Read the file, and add the topics that every broker has."""
        self._table = load_table(self._document, TopicTable.from_java)
        for topic in system_topics(options):
            if topic.topic_name not in self._table:
                self._table.apply(PutTopic(topic, self._wall()))

    def get(self, name: str) -> TopicConfig | None:
        """The topic of this name, or None."""
        return self._table.configs.get(name)

    def __iter__(self) -> Iterator[TopicConfig]:
        """Every topic, in order of creation."""
        return iter(self._table)

    @property
    def data_version(self) -> DataVersion:
        """Counts the changes; nameservers compare it."""
        return self._table.version

    def when_changed(self, listener: Changed) -> None:
        """Call `listener(topics)` after each change, with the topics that are new or different."""
        self._listeners.append(listener)

    def apply(self, change: TopicChange) -> bool:
        """Carry out a change, begin to write the file and tell the listeners; False when nothing changed."""
        if not self._table.apply(change):
            return False
        self._saver.changed()
        changed = [change.config] if isinstance(change, PutTopic) else []
        for listener in self._listeners:
            listener(changed)
        return True

    def put(self, topic: TopicConfig) -> Deferred[bool]:
        """Create or change a topic. Fires with whether it is on the disk; never fails."""
        self.apply(PutTopic(topic, self._wall()))
        return self._saver.settled()

    def create_for_send(self, name: str, template: str, queues: int) -> TopicConfig:
        """Create the unknown topic that a client sends to.

        Raises `TopicNotExist` when the template or the settings do not allow it.
        """
        topic = topic_for_send(self._table, name, template, queues, auto_create=self._auto_create)
        self.put(topic)
        return topic

    def create_retry(self, group: str, queues: int) -> None:
        """See to it that a consumer group has its retry topic."""
        if self.get(retry_topic(group)) is None:
            self.put(retry_topic_for(group, queues))

    def _to_java(self) -> dict[str, Any]:
        return self._table.to_java()

    def save(self) -> None:
        """Write the file now."""
        self._saver.now()
