"""What a reader asks brokers about one queue."""

from __future__ import annotations

from enum import Enum
from typing import Any, TypeVar

from rmqtw.client.client import Client
from rmqtw.declare.fields import Header
from rmqtw.net.connections import Reply
from rmqtw.wire.bodies.queues import MessageQueue
from rmqtw.wire.commands import GET_MAX_OFFSET, GET_MIN_OFFSET, PULL_MESSAGE, SEARCH_OFFSET_BY_TIMESTAMP
from rmqtw.wire.commands.command import Command
from rmqtw.wire.headers.pull import (
    GetMaxOffsetRequest,
    GetMinOffsetRequest,
    PullMessageRequest,
    PullMessageResponse,
    SearchOffsetRequest,
)  # fmt: skip

Q = TypeVar("Q", bound=Header)
R = TypeVar("R", bound=Header)

GROUP = "TOOLS_CONSUMER"
MAY_SUSPEND = 2
HAS_SUBSCRIPTION = 4
SUSPEND_MILLIS = 15_000
PULL_TIMEOUT = 30.0
BATCH = 32


class Start(Enum):
    """Where a reader begins."""

    FIRST = "first"
    LAST = "last"


class QueueCalls:
    """Calls about the queues of one topic, to the broker that has each of them now.

    All fail as `Connections.call` and `RouteTable.for_reading` do, and with `NoBroker`.
    """

    def __init__(self, client: Client, topic: str, expression: str) -> None:
        self._client = client
        self._topic = topic
        self._expression = expression

    async def bound(self, queue: MessageQueue, start: Start) -> int:
        """Offset of the first message, or the one that the next message will get."""
        if start is Start.FIRST:
            first = GetMinOffsetRequest(topic=queue.topic, queue_id=queue.queue_id)
            return _offset(await self._call(queue, GET_MIN_OFFSET, first))
        last = GetMaxOffsetRequest(topic=queue.topic, queue_id=queue.queue_id)
        return _offset(await self._call(queue, GET_MAX_OFFSET, last))

    async def offset_at(self, queue: MessageQueue, timestamp: int) -> int:
        """Offset of the first message stored at or after a time in milliseconds."""
        header = SearchOffsetRequest(topic=queue.topic, queue_id=queue.queue_id, timestamp=timestamp)
        return _offset(await self._call(queue, SEARCH_OFFSET_BY_TIMESTAMP, header))

    async def pull(self, queue: MessageQueue, offset: int) -> Reply[PullMessageResponse]:
        """Messages from `offset` on; the broker holds the call for up to 15 s while there are none."""
        header = PullMessageRequest(
            consumer_group=GROUP,
            topic=queue.topic,
            queue_id=queue.queue_id,
            queue_offset=offset,
            max_msg_nums=BATCH,
            sys_flag=MAY_SUSPEND | HAS_SUBSCRIPTION,
            commit_offset=0,
            suspend_timeout_millis=SUSPEND_MILLIS,
            subscription=self._expression,
            sub_version=0,
            expression_type="TAG",
        )
        return await self._call(queue, PULL_MESSAGE, header, PULL_TIMEOUT)

    async def _call(
        self, queue: MessageQueue, command: Command[Q, R], header: Q, seconds: float = 3.0
    ) -> Reply[R]:
        route = await self._client.routes.for_reading(self._topic)
        address = route.address(queue.broker_name)
        return await self._client.connections.call(address, command, header, timeout=seconds)


def _offset(reply: Reply[Any]) -> int:
    assert reply.header is not None, "the command declares a response header"
    return int(reply.header.offset)
