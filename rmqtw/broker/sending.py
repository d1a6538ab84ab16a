"""SEND_MESSAGE, SEND_MESSAGE_V2 and SEND_BATCH_MESSAGE: a producer's message into a queue.

Java: `SendMessageProcessor`, `AbstractSendMessageProcessor`. A reply waits in the store's waiter
structure, never in a Deferred: this is the broker's busiest path.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from random import Random

import attrs

from rmqtw.broker.groups import Groups
from rmqtw.broker.stamping import Stamp, refuse_unserved
from rmqtw.broker.topics import Topics
from rmqtw.interfaces.storage import Appended, IStore, PutStatus
from rmqtw.model.permissions import writable
from rmqtw.model.topics import check_sendable
from rmqtw.net.request import HELD, Answer, Held, Request
from rmqtw.wire import batch, names, properties
from rmqtw.wire.bodies.topics import TopicConfig
from rmqtw.wire.codes import ResponseCode
from rmqtw.wire.errors import (
    InvalidParameter, MessageIllegal, NoPermission, RemotingError, SubscriptionGroupNotExist,
)
from rmqtw.wire.headers.send import SendMessageRequest, SendMessageResponse
from rmqtw.wire.ids import offset_message_id, tags_code
from rmqtw.wire.messages import BODY_LIMIT, Message

STATUS_CODES = {
    PutStatus.OK: ResponseCode.SUCCESS,
    PutStatus.FLUSH_DISK_TIMEOUT: ResponseCode.FLUSH_DISK_TIMEOUT,
    PutStatus.SLAVE_NOT_AVAILABLE: ResponseCode.SLAVE_NOT_AVAILABLE,
    PutStatus.FLUSH_SLAVE_TIMEOUT: ResponseCode.FLUSH_SLAVE_TIMEOUT,
    PutStatus.SERVICE_NOT_AVAILABLE: ResponseCode.SERVICE_NOT_AVAILABLE,
}
REMARKS = {
    PutStatus.SERVICE_NOT_AVAILABLE: "the store could not write the message; see the broker's log",
}


# (flag, body, properties as sent)
Content = tuple[int, bytes | memoryview, bytes]


@attrs.frozen
class SendLimits:
    """What one send may carry."""

    body: int = BODY_LIMIT
    properties: int = properties.LIMIT


class Sending:
    """Answers sends."""

    def __init__(
        self, store: IStore, topics: Topics, groups: Groups, stamp: Stamp, random: Random,
        limits: SendLimits, *, broker_permission: int, broker_name: str,
    ) -> None:
        self._store = store
        self._topics = topics
        self._groups = groups
        self._stamp = stamp
        self._random = random
        self._limits = limits
        self._broker_permission = broker_permission
        self._broker_name = broker_name

    def send(self, request: Request[SendMessageRequest]) -> Answer | Held:
        """Store one message, or the batch that the body holds when the header says so."""
        try:
            self._store_all(request)
        except RemotingError as problem:
            return Answer(code=problem.code, remark=problem.remark, ext=self._stamp.answer_ext)
        return HELD

    def _store_all(self, request: Request[SendMessageRequest]) -> None:
        header = request.header
        sent = (header.properties or "").encode("utf-8", "replace")
        contents = self._batch(request) if header.batch else [(header.flag, request.body, sent)]
        stamped = [(flag, body, *self._properties(one)) for flag, body, one in contents]
        queue_id = self._queue_id(self._topic(header), header.queue_id)
        appended = self._store.append(
            [self._message(request, queue_id, flag, body, stored) for flag, body, stored, _ in stamped]
        )
        unique_key = properties.find_text(sent, properties.UNIQ_KEY) or stamped[0][3]
        last = appended[-1]
        self._store.when_durable(
            last.position + last.size, partial(self._stored, request, appended, unique_key),
            flush=properties.find(sent, properties.WAIT) != b"false",
        )

    def _batch(self, request: Request[SendMessageRequest]) -> list[Content]:
        topic = request.header.topic
        if names.is_retry_topic(topic):
            raise MessageIllegal(f"a batch cannot be sent to the retry topic {topic}")
        try:
            items = batch.split_batch(memoryview(request.body))
        except batch.MalformedBatch as problem:
            raise MessageIllegal(f"the body is no batch of messages: {problem}") from None
        return [(item.flag, item.body, item.properties) for item in items]

    def _topic(self, header: SendMessageRequest) -> TopicConfig:
        """The topic to store in, created from its template when the settings allow."""
        if not writable(self._broker_permission):
            raise NoPermission(f"the broker[{self._broker_name}] sending message is forbidden")
        check_sendable(header.topic)
        topic = self._topics.get(header.topic)
        if topic is None:
            topic = self._topics.create_for_send(
                header.topic, header.default_topic, header.default_topic_queue_nums
            )
        if not writable(topic.perm):
            raise NoPermission(f"the topic[{header.topic}] sending message is forbidden")
        if names.is_retry_topic(header.topic):
            self._check_group(header.topic)
        return topic

    def _check_group(self, topic: str) -> None:
        group = topic.removeprefix(names.RETRY_PREFIX)
        if self._groups.get(group) is None:
            raise SubscriptionGroupNotExist(f"subscription group not exist, {group}")

    def _queue_id(self, topic: TopicConfig, asked: int) -> int:
        if asked < 0:
            return self._random.randrange(topic.write_queue_nums)
        if asked >= max(topic.write_queue_nums, topic.read_queue_nums):
            raise InvalidParameter(
                f"request queueId[{asked}] is illegal, topic [{topic.topic_name}] "
                f"has {topic.write_queue_nums} queues for writing"
            )
        return asked

    def _properties(self, sent: bytes) -> tuple[bytes, str]:
        """(what to store, unique key). Raises `MessageIllegal` for what cannot be stored."""
        if len(sent) > self._limits.properties:
            raise MessageIllegal(
                f"the message's properties are {len(sent)} bytes, {self._limits.properties} are allowed"
            )
        refuse_unserved(sent)
        return self._stamp(sent)

    def _message(
        self, request: Request[SendMessageRequest], queue_id: int, flag: int,
        body: bytes | memoryview, stored: bytes,
    ) -> Message:
        if len(body) > self._limits.body:
            raise MessageIllegal(f"the message body is {len(body)} bytes, {self._limits.body} are allowed")
        header = request.header
        tag = properties.find_text(stored, properties.TAGS)
        return Message(
            header.topic, queue_id, flag, header.sys_flag, body, stored, header.born_timestamp,
            request.peer.packed, self._stamp.store_host, header.reconsume_times or 0, 0,
            tags_code(tag) if tag else 0,
        )

    def _stored(
        self, request: Request[SendMessageRequest], appended: Sequence[Appended],
        unique_key: str, status: PutStatus,
    ) -> None:
        host = self._stamp.store_host
        header = SendMessageResponse(
            msg_id=",".join([offset_message_id(host, one.position) for one in appended]),
            queue_id=appended[0].queue_id, queue_offset=appended[0].queue_offset,
            transaction_id=unique_key,
        )
        request.reply(Answer(
            code=STATUS_CODES[status], header=header, remark=REMARKS.get(status), ext=self._stamp.answer_ext
        ))
