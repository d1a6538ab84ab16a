"""Message queues, the bodies that list them, and the answers about them."""

from __future__ import annotations

import msgspec

from rmqtw.wire.bodies.base import Body, JavaEnum
from rmqtw.wire.bodies.heartbeat import MessageModel
from rmqtw.wire.fastjson import ObjectKeyMap


class MessageQueue(msgspec.Struct, kw_only=True, rename="camel", frozen=True, order=True):
    """One queue of a topic on a broker. Java: `MessageQueue`."""

    broker_name: str
    queue_id: int
    topic: str


class LockBatchRequestBody(Body):
    """Which queues to lock or unlock: LOCK_BATCH_MQ, UNLOCK_BATCH_MQ.

    Java: `LockBatchRequestBody`, `UnlockBatchRequestBody`.
    """

    consumer_group: str = ""
    client_id: str = ""
    only_this_broker: bool = False
    mq_set: list[MessageQueue] = []


class LockBatchResponseBody(Body):
    """Which queues are locked now. Java: `LockBatchResponseBody`."""

    lock_ok_mq_set: list[MessageQueue] = msgspec.field(name="lockOKMQSet", default_factory=list)


class ResetOffsetBody(Body):
    """Offsets to go on from. Java: `ResetOffsetBody`."""

    offset_table: ObjectKeyMap[MessageQueue, int] = msgspec.field(default_factory=ObjectKeyMap)


class QueueOffset(Body):
    """An offset of one queue, as C++ clients want it. Java: `MessageQueueForC`."""

    topic: str
    broker_name: str
    queue_id: int
    offset: int = 0


class ResetOffsetBodyForC(Body):
    """Offsets to go on from, for C++ clients. Java: `ResetOffsetBodyForC`."""

    offset_table: list[QueueOffset] = []


class GetConsumerStatusBody(Body):
    """Offsets of clients, and of the answering client. Java: `GetConsumerStatusBody`."""

    message_queue_table: ObjectKeyMap[MessageQueue, int] = msgspec.field(default_factory=ObjectKeyMap)
    consumer_table: dict[str, ObjectKeyMap[MessageQueue, int]] = {}


class TopicOffset(Body):
    """Bounds of one queue. Java: `TopicOffset`."""

    min_offset: int = 0
    max_offset: int = 0
    last_update_timestamp: int = 0


class TopicStatsTable(Body):
    """Bounds of all queues of a topic: GET_TOPIC_STATS_INFO. Java: `TopicStatsTable`."""

    offset_table: ObjectKeyMap[MessageQueue, TopicOffset] = msgspec.field(default_factory=ObjectKeyMap)
    topic_put_tps: float = 0.0


class OffsetWrapper(Body):
    """How far a group has come in one queue. Java: `OffsetWrapper`."""

    broker_offset: int = 0
    consumer_offset: int = 0
    pull_offset: int = 0
    last_timestamp: int = 0


class ConsumeStats(Body):
    """How far a group has come: GET_CONSUME_STATS. Java: `ConsumeStats`."""

    consume_tps: float = 0.0
    offset_table: ObjectKeyMap[MessageQueue, OffsetWrapper] = msgspec.field(default_factory=ObjectKeyMap)


class MessageRequestMode(JavaEnum):
    """How a client gets its messages. Java: `MessageRequestMode`."""

    PULL = "PULL"
    POP = "POP"


class QueryAssignmentRequestBody(Body):
    """A consumer asks for its queues: QUERY_ASSIGNMENT. Java: `QueryAssignmentRequestBody`."""

    topic: str = ""
    consumer_group: str = ""
    client_id: str = ""
    strategy_name: str = ""
    message_model: MessageModel = MessageModel.CLUSTERING


class MessageQueueAssignment(Body):
    """One queue given to a consumer. Java: `MessageQueueAssignment`."""

    message_queue: MessageQueue | None = None
    mode: MessageRequestMode = MessageRequestMode.PULL
    attachments: dict[str, str] | None = None


class QueryAssignmentResponseBody(Body):
    """The queues given to a consumer. Java: `QueryAssignmentResponseBody`."""

    message_queue_assignments: list[MessageQueueAssignment] = []


class SetMessageRequestModeRequestBody(Body):
    """PULL or POP for a group on a topic: SET_MESSAGE_REQUEST_MODE.

    Java: `SetMessageRequestModeRequestBody`.
    """

    topic: str = ""
    consumer_group: str = ""
    mode: MessageRequestMode = MessageRequestMode.PULL
    pop_share_queue_num: int = 0


class BatchAck(Body, rename=None):
    """Acknowledgements of one queue and check point. Java: `BatchAck`, whose JSON names are these.

    `bits` is base64 of a little-endian bit set: bit n stands for the n-th received message.
    """

    consumer_group: str = msgspec.field(name="c", default="")
    topic: str = msgspec.field(name="t", default="")
    retry: str = msgspec.field(name="r", default="0")
    start_offset: int = msgspec.field(name="so", default=0)
    queue_id: int = msgspec.field(name="q", default=0)
    revive_queue_id: int = msgspec.field(name="rq", default=0)
    pop_time: int = msgspec.field(name="pt", default=0)
    invisible_time: int = msgspec.field(name="it", default=0)
    bits: str = msgspec.field(name="b", default="")


class BatchAckMessageRequestBody(Body):
    """Many acknowledgements: BATCH_ACK_MESSAGE. Java: `BatchAckMessageRequestBody`."""

    broker_name: str | None = None
    acks: list[BatchAck] = []
