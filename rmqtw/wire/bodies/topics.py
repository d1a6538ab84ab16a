"""Configuration of topics, as registered, stored and administered."""

from __future__ import annotations

from typing import Self

import msgspec

from rmqtw.wire.bodies.base import Body, DataVersion, JavaEnum, MalformedBody

_TEXT_PARTS = 5


class TopicFilterType(JavaEnum):
    """Whether a message has one tag or several. Java: `TopicFilterType`."""

    SINGLE_TAG = "SINGLE_TAG"
    MULTI_TAG = "MULTI_TAG"


class TopicConfig(Body):
    """Configuration of one topic. Java: `TopicConfig`; `perm` has bits 4 read, 2 write, 1 inherit."""

    topic_name: str = ""
    read_queue_nums: int = 16
    write_queue_nums: int = 16
    perm: int = 6
    topic_filter_type: TopicFilterType = TopicFilterType.SINGLE_TAG
    topic_sys_flag: int = 0
    order: bool = False
    attributes: dict[str, str] = {}

    def to_text(self) -> str:
        """Return the form of compressed registrations: `name r w perm filter {attributes}`."""
        kind = self.topic_filter_type.value
        attributes = msgspec.json.encode(self.attributes).decode()
        sizes = f"{self.read_queue_nums} {self.write_queue_nums} {self.perm}"
        return f"{self.topic_name} {sizes} {kind} {attributes}"

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read that form; the attributes may be absent (4.x). Raises `MalformedBody`."""
        parts = text.split(" ", _TEXT_PARTS)
        if len(parts) < _TEXT_PARTS:
            raise MalformedBody(f"TopicConfig: expected `name r w perm filter`, got {len(parts)} parts")
        try:
            read, write, perm = (int(part) for part in parts[1:4])
        except ValueError:
            raise MalformedBody(f"TopicConfig: the numbers of {parts[0]!r} are malformed") from None
        return cls(
            topic_name=parts[0],
            read_queue_nums=read,
            write_queue_nums=write,
            perm=perm,
            topic_filter_type=TopicFilterType(parts[4]),
            attributes=_Attributes.decode(b'{"table":%b}' % parts[5].encode()).table if parts[5:] else {},
        )


class _Attributes(Body):
    table: dict[str, str] = {}


class LogicQueueMappingItem(Body):
    """A stretch of a static topic's logical queue. Java: `LogicQueueMappingItem`."""

    gen: int = 0
    queue_id: int = 0
    bname: str | None = None
    logic_offset: int = 0
    start_offset: int = 0
    end_offset: int = -1
    time_of_start: int = -1
    time_of_end: int = -1


class TopicQueueMappingInfo(Body):
    """Which logical queues of a static topic a broker has. Java: `TopicQueueMappingInfo`."""

    topic: str | None = None
    scope: str = "__global__"
    total_queues: int = 0
    bname: str | None = None
    epoch: int = 0
    dirty: bool = False
    curr_id_map: dict[int, int] = {}


class TopicQueueMappingDetail(TopicQueueMappingInfo):
    """The same with the history of each queue. Java: `TopicQueueMappingDetail`."""

    hosted_queues: dict[int, list[LogicQueueMappingItem]] = {}


class TopicConfigWrapper(Body):
    """All topics of a broker. Java: `TopicConfigAndMappingSerializeWrapper`.

    Java 4 knows `topic_config_table` and `data_version` only (`TopicConfigSerializeWrapper`).
    """

    topic_config_table: dict[str, TopicConfig] = {}
    data_version: DataVersion = msgspec.field(default_factory=DataVersion)
    topic_queue_mapping_info_map: dict[str, TopicQueueMappingInfo] = {}
    topic_queue_mapping_detail_map: dict[str, TopicQueueMappingDetail] = {}
    mapping_data_version: DataVersion = msgspec.field(default_factory=DataVersion)


class CreateTopicListRequestBody(Body):
    """Topics to create or change: UPDATE_AND_CREATE_TOPIC_LIST. Java: `CreateTopicListRequestBody`."""

    topic_config_list: list[TopicConfig] = []


class TopicConfigAndQueueMapping(TopicConfig):
    """A topic with its static mapping, if it has one: GET_TOPIC_CONFIG.

    Java: `TopicConfigAndQueueMapping`.
    """

    mapping_detail: TopicQueueMappingDetail | None = None
