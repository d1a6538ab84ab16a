"""SEND_MESSAGE, SEND_MESSAGE_V2 and SEND_BATCH_MESSAGE: a producer's message into a queue.

Java: `SendMessageProcessor`, `AbstractSendMessageProcessor`. A reply waits in the store's waiter
structure, never in a Deferred: this is the broker's busiest path.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from random import Random

import attrs
import msgspec

from rmqtw.broker.groups import Groups
from rmqtw.broker.stamping import Stamp, Stamped
from rmqtw.broker.topics import Topics
from rmqtw.interfaces.storage import Appended, IStore, PutStatus
from rmqtw.model.permissions import WRITE, writable
from rmqtw.model.topics import check_sendable
from rmqtw.net.request import CERTAIN, Answer, Held, Request
from rmqtw.wire import batch, names, properties
from rmqtw.wire.bodies.topics import TopicConfig
from rmqtw.wire.codes import ResponseCode
from rmqtw.wire.errors import (
    InvalidParameter,
    MessageIllegal,
    NoPermission,
    RemotingError,
)
from rmqtw.wire.headers.send import SendMessageRequest, SendMessageResponse
from rmqtw.wire.messages import BODY_LIMIT, TRANSACTION_PREPARED, Message

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


_FIELDS = b'{"msgId":"%b","queueId":"%d","queueOffset":"%d","transactionId":%b,%b'
_OK = PutStatus.OK
_write = msgspec.json.Encoder().encode


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
        header = request.header
        try:
            sent = (header.properties or "").encode("utf-8", "replace")
            if header.batch:
                self._store_batch(request, sent)
            else:
                self._store_one(request, sent)
        except RemotingError as problem:
            return Answer(code=problem.code, remark=problem.remark, ext=self._stamp.answer_ext)
        return CERTAIN

    def _store_one(self, request: Request[SendMessageRequest], sent: bytes) -> None:
        header, stamped = request.header, self._stamped(sent)
        _refuse_half(header)
        queue_id = self._queue_id(self._topic(header), header.queue_id)
        message = self._message(request, queue_id, header.flag, request.body, stamped)
        self._append(request, [message], stamped.unique_key, stamped.waits)

    def _store_batch(self, request: Request[SendMessageRequest], sent: bytes) -> None:
        header = request.header
        items = self._items(request)
        stamped = [self._stamped(item.properties) for item in items]
        _refuse_half(header)
        queue_id = self._queue_id(self._topic(header), header.queue_id)
        messages = [
            self._message(request, queue_id, item.flag, item.body, one)
            for item, one in zip(items, stamped, strict=True)
        ]
        unique_key = properties.find_text(sent, properties.UNIQ_KEY) or stamped[0].unique_key
        waits = properties.find(sent, properties.WAIT) != b"false"
        self._append(request, messages, unique_key, waits)

    def _append(
        self, request: Request[SendMessageRequest], messages: list[Message], unique_key: str, waits: bool
    ) -> None:
        appended = self._store.append(messages)
        last = appended[-1]
        self._store.when_durable(
            last.position + last.size, partial(self._stored, request, appended, unique_key), flush=waits
        )

    def _items(self, request: Request[SendMessageRequest]) -> list[batch.BatchItem]:
        topic = request.header.topic
        if names.is_retry_topic(topic):
            raise MessageIllegal(f"a batch cannot be sent to the retry topic {topic}")
        try:
            return batch.split_batch(memoryview(request.body))
        except batch.MalformedBatch as problem:
            raise MessageIllegal(f"the body is no batch of messages: {problem}") from None

    def _topic(self, header: SendMessageRequest) -> TopicConfig:
        """The topic to store in, created from its template when the settings allow."""
        topic = self._topics.get(header.topic)
        if topic is not None and topic.perm & self._broker_permission & WRITE and _is_ordinary(header.topic):
            return topic
        return self._checked_topic(header)

    def _checked_topic(self, header: SendMessageRequest) -> TopicConfig:
        """The same, one rule after the other."""
        if not writable(self._broker_permission):
            raise NoPermission(f"the broker[{self._broker_name}] sending message is forbidden")
        check_sendable(header.topic)
        if names.is_retry_topic(header.topic):
            self._groups.required(header.topic.removeprefix(names.RETRY_PREFIX))
        topic = self._topics.get(header.topic)
        if topic is None:
            topic = self._topics.create_for_send(
                header.topic, header.default_topic, header.default_topic_queue_nums
            )
        if not writable(topic.perm):
            raise NoPermission(f"the topic[{header.topic}] sending message is forbidden")
        return topic

    def _queue_id(self, topic: TopicConfig, asked: int) -> int:
        if asked < 0:
            return self._random.randrange(max(1, topic.write_queue_nums))
        if asked >= max(topic.write_queue_nums, topic.read_queue_nums):
            raise InvalidParameter(
                f"request queueId[{asked}] is illegal, topic [{topic.topic_name}] "
                f"has {topic.write_queue_nums} queues for writing"
            )
        return asked

    def _stamped(self, sent: bytes) -> Stamped:
        """What to store. Raises `MessageIllegal` for what cannot be stored."""
        if len(sent) > self._limits.properties:
            raise MessageIllegal(
                f"the message's properties are {len(sent)} bytes, {self._limits.properties} are allowed"
            )
        return self._stamp(sent)

    def _message(
        self, request: Request[SendMessageRequest], queue_id: int, flag: int,
        body: bytes | memoryview, stamped: Stamped,
    ) -> Message:
        if len(body) > self._limits.body:
            raise MessageIllegal(f"the message body is {len(body)} bytes, {self._limits.body} are allowed")
        header = request.header
        return Message(
            header.topic, queue_id, flag, header.sys_flag, body, stamped.properties, header.born_timestamp,
            request.peer.packed, self._stamp.store_host, header.reconsume_times or 0, 0, stamped.tags_code,
        )

    def _stored(
        self, request: Request[SendMessageRequest], appended: Sequence[Appended],
        unique_key: str, status: PutStatus,
    ) -> None:
        if status is _OK:
            answer = SendAnswer(self._stamp, appended, unique_key)
        else:
            answer = SendAnswer(self._stamp, appended, unique_key, STATUS_CODES[status], REMARKS.get(status))
        request.reply(answer)


def _refuse_half(header: SendMessageRequest) -> None:
    """A prepared or rolled back message would be acknowledged, and never be in a queue."""
    if header.sys_flag & TRANSACTION_PREPARED:
        raise NoPermission("transactional messages (sysFlag 4) are not served by this broker")


class SendAnswer(Answer):
    """The answer to a send that was stored, perhaps not as safely as asked.

    There is one for every message, so its fields are written from a template where they go out as JSON.
    """

    __slots__ = ("_appended", "_stamp", "_unique_key")

    def __init__(
        self, stamp: Stamp, appended: Sequence[Appended], unique_key: str, code: int = 0,
        remark: str | None = None,
    ) -> None:
        self.code = code
        self.remark = remark
        self.body = b""
        self._stamp = stamp
        self._appended = appended
        self._unique_key = unique_key

    @property
    def header(self) -> SendMessageResponse:  # type: ignore[override]
        """The fields that Java declares."""
        first = self._appended[0]
        return SendMessageResponse(
            msg_id=self._message_ids().decode(), queue_id=first.queue_id, queue_offset=first.queue_offset,
            transaction_id=self._unique_key,
        )

    @property
    def ext(self) -> dict[str, str]:  # type: ignore[override]
        """The fields that Java adds."""
        return self._stamp.answer_ext

    def json_fields(self) -> bytes:
        """See `Answer`."""
        first = self._appended[0]
        return _FIELDS % (
            self._message_ids(), first.queue_id, first.queue_offset, _write(self._unique_key),
            self._stamp.answer_json,
        )

    def _message_ids(self) -> bytes:
        prefix, appended = self._stamp.message_id_prefix, self._appended
        if len(appended) == 1:
            return b"%b%016X" % (prefix, appended[0].position)
        return b",".join([b"%b%016X" % (prefix, one.position) for one in appended])


@lru_cache(maxsize=4096)
def _is_ordinary(topic: str) -> bool:
    """Whether no rule but the permission holds for sends to a topic of this name."""
    return topic not in names.NOT_SENDABLE_TOPICS and not names.is_retry_topic(topic)
