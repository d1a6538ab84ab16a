"""Sending messages and replies."""

from __future__ import annotations

from typing import Annotated

import msgspec

from rmqtw.declare.fields import Header, Int32, Int64, Resource, field
from rmqtw.wire.headers.base import TopicQueueRequest, TopicRequest


class SendMessageRequest(TopicQueueRequest, kw_only=True):
    """Send one message, or a batch, in long names: SEND_MESSAGE, SEND_REPLY_MESSAGE.

    Java: `SendMessageRequestHeader`.
    """

    born_timestamp: Annotated[Int64, field("When the producer made the message, ms.")]
    default_topic: Annotated[str, field("Topic whose settings a new topic copies.")]
    default_topic_queue_nums: Annotated[Int32, field("Queues that a new topic shall have.")]
    flag: Annotated[Int32, field("The application's own bits.")]
    producer_group: Annotated[str, field("Group of the producer.")]
    queue_id: Annotated[Int32, field("The queue.")]
    sys_flag: Annotated[Int32, field("Bits: compression, transaction phase, born host v6, ...")]
    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]
    batch: Annotated[bool | None, field("Whether the body is a batch.")] = None
    max_reconsume_times: Annotated[
        Int32 | None,
        field("Attempts before the message goes to the dead letter queue."),
    ] = None
    properties: Annotated[str | None, field("Properties in Java's text form.")] = None
    reconsume_times: Annotated[Int32 | None, field("How often consumption was tried.")] = None
    unit_mode: Annotated[bool | None, field("Whether the client works in unit mode.")] = None


class SendMessageRequestV2(TopicQueueRequest, kw_only=True):
    """The same in one-letter names: SEND_MESSAGE_V2, SEND_BATCH_MESSAGE, SEND_REPLY_MESSAGE_V2.

    Java: `SendMessageRequestHeaderV2`.
    """

    producer_group: Annotated[str, field("Group of the producer.")] = msgspec.field(name="a")
    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)] = msgspec.field(name="b")
    default_topic: Annotated[
        str,
        field("Topic whose settings a new topic copies."),
    ] = msgspec.field(name="c")
    default_topic_queue_nums: Annotated[
        Int32,
        field("Queues that a new topic shall have."),
    ] = msgspec.field(name="d")
    queue_id: Annotated[Int32, field("The queue.")] = msgspec.field(name="e")
    sys_flag: Annotated[
        Int32,
        field("Bits: compression, transaction phase, born host v6, ..."),
    ] = msgspec.field(name="f")
    born_timestamp: Annotated[
        Int64,
        field("When the producer made the message, ms."),
    ] = msgspec.field(name="g")
    flag: Annotated[Int32, field("The application's own bits.")] = msgspec.field(name="h")
    properties: Annotated[
        str | None,
        field("Properties in Java's text form."),
    ] = msgspec.field(name="i", default=None)
    reconsume_times: Annotated[
        Int32 | None,
        field("How often consumption was tried."),
    ] = msgspec.field(name="j", default=None)
    unit_mode: Annotated[
        bool | None,
        field("Whether the client works in unit mode."),
    ] = msgspec.field(name="k", default=None)
    max_reconsume_times: Annotated[
        Int32 | None,
        field("Attempts before the message goes to the dead letter queue."),
    ] = msgspec.field(name="l", default=None)
    batch: Annotated[
        bool | None,
        field("Whether the body is a batch."),
    ] = msgspec.field(name="m", default=None)
    broker_name: Annotated[str | None, field("Name of the broker.")] = msgspec.field(name="n", default=None)

    def to_v1(self) -> SendMessageRequest:
        """Return the same request in long names. Java: `createSendMessageRequestHeaderV1`."""
        values = {name: getattr(self, name) for name in _IN_BOTH}
        return SendMessageRequest(**values | {"bname": self.broker_name or self.bname})


_IN_BOTH = tuple(
    name for name in SendMessageRequestV2.__struct_fields__ if name in SendMessageRequest.__struct_fields__
)


class SendMessageResponse(Header, kw_only=True):
    """Where a sent message was stored. Java: `SendMessageResponseHeader`."""

    msg_id: Annotated[str, field("Offset message id.")]
    queue_id: Annotated[Int32, field("The queue that was written.")]
    queue_offset: Annotated[Int64, field("Position in the queue.")]
    batch_uniq_id: Annotated[str | None, field("Unique id of the batch.")] = None
    recall_handle: Annotated[str | None, field("Handle by which a delayed message can be recalled.")] = None
    transaction_id: Annotated[str | None, field("Id of the transaction.")] = None


class ReplyMessageRequest(TopicQueueRequest, kw_only=True):
    """A broker brings a reply to the producer that asked: PUSH_REPLY_MESSAGE_TO_CLIENT.

    Java: `ReplyMessageRequestHeader`.
    """

    born_host: Annotated[str, field("Where the message was made, ip:port.")]
    born_timestamp: Annotated[Int64, field("When the producer made the message, ms.")]
    default_topic: Annotated[str, field("Topic whose settings a new topic copies.")]
    default_topic_queue_nums: Annotated[Int32, field("Queues that a new topic shall have.")]
    flag: Annotated[Int32, field("The application's own bits.")]
    producer_group: Annotated[str, field("Group of the producer.", resource=Resource.GROUP)]
    queue_id: Annotated[Int32, field("The queue.")]
    store_host: Annotated[str, field("Where the message was stored, ip:port.")]
    store_timestamp: Annotated[Int64, field("When the broker stored the message, ms.")]
    sys_flag: Annotated[Int32, field("Bits: compression, transaction phase, born host v6, ...")]
    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]
    properties: Annotated[str | None, field("Properties in Java's text form.")] = None
    reconsume_times: Annotated[Int32 | None, field("How often consumption was tried.")] = None
    unit_mode: Annotated[bool, field("Whether the client works in unit mode.")] = False


class RecallMessageRequest(TopicRequest, kw_only=True):
    """Cancel a delayed message: RECALL_MESSAGE. Java: `RecallMessageRequestHeader`."""

    recall_handle: Annotated[str, field("Handle by which a delayed message can be recalled.")]
    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]
    producer_group: Annotated[str | None, field("Group of the producer.")] = None


class RecallMessageResponse(Header, kw_only=True):
    """What was cancelled. Java: `RecallMessageResponseHeader`."""

    msg_id: Annotated[str, field("Unique key of the recalled message.")]
