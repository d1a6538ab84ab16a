"""Clients and consumer groups: presence, rebalance, configuration."""

from __future__ import annotations

from typing import Annotated

import msgspec

from rmqtw.declare.fields import Header, Int32, Int64, Resource, field
from rmqtw.wire.headers.base import RpcRequest, TopicQueueRequest, TopicRequest


class HeartbeatRequest(RpcRequest):
    """A client says that it lives: HEART_BEAT. Java: `HeartbeatRequestHeader`."""


class UnregisterClientRequest(RpcRequest, kw_only=True):
    """A client leaves: UNREGISTER_CLIENT. Java: `UnregisterClientRequestHeader`."""

    client_id: Annotated[str, field("Id of the client.")] = msgspec.field(name="clientID")
    consumer_group: Annotated[str | None, field("The consumer group.", resource=Resource.GROUP)] = None
    producer_group: Annotated[str | None, field("Group of the producer.")] = None


class GetConsumerListByGroupRequest(RpcRequest, kw_only=True):
    """Who consumes in a group: GET_CONSUMER_LIST_BY_GROUP. Java: `GetConsumerListByGroupRequestHeader`."""

    consumer_group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]


class GetConsumerListByGroupResponse(Header):
    """Answer to the question who consumes. Java: `GetConsumerListByGroupResponseHeader`."""


class NotifyConsumerIdsChangedRequest(RpcRequest, kw_only=True):
    """A broker tells consumers to rebalance: NOTIFY_CONSUMER_IDS_CHANGED.

    Java: `NotifyConsumerIdsChangedRequestHeader`.
    """

    consumer_group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]


class LockBatchMqRequest(RpcRequest):
    """Lock queues for orderly consumption: LOCK_BATCH_MQ. Java: `LockBatchMqRequestHeader`."""


class UnlockBatchMqRequest(RpcRequest):
    """Unlock queues: UNLOCK_BATCH_MQ. Java: `UnlockBatchMqRequestHeader`."""


class ConsumerSendMsgBackRequest(RpcRequest, kw_only=True):
    """Return a message for a later delivery: CONSUMER_SEND_MSG_BACK.

    Java: `ConsumerSendMsgBackRequestHeader`.
    """

    delay_level: Annotated[Int32, field("Level of the next delivery; negative: dead letter queue.")]
    group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]
    offset: Annotated[Int64, field("Physical offset of the message.")]
    max_reconsume_times: Annotated[
        Int32 | None,
        field("Attempts before the message goes to the dead letter queue."),
    ] = None
    origin_msg_id: Annotated[str | None, field("Id of the first delivery.")] = None
    origin_topic: Annotated[str | None, field("Topic of the first delivery.")] = None
    unit_mode: Annotated[bool, field("Whether the client works in unit mode.")] = False


class ConsumeMessageDirectlyResultRequest(TopicRequest, kw_only=True):
    """Have one consumer consume one message: CONSUME_MESSAGE_DIRECTLY.

    Java: `ConsumeMessageDirectlyResultRequestHeader`.
    """

    consumer_group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]
    broker_name: Annotated[str | None, field("Name of the broker.")] = None
    client_id: Annotated[str | None, field("Id of the client.")] = None
    group_sys_flag: Annotated[Int32 | None, field("System bits of the group.")] = None
    msg_id: Annotated[str | None, field("Offset message id.")] = None
    topic: Annotated[str | None, field("The topic.", resource=Resource.TOPIC)] = None
    topic_sys_flag: Annotated[Int32 | None, field("System bits of the topic.")] = None


class ResetOffsetRequest(TopicQueueRequest, kw_only=True):
    """Move the offsets of a group: INVOKE_BROKER_TO_RESET_OFFSET, RESET_CONSUMER_CLIENT_OFFSET.

    Java: `ResetOffsetRequestHeader`.
    """

    group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]
    is_force: Annotated[bool, field("Whether to move forward too.")]
    timestamp: Annotated[Int64, field("Time to go to, ms; -1: the end.")]
    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]
    offset: Annotated[Int64 | None, field("Offset to go to, if not a time.")] = None
    queue_id: Annotated[Int32, field("The queue; -1: all queues.")] = -1


class GetConsumerStatusRequest(TopicRequest, kw_only=True):
    """Ask for offsets of clients: INVOKE_BROKER_TO_GET_CONSUMER_STATUS, GET_CONSUMER_STATUS_FROM_CLIENT.

    Java: `GetConsumerStatusRequestHeader`.
    """

    group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]
    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]
    client_addr: Annotated[str | None, field("Address of the client.")] = None


class GetConsumerRunningInfoRequest(RpcRequest, kw_only=True):
    """Ask a consumer how it is doing: GET_CONSUMER_RUNNING_INFO.

    Java: `GetConsumerRunningInfoRequestHeader`.
    """

    client_id: Annotated[str, field("Id of the client.")]
    consumer_group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]
    jstack_enable: Annotated[bool, field("Whether a thread dump is wanted.")] = False


