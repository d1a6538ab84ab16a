"""POP consumption: receive, acknowledge, prolong."""

from __future__ import annotations

from typing import Annotated

from rmqtw.declare.fields import Header, Int32, Int64, Resource, field
from rmqtw.wire.headers.base import TopicQueueRequest


class PopMessageRequest(TopicQueueRequest, kw_only=True):
    """Receive messages and hide them for a while: POP_MESSAGE. Java: `PopMessageRequestHeader`."""

    born_time: Annotated[Int64, field("When the client sent the request, ms.")]
    consumer_group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]
    init_mode: Annotated[Int32, field("Where a new group starts: 0 first, 1 last.")]
    invisible_time: Annotated[Int64, field("How long a received message stays hidden, ms.")]
    max_msg_nums: Annotated[Int32, field("Most messages wanted.")]
    poll_time: Annotated[Int64, field("How long the broker may hold the request, ms.")]
    queue_id: Annotated[Int32, field("The queue; -1: any.")]
    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]
    attempt_id: Annotated[str | None, field("Same for each try of one receive call.")] = None
    exp: Annotated[str | None, field("Filter expression.")] = None
    exp_type: Annotated[str | None, field("TAG or SQL92.")] = None
    order: Annotated[bool, field("Whether order is kept.")] = False


class PopMessageResponse(Header, kw_only=True):
    """What follows received messages; also answers PEEK_MESSAGE. Java: `PopMessageResponseHeader`."""

    invisible_time: Annotated[Int64, field("How long a received message stays hidden, ms.")]
    pop_time: Annotated[Int64, field("When the messages were received, ms.")]
    rest_num: Annotated[Int64, field("Messages left in the queues.")]
    revive_qid: Annotated[Int32, field("Revive queue of the check point.")]
    msg_offset_info: Annotated[str | None, field("Offsets of the messages of each queue, as text.")] = None
    order_count_info: Annotated[str | None, field("Delivery attempts of each queue, as text.")] = None
    start_offset_info: Annotated[str | None, field("First offset of each queue, as text.")] = None


class AckMessageRequest(TopicQueueRequest, kw_only=True):
    """Acknowledge one received message: ACK_MESSAGE. Java: `AckMessageRequestHeader`."""

    consumer_group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]
    extra_info: Annotated[str, field("Receipt: the check point as text.")]
    offset: Annotated[Int64, field("Queue offset of the message.")]
    queue_id: Annotated[Int32, field("The queue.")]
    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]
    lite_topic: Annotated[str | None, field("Lite topic below the topic.")] = None


class ChangeInvisibleTimeRequest(TopicQueueRequest, kw_only=True):
    """Hide a received message longer or shorter: CHANGE_MESSAGE_INVISIBLETIME.

    Java: `ChangeInvisibleTimeRequestHeader`.
    """

    consumer_group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]
    extra_info: Annotated[str, field("Receipt: the check point as text.")]
    invisible_time: Annotated[Int64, field("How long a received message stays hidden, ms.")]
    offset: Annotated[Int64, field("Queue offset of the message.")]
    queue_id: Annotated[Int32, field("The queue.")]
    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]
    lite_topic: Annotated[str | None, field("Lite topic below the topic.")] = None
    suspend: Annotated[bool, field("Whether the group pauses meanwhile.")] = False


class ChangeInvisibleTimeResponse(Header, kw_only=True):
    """The new receipt. Java: `ChangeInvisibleTimeResponseHeader`."""

    invisible_time: Annotated[Int64, field("How long a received message stays hidden, ms.")]
    pop_time: Annotated[Int64, field("When the messages were received, ms.")]
    revive_qid: Annotated[Int32, field("Revive queue of the check point.")]


class PeekMessageRequest(TopicQueueRequest, kw_only=True):
    """Look at messages without hiding them: PEEK_MESSAGE. Java: `PeekMessageRequestHeader`."""

    consumer_group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]
    max_msg_nums: Annotated[Int32, field("Most messages wanted.")]
    queue_id: Annotated[Int32, field("The queue.")]
    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]


class NotificationRequest(TopicQueueRequest, kw_only=True):
    """Wait until a message is there: NOTIFICATION. Java: `NotificationRequestHeader`."""

    born_time: Annotated[Int64, field("When the client sent the request, ms.")]
    consumer_group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]
    poll_time: Annotated[Int64, field("How long the broker may hold the request, ms.")]
    queue_id: Annotated[Int32, field("The queue; -1: any.")]
    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]
    attempt_id: Annotated[str | None, field("Same for each try of one receive call.")] = None
    client_id: Annotated[str | None, field("Id of the client.")] = None
    exp: Annotated[str | None, field("Filter expression.")] = None
    exp_type: Annotated[str | None, field("TAG or SQL92.")] = None
    is_lite_consumer: Annotated[bool, field("Whether a lite consumer asks.")] = False
    order: Annotated[bool, field("Whether order is kept.")] = False


class NotificationResponse(Header, kw_only=True):
    """Whether a message is there. Java: `NotificationResponseHeader`."""

    has_msg: Annotated[bool, field("Whether a message waits.")]
    polling_full: Annotated[bool, field("Whether too many requests wait.")] = False


class PollingInfoRequest(TopicQueueRequest, kw_only=True):
    """Ask how many requests wait: POLLING_INFO. Java: `PollingInfoRequestHeader`."""

    consumer_group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]
    queue_id: Annotated[Int32, field("The queue.")]
    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]


class PollingInfoResponse(Header, kw_only=True):
    """How many requests wait. Java: `PollingInfoResponseHeader`."""

    polling_num: Annotated[Int32, field("Requests that wait.")]
