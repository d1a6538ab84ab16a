"""Sending messages. Java: `DefaultMQProducer`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure

from rmqtw.client.client import Client
from rmqtw.client.errors import UNREACHABLE, NoBroker, NoNameserver
from rmqtw.client.outgoing import message_properties
from rmqtw.client.routes import Route
from rmqtw.net.connections import CallTimeout, Reply
from rmqtw.wire import names
from rmqtw.wire.bodies.queues import MessageQueue
from rmqtw.wire.codes import ResponseCode
from rmqtw.wire.commands import SEND_MESSAGE_V2
from rmqtw.wire.errors import MessageIllegal, RemotingError
from rmqtw.wire.headers.send import SendMessageRequestV2, SendMessageResponse
from rmqtw.wire.messages import check_limits

ATTEMPTS = 3
NEW_TOPIC_QUEUES = 4


@attrs.frozen
class SendResult:
    """Where a message was stored.

    `message_id` is the unique key that consumers see as the message's id, `offset_message_id` the
    broker's. `status` is SEND_OK, or says what was slower than the broker is willing to wait:
    FLUSH_DISK_TIMEOUT, FLUSH_SLAVE_TIMEOUT, SLAVE_NOT_AVAILABLE. The message is stored all the same.
    """

    message_id: str
    offset_message_id: str
    queue: MessageQueue
    queue_offset: int
    status: str


@attrs.frozen
class _Outgoing:
    """A message, and when it must have been sent."""

    topic: str
    body: bytes
    properties: str
    deadline: float


class Producer:
    """Sends messages of one producer group, to the queues of each topic in turn.

    `timeout` is seconds for one message in all: finding the topic, connecting, trying again.
    """

    def __init__(self, client: Client, group: str = "CLIENT_INNER_PRODUCER", *, timeout: float = 3.0) -> None:
        names.check_group(group)
        self._client = client
        self._group = group
        self._timeout = timeout
        self._turn = client.random.randrange(1 << 16)

    def send(
        self,
        topic: str,
        body: bytes,
        *,
        tags: str | None = None,
        keys: Sequence[str] = (),
        user_properties: Mapping[str, str] | None = None,
    ) -> Deferred[SendResult]:
        """Send one message, and try another queue, three times in all, where that can help.

        That is when a broker cannot be reached, when it breaks the connection before it answers, and
        when it answers a code that is `retriable`. A message may be stored twice: when the answer to
        an attempt is lost and the next attempt succeeds, or when the caller repeats a send that failed
        with `CallTimeout`. It is never given up without a failure.

        Fails with `NoRoute`; `NoNameserver`; `NoBroker`; `CallTimeout`, when the message may or may not
        be stored; the `RemotingError` that the last broker answered; `MessageIllegal` for an empty
        body, and a body or properties over the limits; `ValueError` for properties that cannot be
        written. May be cancelled.
        """
        return Deferred.fromCoroutine(self._send(topic, body, tags, keys, user_properties or {}))

    async def _send(
        self, topic: str, body: bytes, tags: str | None, keys: Sequence[str], own: Mapping[str, str]
    ) -> SendResult:
        unique_key = self._client.unique_key()
        text = message_properties(unique_key, tags, keys, own)
        _check_body(body)
        check_limits(len(body), len(text))
        deadline = self._client.clock.seconds() + self._timeout
        message = _Outgoing(topic, body, text.decode(), deadline)
        queue, reply = await self._store(message)
        return _result(unique_key, queue, reply)

    async def _store(self, message: _Outgoing) -> tuple[MessageQueue, Reply[SendMessageResponse]]:
        avoid, attempt = "", 1
        while True:
            route = await self._route(message)
            queue = self._next(route.write_queues, avoid)
            try:
                return queue, await self._attempt(route, queue, message)
            except (RemotingError, *UNREACHABLE) as problem:
                if attempt == ATTEMPTS or not self._may_retry(problem, message.deadline):
                    raise _explained(problem, queue) from problem
            self._client.routes.forget(message.topic)
            avoid, attempt = queue.broker_name, attempt + 1

    def _route(self, message: _Outgoing) -> Deferred[Route]:
        clock, routes = self._client.clock, self._client.routes
        left = max(0.0, message.deadline - clock.seconds())
        return routes.for_sending(message.topic).addTimeout(left, clock, self._no_route_in_time)

    def _no_route_in_time(self, result: Route | Failure, _left: float) -> Route | Failure:
        if isinstance(result, Failure) and result.check(CancelledError):
            cause = f"no answer within {self._timeout:g} s"
            raise NoNameserver(self._client.routes.nameservers, cause) from None
        return result

    def _may_retry(self, problem: Exception, deadline: float) -> bool:
        helps = problem.retriable if isinstance(problem, RemotingError) else True
        return helps and self._client.clock.seconds() < deadline

    def _next(self, queues: Sequence[MessageQueue], avoid: str) -> MessageQueue:
        """The next queue in turn; after a failure, one of another broker if there is one."""
        self._turn += 1
        first = self._turn % len(queues)
        in_turn = [*queues[first:], *queues[:first]]
        return next((queue for queue in in_turn if queue.broker_name != avoid), in_turn[0])

    def _attempt(
        self, route: Route, queue: MessageQueue, message: _Outgoing
    ) -> Deferred[Reply[SendMessageResponse]]:
        client = self._client
        header = SendMessageRequestV2(
            producer_group=self._group,
            topic=queue.topic,
            default_topic=names.AUTO_CREATE_TOPIC,
            default_topic_queue_nums=NEW_TOPIC_QUEUES,
            queue_id=queue.queue_id,
            sys_flag=0,
            born_timestamp=client.wall(),
            flag=0,
            properties=message.properties,
            reconsume_times=0,
            unit_mode=False,
            batch=False,
            broker_name=queue.broker_name,
        )
        left = max(0.0, message.deadline - client.clock.seconds())
        address = route.address(queue.broker_name)
        return client.connections.call(address, SEND_MESSAGE_V2, header, message.body, timeout=left)


def _check_body(body: bytes) -> None:
    """Java: `Validators.checkMessage`."""
    if not body:
        raise MessageIllegal("the message body is empty")


def _explained(problem: Exception, queue: MessageQueue) -> Exception:
    """What a send fails with: the broker's own words, or that it may be stored, or that none was reached."""
    if isinstance(problem, RemotingError):
        return problem
    if isinstance(problem, CallTimeout):
        return CallTimeout(f"{problem}; the message may be stored all the same")
    return NoBroker(queue.broker_name, problem)


def _result(unique_key: str, queue: MessageQueue, reply: Reply[SendMessageResponse]) -> SendResult:
    header = reply.header
    assert header is not None, "the command declares a response header"
    stored = MessageQueue(topic=queue.topic, broker_name=queue.broker_name, queue_id=header.queue_id)
    code = ResponseCode(reply.code)
    status = "SEND_OK" if code is ResponseCode.SUCCESS else code.name
    return SendResult(unique_key, header.msg_id, stored, header.queue_offset, status)
