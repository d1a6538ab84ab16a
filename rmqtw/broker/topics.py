"""The broker's topics: `config/topics.json`, and who is told when they change.

Java: `TopicConfigManager`. What may be created is decided in `rmqtw.model.topics`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from twisted.internet.defer import Deferred, succeed

from rmqtw.broker.saving import load_table, save_later
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
        self._saved: Deferred[bool] = succeed(True)

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
        self._saved = save_later(self._document, self._table.to_java(), "topics")
        changed = [change.config] if isinstance(change, PutTopic) else []
        for listener in self._listeners:
            listener(changed)
        return True

    def put(self, topic: TopicConfig) -> Deferred[bool]:
        """Create or change a topic. Fires with whether it is on the disk; never fails."""
        self.apply(PutTopic(topic, self._wall()))
        outcome: Deferred[bool] = Deferred()
        self._saved.addBoth(_passed_on, outcome)
        return outcome

    def create_for_send(self, name: str, template: str, queues: int) -> TopicConfig:
        """Create the unknown topic that a client sends to.

        Raises `TopicNotExist` when the template or the settings do not allow it.
        """
        topic = topic_for_send(self._table, name, template, queues, auto_create=self._auto_create)
        self.put(topic)
        return topic

    def create_retry(self, group: str, queues: int) -> None:
        """See to it that a consumer group has its retry topic."""
        topic = retry_topic_for(group, queues)
        if topic.topic_name not in self._table:
            self.put(topic)

    def save(self) -> None:
        """Write the file now."""
        self._document.save(self._table.to_java())


def _passed_on(saved: bool, outcome: Deferred[bool]) -> bool:
    outcome.callback(saved)
    return saved