class GetConsumerConnectionListRequest(RpcRequest, kw_only=True):
    """Connections of a consumer group: GET_CONSUMER_CONNECTION_LIST.

    Java: `GetConsumerConnectionListRequestHeader`.
    """

    consumer_group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]


class GetProducerConnectionListRequest(RpcRequest, kw_only=True):
    """Connections of a producer group: GET_PRODUCER_CONNECTION_LIST.

    Java: `GetProducerConnectionListRequestHeader`.
    """

    producer_group: Annotated[str, field("Group of the producer.")]


class GetAllProducerInfoRequest(Header):
    """All producers of a broker: GET_ALL_PRODUCER_INFO. Java: `GetAllProducerInfoRequestHeader`."""


class GetSubscriptionGroupConfigRequest(RpcRequest, kw_only=True):
    """Configuration of a group: GET_SUBSCRIPTIONGROUP_CONFIG.

    Java: `GetSubscriptionGroupConfigRequestHeader`.
    """

    group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]


class GetAllSubscriptionGroupRequest(Header, kw_only=True):
    """Configuration of all groups, in pages since 5.4: GET_ALL_SUBSCRIPTIONGROUP_CONFIG.

    Java: `GetAllSubscriptionGroupRequestHeader`.
    """

    group_seq: Annotated[Int32 | None, field("Where the page starts; absent: the whole table.")] = None
    data_version: Annotated[
        str | None,
        field("Version of the table that the sender knows, as JSON."),
    ] = None
    max_group_num: Annotated[Int32 | None, field("Most groups in the page.")] = None


class GetAllSubscriptionGroupResponse(Header, kw_only=True):
    """How many groups there are. Java: `GetAllSubscriptionGroupResponseHeader`."""

    total_group_num: Annotated[Int32 | None, field("Groups in the whole table; absent below 5.4.")] = None


class DeleteSubscriptionGroupRequest(RpcRequest, kw_only=True):
    """Delete a group: DELETE_SUBSCRIPTIONGROUP. Java: `DeleteSubscriptionGroupRequestHeader`."""

    group_name: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]
    clean_offset: Annotated[bool, field("Whether to delete its offsets too.")] = False


class UpdateGroupForbiddenRequest(TopicRequest, kw_only=True):
    """Forbid or allow a group to read a topic: UPDATE_AND_GET_GROUP_FORBIDDEN.

    Java: `UpdateGroupForbiddenRequestHeader`.
    """

    group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]
    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]
    readable: Annotated[bool | None, field("Whether the group may read the topic.")] = None


class CloneGroupOffsetRequest(RpcRequest, kw_only=True):
    """Copy the offsets of a group: CLONE_GROUP_OFFSET. Java: `CloneGroupOffsetRequestHeader`."""

    dest_group: Annotated[str, field("Group to copy to.", resource=Resource.GROUP)]
    src_group: Annotated[str, field("Group to copy from.")]
    offline: Annotated[bool, field("Whether no consumer of the target group may be online.")] = False
    topic: Annotated[str | None, field("The topic.", resource=Resource.TOPIC)] = None


class QuerySubscriptionByConsumerRequest(TopicRequest, kw_only=True):
    """What a group subscribes: QUERY_SUBSCRIPTION_BY_CONSUMER.

    Java: `QuerySubscriptionByConsumerRequestHeader`.
    """

    group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]
    topic: Annotated[str | None, field("The topic.", resource=Resource.TOPIC)] = None


class QueryTopicsByConsumerRequest(RpcRequest, kw_only=True):
    """Topics of a group: QUERY_TOPICS_BY_CONSUMER. Java: `QueryTopicsByConsumerRequestHeader`."""

    group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]


class QueryTopicConsumeByWhoRequest(TopicRequest, kw_only=True):
    """Groups of a topic: QUERY_TOPIC_CONSUME_BY_WHO. Java: `QueryTopicConsumeByWhoRequestHeader`."""

    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]


class QueryConsumeTimeSpanRequest(TopicRequest, kw_only=True):
    """Times of the messages around the offsets of a group: QUERY_CONSUME_TIME_SPAN.

    Java: `QueryConsumeTimeSpanRequestHeader`.
    """

    group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]
    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]


class QueryCorrectionOffset(TopicRequest, kw_only=True):
    """Smallest offsets of other groups: QUERY_CORRECTION_OFFSET. Java: `QueryCorrectionOffsetHeader`."""

    compare_group: Annotated[str, field("Group to compare with.")]
    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]
    filter_groups: Annotated[str | None, field("Groups left out, comma separated.")] = None


class GetConsumeStatsRequest(TopicRequest, kw_only=True):
    """How far a group has come: GET_CONSUME_STATS. Java: `GetConsumeStatsRequestHeader`."""

    consumer_group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]
    topic: Annotated[str | None, field("The topic.", resource=Resource.TOPIC)] = None
    topic_list: Annotated[str | None, field("Topics, semicolon separated.")] = None
