"""Topics of a broker: creation, configuration, statistics."""

from __future__ import annotations

from typing import Annotated

from rmqtw.declare.fields import Header, Int32, Int64, Resource, field
from rmqtw.wire.headers.base import RpcRequest, TopicQueueRequest, TopicRequest


class CreateTopicRequest(TopicRequest, kw_only=True):
    """Create or change a topic: UPDATE_AND_CREATE_TOPIC, UPDATE_AND_CREATE_STATIC_TOPIC.

    Java: `CreateTopicRequestHeader`.
    """

    default_topic: Annotated[str, field("Topic whose settings a new topic copies.")]
    order: Annotated[bool, field("Whether order is kept when brokers leave.")]
    perm: Annotated[Int32, field("Bits: 4 read, 2 write, 1 inherit.")]
    read_queue_nums: Annotated[Int32, field("Queues to read.")]
    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]
    topic_filter_type: Annotated[str, field("SINGLE_TAG or MULTI_TAG.")]
    write_queue_nums: Annotated[Int32, field("Queues to write.")]
    attributes: Annotated[str | None, field("Changes of attributes: +key=value,-key.")] = None
    force: Annotated[bool, field("Whether to skip checks.")] = False
    topic_sys_flag: Annotated[Int32 | None, field("System bits of the topic.")] = None


class CreateTopicListRequest(RpcRequest):
    """Create or change topics listed in the body: UPDATE_AND_CREATE_TOPIC_LIST.

    Java: `CreateTopicListRequestHeader`.
    """


class DeleteTopicRequest(TopicRequest, kw_only=True):
    """Delete a topic of a broker: DELETE_TOPIC_IN_BROKER. Java: `DeleteTopicRequestHeader`."""

    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]


class GetTopicConfigRequest(TopicRequest, kw_only=True):
    """Configuration of a topic: GET_TOPIC_CONFIG. Java: `GetTopicConfigRequestHeader`."""

    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]


class GetAllTopicConfigRequest(Header, kw_only=True):
    """Configuration of all topics, in pages since 5.4: GET_ALL_TOPIC_CONFIG.

    Java: `GetAllTopicConfigRequestHeader`.
    """

    topic_seq: Annotated[Int32 | None, field("Where the page starts; absent: the whole table.")] = None
    data_version: Annotated[
        str | None,
        field("Version of the table that the sender knows, as JSON."),
    ] = None
    max_topic_num: Annotated[Int32 | None, field("Most topics in the page.")] = None


class GetAllTopicConfigResponse(Header, kw_only=True):
    """How many topics there are. Java: `GetAllTopicConfigResponseHeader`."""

    total_topic_num: Annotated[Int32 | None, field("Topics in the whole table; absent below 5.4.")] = None


class GetTopicStatsInfoRequest(TopicRequest, kw_only=True):
    """Offsets of all queues of a topic: GET_TOPIC_STATS_INFO. Java: `GetTopicStatsInfoRequestHeader`."""

    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]


class QueryConsumeQueueRequest(TopicQueueRequest, kw_only=True):
    """Entries of a consume queue: QUERY_CONSUME_QUEUE. Java: `QueryConsumeQueueRequestHeader`."""

    consumer_group: Annotated[
        str | None,
        field("Group whose filter is evaluated.", resource=Resource.GROUP),
    ] = None
    count: Annotated[Int32, field("Entries wanted.")] = 0
    index: Annotated[Int64, field("First entry wanted.")] = 0
    queue_id: Annotated[Int32, field("The queue.")] = 0
    topic: Annotated[str | None, field("The topic.", resource=Resource.TOPIC)] = None
