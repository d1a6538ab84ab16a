"""Names of topics and groups: the rules, the prefixes, the system's own, and paths.

Nothing else takes a name apart or makes a path of one. Java: `TopicValidator`, `MixAll`,
`NamespaceUtil`, `KeyBuilder`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from rmqtw.wire.errors import InvalidParameter

TOPIC_LIMIT = 127
RETRY_TOPIC_LIMIT = 255
GROUP_LIMIT = 120
LEGACY_GROUP_LIMIT = 255  # what clients of 4.9 may send
CHARSET = "^[%|a-zA-Z0-9_-]+$"

RETRY_PREFIX = "%RETRY%"
DLQ_PREFIX = "%DLQ%"
LMQ_PREFIX = "%LMQ%"
SYSTEM_PREFIX = "rmq_sys_"
SYSTEM_GROUP_PREFIX = "CID_RMQ_SYS_"

AUTO_CREATE_TOPIC = "TBW102"
SCHEDULE_TOPIC = "SCHEDULE_TOPIC_XXXX"
BENCHMARK_TOPIC = "BenchmarkTest"
HALF_TOPIC = "RMQ_SYS_TRANS_HALF_TOPIC"
OP_HALF_TOPIC = "RMQ_SYS_TRANS_OP_HALF_TOPIC"
TRACE_TOPIC = "RMQ_SYS_TRACE_TOPIC"
TRANSACTION_CHECK_MAX_TIME_TOPIC = "TRANS_CHECK_MAX_TIME_TOPIC"
SELF_TEST_TOPIC = "SELF_TEST_TOPIC"
OFFSET_MOVED_EVENT = "OFFSET_MOVED_EVENT"
CHECKPOINT_TOPIC = "CHECKPOINT_TOPIC"
TIMER_TOPIC = "rmq_sys_wheel_timer"

SYSTEM_TOPICS = frozenset({
    AUTO_CREATE_TOPIC,
    SCHEDULE_TOPIC,
    BENCHMARK_TOPIC,
    HALF_TOPIC,
    OP_HALF_TOPIC,
    TRACE_TOPIC,
    TRANSACTION_CHECK_MAX_TIME_TOPIC,
    SELF_TEST_TOPIC,
    OFFSET_MOVED_EVENT,
    CHECKPOINT_TOPIC,
})  # fmt: skip
NOT_SENDABLE_TOPICS = frozenset({
    SCHEDULE_TOPIC,
    HALF_TOPIC,
    OP_HALF_TOPIC,
    TRANSACTION_CHECK_MAX_TIME_TOPIC,
    SELF_TEST_TOPIC,
    OFFSET_MOVED_EVENT,
})  # fmt: skip
SYSTEM_GROUPS = frozenset({
    "DEFAULT_PRODUCER",
    "DEFAULT_CONSUMER",
    "TOOLS_CONSUMER",
    "SCHEDULE_CONSUMER",
    "FILTERSRV_CONSUMER",
    "__MONITOR_CONSUMER",
    "CLIENT_INNER_PRODUCER",
    "SELF_TEST_P_GROUP",
    "SELF_TEST_C_GROUP",
    "CID_ONS-HTTP-PROXY",
    "CID_ONSAPI_PERMISSION",
    "CID_ONSAPI_OWNER",
    "CID_ONSAPI_PULL",
    "CID_RMQ_SYS_TRANS",
})  # fmt: skip

_ALLOWED = re.compile(r"[%|a-zA-Z0-9_-]+", re.ASCII)
_PATH_LIMIT = 255
_HOSTILE_IN_PATH = re.compile(r"[/\\\x00-\x1f\x7f]")


class ResourceName(NamedTuple):
    """A topic's or group's name, taken apart: `prefix` `namespace`%`name`.

    `prefix` is `%RETRY%`, `%DLQ%`, `%LMQ%` or ""; `namespace` is "" when there is none.
    """

    prefix: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """The full name, as it goes over the wire."""
        inner = f"{self.namespace}%{self.name}" if self.namespace else self.name
        return self.prefix + inner


def parse_name(resource: str) -> ResourceName:
    """Take a name apart; a system topic or group has neither prefix nor namespace."""
    if is_system_topic(resource) or is_system_group(resource):
        return ResourceName("", "", resource)
    prefix = next((p for p in (RETRY_PREFIX, DLQ_PREFIX, LMQ_PREFIX) if resource.startswith(p)), "")
    inner = resource[len(prefix) :]
    namespace, separator, name = inner.partition("%")
    if namespace and separator and name:
        return ResourceName(prefix, namespace, name)
    return ResourceName(prefix, "", inner)


def retry_topic(group: str) -> str:
    """The topic that holds a group's messages to be consumed again."""
    return RETRY_PREFIX + group


