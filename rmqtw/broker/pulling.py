"""PULL_MESSAGE and LITE_PULL_MESSAGE: reading a queue, now or when something arrives.

Java: `PullMessageProcessor`. The checks, their order, their codes and their remarks are its;
the store's outcome becomes a response code here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import attrs
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from rmqtw.broker.clients import Clients
from rmqtw.broker.groups import Groups
from rmqtw.broker.holding import Holding, Parked
from rmqtw.broker.offsets import Offsets
from rmqtw.broker.topics import Topics
from rmqtw.filters import FilterError, parse_tags
from rmqtw.interfaces.storage import (
    Accept,
    Ahead,
    Behind,
    Bounds,
    Empty,
    Found,
    IStore,
    NoMatch,
    NoQueue,
    ReadOutcome,
)
from rmqtw.model.permissions import readable
from rmqtw.model.subscriptions import is_tag_type
from rmqtw.net.request import HELD, Answer, Held, Request
from rmqtw.wire.bodies.groups import SubscriptionGroupConfig
from rmqtw.wire.bodies.heartbeat import MessageModel, SubscriptionData
from rmqtw.wire.bodies.route import MASTER_ID
from rmqtw.wire.bodies.topics import TopicConfig
from rmqtw.wire.codes import ResponseCode
from rmqtw.wire.errors import (
    FAQ,
    InvalidParameter,
    NoPermission,
    SubscriptionNotExist,
    SubscriptionNotLatest,
    SubscriptionParseFailed,
    SystemFailure,
    TopicNotExist,
)
from rmqtw.wire.headers.pull import PullMessageRequest, PullMessageResponse

_log = Logger()

COMMIT_OFFSET = 1
MAY_SUSPEND = 2
HAS_SUBSCRIPTION = 4


@attrs.frozen
class PullLimits:
    """How much one pull may take, and how long it may wait.

    A client that asks to be held longer than `longest_poll_millis` is answered by then.
    """

    max_count: int = 32
    max_bytes: int = 256 * 1024
    long_poll: bool = True
    short_poll_millis: int = 1000
    longest_poll_millis: int = 60_000


class Pulling:
    """Answers pulls."""

    def __init__(
        self, clock: IReactorTime, store: IStore, topics: Topics, groups: Groups, clients: Clients,
        offsets: Offsets, holding: Holding, limits: PullLimits, *, broker_permission: int, broker_name: str,
    ) -> None:
        self._clock = clock
        self._store = store
        self._topics = topics
        self._groups = groups
        self._clients = clients
        self._offsets = offsets
        self._holding = holding
        self._limits = limits
        self._broker_permission = broker_permission
        self._broker_name = broker_name

    def pull(self, request: Request[PullMessageRequest]) -> Answer | Held | Deferred[Answer]:
        """Read, hold or refuse."""
        header = request.header
        group = self._check(header)
        tags = self._tags(header, group)
        if header.sys_flag & COMMIT_OFFSET and header.commit_offset >= 0:
            self._offsets.commit(header.consumer_group, header.topic, header.queue_id, header.commit_offset)
        return self._read(request, tags, may_hold=bool(header.sys_flag & MAY_SUSPEND))

    def _check(self, header: PullMessageRequest) -> SubscriptionGroupConfig:
        if not readable(self._broker_permission):
            raise NoPermission(f"the broker[{self._broker_name}] pulling message is forbidden")
        group = self._groups.required(header.consumer_group)
        if not group.consume_enable:
            raise NoPermission(f"subscription group no permission, {header.consumer_group}")
        topic = self._topics.get(header.topic)
        if topic is None:
            raise TopicNotExist(f"topic[{header.topic}] not exist, apply first please! \n{FAQ}")
        self._check_topic(topic, header)
        return group

    def _check_topic(self, topic: TopicConfig, header: PullMessageRequest) -> None:
        if not readable(topic.perm):
            raise NoPermission(f"the topic[{header.topic}] pulling message is forbidden")
        if not 0 <= header.queue_id < topic.read_queue_nums:
            raise InvalidParameter(
                f"queueId[{header.queue_id}] is illegal, topic:[{header.topic}] "
                f"topicConfig.readQueueNums:[{topic.read_queue_nums}] consumer:[{header.consumer_group}]"
            )

    def _tags(self, header: PullMessageRequest, group: SubscriptionGroupConfig) -> Accept | None:
        """The filter of this pull: the expression it carries, or what the group's heartbeats said."""
        expression, kind = header.subscription, header.expression_type
        if not header.sys_flag & HAS_SUBSCRIPTION:
            stored = self._stored_subscription(header, group)
            expression, kind = stored.sub_string, stored.expression_type
        if not is_tag_type(kind):
            raise SystemFailure(f"The broker does not support consumer to filter message by {kind}")
        try:
            tags = parse_tags(expression or "*")
        except FilterError as problem:
            raise SubscriptionParseFailed(f"parse the consumer's subscription failed: {problem}") from None
        return None if tags.takes_all else partial(_accepts, tags.codes)

    def _stored_subscription(
        self, header: PullMessageRequest, group: SubscriptionGroupConfig
    ) -> SubscriptionData:
        live = self._clients.consumers.get(header.consumer_group)
        if live is None:
            raise SubscriptionNotExist(f"the consumer's group info not exist\n{FAQ}")
        if not group.consume_broadcast_enable and live.message_model is MessageModel.BROADCASTING:
            raise NoPermission(f"the consumer group[{live.name}] can not consume by broadcast way")
        stored = live.subscriptions.get(header.topic)
        if stored is None:
            raise SubscriptionNotExist(f"the consumer's subscription not exist\n{FAQ}")
        if stored.sub_version < header.sub_version:
            raise SubscriptionNotLatest("the consumer's subscription not latest")
        return stored

    def _read(
        self, request: Request[PullMessageRequest], accept: Accept | None, *, may_hold: bool
    ) -> Answer | Held | Deferred[Answer]:
        header = request.header
        outcome = self._store.read(
            header.topic, header.queue_id, header.queue_offset,
            max(1, min(header.max_msg_nums, self._limits.max_count)),
            min(header.max_msg_bytes or self._limits.max_bytes, self._limits.max_bytes), accept,
        )
        if isinstance(outcome, Deferred):
            return outcome.addCallback(partial(self._answer, request))
        if may_hold and self._holds(header, outcome):
            self._hold(request, accept)
            return HELD
        return self._answer(request, outcome)

    @staticmethod
    def _holds(header: PullMessageRequest, outcome: ReadOutcome) -> bool:
        """Java suspends on 19, which an empty queue answers only to offset 0."""
        return isinstance(outcome, Empty) or (isinstance(outcome, NoQueue) and header.queue_offset == 0)

    def _hold(self, request: Request[PullMessageRequest], accept: Accept | None) -> None:
        header = request.header
        limits = self._limits
        millis = header.suspend_timeout_millis if limits.long_poll else limits.short_poll_millis
        millis = max(0, min(millis, limits.longest_poll_millis))
        self._holding.park(Parked(
            header.topic, header.queue_id, request.peer, self._clock.seconds() + millis / 1000,
            _takes(accept), partial(self._resume, request, accept),
        ))

    def _resume(self, request: Request[PullMessageRequest], accept: Accept | None, _arrived: bool) -> None:
        answer: Deferred[Any] = maybeDeferred(self._read, request, accept, may_hold=False)
        answer.addErrback(_failed).addCallback(request.reply)

    def _answer(self, request: Request[PullMessageRequest], outcome: ReadOutcome) -> Answer:
        code, remark, next_offset, bounds = _verdict(request.header.queue_offset, outcome)
        header = PullMessageResponse(
            suggest_which_broker_id=MASTER_ID, next_begin_offset=next_offset, min_offset=bounds.lowest,
            max_offset=bounds.next, topic_sys_flag=0, group_sys_flag=0,
        )
        body = outcome.slices if isinstance(outcome, Found) else b""
        return Answer(code=code, header=header, body=body, remark=remark)


