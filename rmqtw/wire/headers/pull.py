"""Pulling messages, and the offsets of queues and consumers."""

from __future__ import annotations

from typing import Annotated

import msgspec

from rmqtw.declare.fields import Header, Int32, Int64, Resource, field
from rmqtw.wire.headers.base import BoundaryType, TopicQueueRequest, TopicRequest


class PullMessageRequest(TopicQueueRequest, kw_only=True):
    """Read one queue, and perhaps wait: PULL_MESSAGE, LITE_PULL_MESSAGE. Java: `PullMessageRequestHeader`."""

    commit_offset: Annotated[Int64, field("Offset to commit, if sysFlag has bit 1.")]
    consumer_group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]
    max_msg_nums: Annotated[Int32, field("Most messages wanted.")]
    queue_id: Annotated[Int32, field("The queue.")]
    queue_offset: Annotated[Int64, field("Where to read.")]
    sub_version: Annotated[Int64, field("Version of the subscription, ms.")]
    suspend_timeout_millis: Annotated[Int64, field("How long the broker may hold the pull, ms.")]
    sys_flag: Annotated[
        Int32,
        field("Bits: 1 commit, 2 suspend, 4 subscription, 8 class filter, 16 lite pull."),
    ]
    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]
    expression_type: Annotated[str | None, field("TAG or SQL92.")] = None
    lite_topic: Annotated[str | None, field("Lite topic below the topic.")] = None
    max_msg_bytes: Annotated[Int32 | None, field("Most bytes wanted.")] = None
    proxy_forward_client_id: Annotated[
        str | None,
        field("Client for which a proxy pulls."),
    ] = msgspec.field(name="proxyFrowardClientId", default=None)
    request_source: Annotated[Int32 | None, field("Who asks: 0 SDK, 1 to 4 the proxy.")] = None
    subscription: Annotated[str | None, field("Filter expression.")] = None


class PullMessageResponse(Header, kw_only=True):
    """What follows the records that a pull found. Java: `PullMessageResponseHeader`."""

    max_offset: Annotated[Int64, field("Offset after the last of the queue.")]
    min_offset: Annotated[Int64, field("First offset of the queue.")]
    next_begin_offset: Annotated[Int64, field("Offset to pull next.")]
    suggest_which_broker_id: Annotated[Int64, field("Broker id to pull from next.")]
    forbidden_type: Annotated[Int32 | None, field("Why consumption is forbidden.")] = None
    group_sys_flag: Annotated[Int32 | None, field("System bits of the group.")] = None
    offset_delta: Annotated[Int64 | None, field("What to add to offsets of a moved static queue.")] = None
    topic_sys_flag: Annotated[Int32 | None, field("System bits of the topic.")] = None


class QueryConsumerOffsetRequest(TopicQueueRequest, kw_only=True):
    """Ask for a committed offset: QUERY_CONSUMER_OFFSET. Java: `QueryConsumerOffsetRequestHeader`."""

    consumer_group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]
    queue_id: Annotated[Int32, field("The queue.")]
    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]
    set_zero_if_not_found: Annotated[bool | None, field("Whether an unknown offset counts as 0.")] = None


class QueryConsumerOffsetResponse(Header, kw_only=True):
    """The committed offset. Java: `QueryConsumerOffsetResponseHeader`."""

    offset: Annotated[Int64, field("The offset.")]


class UpdateConsumerOffsetRequest(TopicQueueRequest, kw_only=True):
    """Commit an offset: UPDATE_CONSUMER_OFFSET. Java: `UpdateConsumerOffsetRequestHeader`."""

    commit_offset: Annotated[Int64, field("The offset to store.")]
    consumer_group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]
    queue_id: Annotated[Int32, field("The queue.")]
    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]


class UpdateConsumerOffsetResponse(Header):
    """Answer to a commit. Java: `UpdateConsumerOffsetResponseHeader`."""


class SearchOffsetRequest(TopicQueueRequest, kw_only=True):
    """Find an offset by time: SEARCH_OFFSET_BY_TIMESTAMP. Java: `SearchOffsetRequestHeader`."""

    queue_id: Annotated[Int32, field("The queue.")]
    timestamp: Annotated[Int64, field("Point in time, ms.")]
    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]
    boundary_type: Annotated[BoundaryType, field("First or last of equal times.")] = BoundaryType.LOWER
    lite_topic: Annotated[str | None, field("Lite topic below the topic.")] = None


class SearchOffsetResponse(Header, kw_only=True):
    """The offset found. Java: `SearchOffsetResponseHeader`."""

    offset: Annotated[Int64, field("The offset.")]


class GetMaxOffsetRequest(TopicQueueRequest, kw_only=True):
    """Ask for the end of a queue: GET_MAX_OFFSET. Java: `GetMaxOffsetRequestHeader`."""

    queue_id: Annotated[Int32, field("The queue.")]
    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]
    committed: Annotated[bool, field("Whether only committed messages count.")] = True


class GetMaxOffsetResponse(Header, kw_only=True):
    """The offset after the last message. Java: `GetMaxOffsetResponseHeader`."""

    offset: Annotated[Int64, field("The offset.")]


class GetMinOffsetRequest(TopicQueueRequest, kw_only=True):
    """Ask for the start of a queue: GET_MIN_OFFSET. Java: `GetMinOffsetRequestHeader`."""

    queue_id: Annotated[Int32, field("The queue.")]
    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]


class GetMinOffsetResponse(Header, kw_only=True):
    """The offset of the first message. Java: `GetMinOffsetResponseHeader`."""

    offset: Annotated[Int64, field("The offset.")]


class GetEarliestMsgStoretimeRequest(TopicQueueRequest, kw_only=True):
    """Ask for the age of a queue: GET_EARLIEST_MSG_STORETIME.

    Java: `GetEarliestMsgStoretimeRequestHeader`.
    """

    queue_id: Annotated[Int32, field("The queue.")]
    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]


class GetEarliestMsgStoretimeResponse(Header, kw_only=True):
    """When the first message was stored. Java: `GetEarliestMsgStoretimeResponseHeader`."""

    timestamp: Annotated[Int64, field("Point in time, ms.")]


class QueryMessageRequest(TopicRequest, kw_only=True):
    """Find messages by key: QUERY_MESSAGE. Java: `QueryMessageRequestHeader`."""

    begin_timestamp: Annotated[Int64, field("Start of the time range, ms.")]
    end_timestamp: Annotated[Int64, field("End of the time range, ms.")]
    key: Annotated[str, field("Key or unique key to search.")]
    max_num: Annotated[Int32, field("Most messages wanted.")]
    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]
    index_type: Annotated[str | None, field("Which index to search.")] = None
    last_key: Annotated[str | None, field("Where the last page ended.")] = None


class QueryMessageResponse(Header, kw_only=True):
    """How far the searched index reaches. Java: `QueryMessageResponseHeader`."""

    index_last_update_physical_offset: Annotated[
        Int64,
        field("Log offset up to which the index is written."),
    ] = msgspec.field(name="indexLastUpdatePhyoffset")
    index_last_update_timestamp: Annotated[Int64, field("When the index was last written, ms.")]


class ViewMessageRequest(Header, kw_only=True):
    """Read one message at a physical offset: VIEW_MESSAGE_BY_ID. Java: `ViewMessageRequestHeader`."""

    offset: Annotated[Int64, field("Physical offset of the message.")]
    topic: Annotated[str | None, field("The topic.", resource=Resource.TOPIC)] = None


class ViewMessageResponse(Header):
    """Answer to a message read by offset. Java: `ViewMessageResponseHeader`."""