def dlq_topic(group: str) -> str:
    """The topic that holds what a group failed to consume (dead letters)."""
    return DLQ_PREFIX + group


def reply_topic(cluster: str) -> str:
    """The topic of request-reply messages; clients compute it from the property CLUSTER."""
    return f"{cluster}_REPLY_TOPIC"


def revive_topic(cluster: str) -> str:
    """The log of POP checkpoints and acknowledgements."""
    return f"{SYSTEM_PREFIX}REVIVE_LOG_{cluster}"


def sync_broker_member_topic(broker: str) -> str:
    """The topic by which brokers of one name find each other."""
    return f"{SYSTEM_PREFIX}SYNC_BROKER_MEMBER_{broker}"


def is_retry_topic(topic: str) -> bool:
    """Whether this is a group's retry topic."""
    return topic.startswith(RETRY_PREFIX)


def is_dlq_topic(topic: str) -> bool:
    """Whether this is a group's dead-letter topic."""
    return topic.startswith(DLQ_PREFIX)


def is_system_topic(topic: str) -> bool:
    """Whether the broker keeps this topic for itself (Java: `TopicValidator.isSystemTopic`)."""
    return topic in SYSTEM_TOPICS or topic.startswith(SYSTEM_PREFIX)


def is_system_group(group: str) -> bool:
    """Whether this group is the system's own (Java: `MixAll.isSysConsumerGroup`)."""
    return group in SYSTEM_GROUPS or group.startswith(SYSTEM_GROUP_PREFIX)


def check_topic(topic: str, limit: int = TOPIC_LIMIT, retry_limit: int = RETRY_TOPIC_LIMIT) -> None:
    """Raise `InvalidParameter` (29) naming the rule that a topic's name breaks, and its length.

    `retry_limit` is for `%RETRY%` and `%DLQ%` topics, whose names hold a group's.
    """
    longest = retry_limit if topic.startswith((RETRY_PREFIX, DLQ_PREFIX)) else limit
    _check("topic", topic, longest)


def check_group(group: str, limit: int = GROUP_LIMIT) -> None:
    """Raise `InvalidParameter` (29) naming the rule that a group's name breaks, and its length.

    Servers pass `LEGACY_GROUP_LIMIT`: clients of 4.9 use names that long.
    """
    _check("group", group, limit)


def path_name(topic: str) -> str:
    """The one path element that stands for a topic on disk: its own name, as in Java's store.

    Raises `InvalidParameter` for what could leave or spoil the folder: "", names that start with
    a dot, slashes, control characters, or more than 255 bytes.
    """
    hostile = not topic or topic.startswith(".") or _HOSTILE_IN_PATH.search(topic)
    size = len(topic.encode("utf-8", "surrogatepass"))
    if hostile or size > _PATH_LIMIT or not topic.isprintable():
        raise InvalidParameter(f"The specified topic cannot name a folder (it has {size} bytes).")
    return topic


def _check(kind: str, name: str, limit: int) -> None:
    if not name or name.isspace():
        raise InvalidParameter(f"The specified {kind} is blank.")
    if not _ALLOWED.fullmatch(name):
        raise InvalidParameter(
            f"The specified {kind} contains illegal characters, allowing only {CHARSET}"
            f" (it has {len(name)} characters)."
        )
    if len(name) > limit:
        raise InvalidParameter(
            f"The specified {kind} is longer than {kind} max length {limit}: it has {len(name)} characters."
        )