def _verdict(asked: int, outcome: ReadOutcome) -> tuple[int, str, int, Bounds]:
    """(response code, remark, next offset, bounds) of a read.

    Java: `PullMessageProcessor`, `GetMessageStatus`.
    """
    match outcome:
        case Found(next_offset=next_offset, bounds=bounds):
            return ResponseCode.SUCCESS, "FOUND", next_offset, bounds
        case NoMatch(next_offset=next_offset, bounds=bounds):
            return ResponseCode.PULL_RETRY_IMMEDIATELY, "NO_MATCHED_MESSAGE", next_offset, bounds
        case Empty(bounds=bounds):
            return ResponseCode.PULL_NOT_FOUND, "OFFSET_OVERFLOW_ONE", bounds.next, bounds
        case Ahead(bounds=bounds):
            return ResponseCode.PULL_OFFSET_MOVED, "OFFSET_OVERFLOW_BADLY", bounds.next, bounds
        case Behind(bounds=bounds):
            return ResponseCode.PULL_OFFSET_MOVED, "OFFSET_TOO_SMALL", bounds.lowest, bounds
    code = ResponseCode.PULL_NOT_FOUND if asked == 0 else ResponseCode.PULL_OFFSET_MOVED
    return code, "NO_MESSAGE_IN_QUEUE", 0, Bounds(0, 0)


def _failed(reason: Failure) -> Answer:
    """A held pull whose read fails must still be answered; the client comes again."""
    _log.failure("A held pull could not be read.", reason)
    return Answer(code=ResponseCode.SYSTEM_ERROR, remark=f"the queue could not be read: {reason.value}")


def _accepts(codes: frozenset[int], tags_code: int, _record: Callable[[], Any]) -> bool:
    return tags_code in codes


def _takes(accept: Accept | None) -> Callable[[int], bool]:
    """The quick check by tag hash alone that decides whether an append wakes a held pull."""
    if accept is None:
        return _everything
    return lambda tags_code: accept(tags_code, bytes)


def _everything(_tags_code: int) -> bool:
    return True
