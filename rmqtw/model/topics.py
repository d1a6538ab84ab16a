"""Topics of a broker: the table, its changes, and who may create what.

Decisions are functions that return a `TopicConfig` or raise; only `TopicTable.apply` changes the
table, so that a replicated log can feed it. Java: `TopicConfigManager`, `TopicValidator`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import msgspec

from rmqtw.model.configtable import ConfigTable, Delete, Put
from rmqtw.model.javafiles import bodies_from_java, to_java, version_from_java
from rmqtw.model.permissions import INHERIT, READ_WRITE, inherited
from rmqtw.wire import names
from rmqtw.wire.bodies.topics import TopicConfig
from rmqtw.wire.errors import FAQ, InvalidParameter, NoPermission, TopicNotExist

UNIT_FLAG = 1
UNIT_SUBSCRIPTION_FLAG = 2


class PutTopic(Put[TopicConfig]):
    """A topic was created or changed at `timestamp` (ms)."""


class DeleteTopic(Delete):
    """A topic was deleted at `timestamp` (ms)."""


TopicChange = PutTopic | DeleteTopic


@attrs.define(eq=False)
class TopicTable(ConfigTable[TopicConfig]):
    """What topics there are."""

    named_by = "topic_name"

    def to_java(self) -> dict[str, Any]:
        """The document that Java keeps as `config/topics.json`."""
        return {
            "dataVersion": to_java(self.version),
            "topicConfigTable": to_java(self.configs),
        }

    @classmethod
    def from_java(cls, document: Mapping[str, Any]) -> TopicTable:
        """Read Java's `config/topics.json`. Raises `ValueError` naming the topic that is ill-formed."""
        configs = bodies_from_java(document.get("topicConfigTable"), TopicConfig, "topic_name", "topic")
        return cls(configs, version_from_java(document.get("dataVersion")))


@attrs.frozen(kw_only=True)
class SystemTopicOptions:
    """Which topics a broker makes for itself at start, and how wide they are."""

    cluster: str
    broker: str
    auto_create: bool = True
    default_queues: int = 8
    cluster_topic: bool = True
    broker_topic: bool = True
    trace_topic: str | None = names.TRACE_TOPIC
    schedule_queues: int = 18
    revive_queues: int = 8
    benchmark_queues: int = 1024
    cluster_queues: int = 16


def make_topic(name: str, queues: int, perm: int = READ_WRITE, *, sys_flag: int = 0) -> TopicConfig:
    """A topic with as many read as write queues."""
    return TopicConfig(
        topic_name=name,
        read_queue_nums=queues,
        write_queue_nums=queues,
        perm=perm,
        topic_sys_flag=sys_flag,
    )


def system_topics(options: SystemTopicOptions) -> list[TopicConfig]:
    """The topics that exist from a broker's start on (Java: `TopicConfigManager.init`)."""
    on_all = READ_WRITE | INHERIT
    wanted = [
        (names.SELF_TEST_TOPIC, 1, READ_WRITE),
        (names.AUTO_CREATE_TOPIC if options.auto_create else None, options.default_queues, on_all),
        (names.BENCHMARK_TOPIC, options.benchmark_queues, READ_WRITE),
        (options.cluster, options.cluster_queues, on_all if options.cluster_topic else INHERIT),
        (options.broker, 1, on_all if options.broker_topic else INHERIT),
        (names.OFFSET_MOVED_EVENT, 1, READ_WRITE),
        (names.SCHEDULE_TOPIC, options.schedule_queues, READ_WRITE),
        (options.trace_topic, 1, READ_WRITE),
        (names.reply_topic(options.cluster), 1, READ_WRITE),
        (names.revive_topic(options.cluster), options.revive_queues, READ_WRITE),
        (names.sync_broker_member_topic(options.broker), 1, INHERIT),
        (names.HALF_TOPIC, 1, READ_WRITE),
        (names.OP_HALF_TOPIC, 1, READ_WRITE),
        (names.TIMER_TOPIC, 1, READ_WRITE),
    ]
    return [make_topic(name, queues, perm) for name, queues, perm in wanted if name]


def topic_for_send(
    table: TopicTable, name: str, template: str, queues: int, *, auto_create: bool = True, sys_flag: int = 0
) -> TopicConfig:
    """The topic that a send to the unknown `name` creates.

    From `template` when that has the inherit bit: min(`queues`, its write queues), at least one, and
    its permission without the inherit bit. A `%RETRY%` topic needs no template and gets one queue.
    Raises `TopicNotExist` (17) when neither applies, `InvalidParameter` (29) for a bad name.
    Java: `createTopicInSendMessageMethod`.
    """
    names.check_topic(name)
    model = table.get(template)
    barred = template == names.AUTO_CREATE_TOPIC and not auto_create
    if model is not None and inherited(model.perm) and not barred:
        width = max(1, min(queues, model.write_queue_nums))
        topic = make_topic(name, width, model.perm & ~INHERIT, sys_flag=sys_flag)
        return msgspec.structs.replace(topic, topic_filter_type=model.topic_filter_type)
    if names.is_retry_topic(name):
        return make_topic(name, 1, sys_flag=sys_flag)
    raise TopicNotExist(f"topic[{name}] not exist, apply first please!\n{FAQ}")


def unit_flag(name: str, unit_mode: bool) -> int:
    """The topic flag of a send in unit mode (Java: `TopicSysFlag.buildSysFlag`)."""
    if not unit_mode:
        return 0
    return UNIT_SUBSCRIPTION_FLAG if names.is_retry_topic(name) else UNIT_FLAG


def retry_topic_for(group: str, queues: int = 1, *, unit_mode: bool = False) -> TopicConfig:
    """The retry topic that a group's heartbeat creates; `queues` is its `retry_queue_nums`."""
    name = names.retry_topic(group)
    return make_topic(name, queues, sys_flag=unit_flag(name, unit_mode))


def dlq_topic_for(group: str) -> TopicConfig:
    """The topic that a group's first dead letter creates."""
    return make_topic(names.dlq_topic(group), 1)


def check_sendable(name: str) -> None:
    """Raise `NoPermission` (16) for a topic that clients may not send to."""
    if name in names.NOT_SENDABLE_TOPICS:
        raise NoPermission(f"Sending message to topic[{name}] is forbidden.")


def check_creatable(name: str, *, refuse_system: bool = True) -> None:
    """Raise `InvalidParameter` (29) for a topic that an administrator may not create or change."""
    names.check_topic(name)
    if refuse_system and names.is_system_topic(name):
        raise InvalidParameter(f"The topic[{name}] is conflict with system topic.")
