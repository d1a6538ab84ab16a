"""Following the queues of a topic, without a group and without committing anything.

Each queue is read by long polls of its own (Java: `DefaultMQPullConsumer`).
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from rmqtw.client.client import Client
from rmqtw.client.consumer.queues import QueueCalls, Start
from rmqtw.client.errors import UNREACHABLE, ClientError, NoBroker, cause_of
from rmqtw.client.received import Received, received
from rmqtw.filters import TagFilter, parse_tags
from rmqtw.net.connections import Reply
from rmqtw.wire.bodies.queues import MessageQueue
from rmqtw.wire.codes import ResponseCode
from rmqtw.wire.errors import (
    FlowControl,
    GoAway,
    ServiceNotAvailable,
    SystemBusy,
    SystemFailure,
    TopicNotExist,
)  # fmt: skip
from rmqtw.wire.headers.pull import PullMessageResponse

__all__ = ["Reader", "Start"]

T = TypeVar("T")

RETRY_SECONDS = 1.0
REFRESH_SECONDS = 30.0
QUICK_SECONDS = 0.5
PASSING = (
    *UNREACHABLE,
    ClientError,
    FlowControl,
    GoAway,
    ServiceNotAvailable,
    SystemBusy,
    SystemFailure,
    TopicNotExist,
)
"""What a reader waits out, once it reads: the broker, or its topic, may come back."""


class Reader:
    """Reads a topic and hands every matching message to `take(message)`, each queue in its order.

    `tags` is a tag expression such as `A || B`; `FilterError` when it is broken. `take` may return a
    Deferred: the queue's next message waits for it. `tell(text)` hears, in one line each, that a
    broker is away and that it is back, and when offsets moved without messages being read.

    A message is handed over once, unless a broker cuts its queue and grows it again. Queues that
    appear later are noticed within a minute and read from the messages stored since `run`.
    """

    def __init__(
        self,
        client: Client,
        topic: str,
        take: Callable[[Received], Any],
        *,
        tags: str | None = None,
        start: Start = Start.LAST,
        tell: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self._client = client
        self._topic = topic
        self._take = take
        self._filter: TagFilter = parse_tags(tags)
        self._start = start
        self._tell = tell
        self._calls = QueueCalls(client, topic, tags or "*")
        self._queues: set[MessageQueue] = set()
        self._away: set[str] = set()
        self._tasks: list[Deferred[None]] = []
        self._ended: Deferred[None] = Deferred()
        self._stopping = False

    def run(self) -> Deferred[None]:
        """Read until `stop` is called; fires then. To be called once.

        Fails at the start with what `RouteTable.for_reading` fails with, with `NoBroker` when a broker
        cannot be reached; later only with the `RemotingError` of a broker that refuses to be read, with
        `MalformedRecord`, and with what `take` fails with. Whatever the end, nothing is read on.
        Cancelling it stops reading too.
        """
        self._started_at = self._client.wall()
        self._spawn(self._begin())
        return Deferred.fromCoroutine(self._until_ended())

    def stop(self) -> None:
        """Read no more; `run` fires in a later turn. May be called by `take`."""
        if not self._stopping:
            self._stopping = True
            self._client.clock.callLater(0, self._end)

    def _end(self) -> None:
        if not self._ended.called:
            self._ended.callback(None)

    async def _until_ended(self) -> None:
        try:
            await self._ended
        finally:
            self._stopping = True
            for task in self._tasks:
                task.cancel()

    def _spawn(self, work: Coroutine[Deferred[Any], Any, None]) -> None:
        if self._ended.called:
            work.close()
            return
        task = Deferred.fromCoroutine(work)
        self._tasks.append(task)
        task.addErrback(self._failed)

    def _failed(self, reason: Failure) -> Failure | None:
        if not self._ended.called:
            self._ended.errback(reason)
            return None
        return None if reason.check(CancelledError) else reason

    async def _begin(self) -> None:
        """Find where each queue begins before any message is handed over."""
        route = await self._client.routes.for_reading(self._topic)
        offsets = [(queue, await self._first_offset(queue)) for queue in route.read_queues]
        for queue, offset in offsets:
            self._queues.add(queue)
            self._spawn(self._follow(queue, offset))
        self._spawn(self._look_for_queues())

    async def _first_offset(self, queue: MessageQueue) -> int:
        try:
            return await self._calls.bound(queue, self._start)
        except UNREACHABLE as problem:
            raise NoBroker(queue.broker_name, problem) from problem

    async def _look_for_queues(self) -> None:
        while True:
            await self._sleep(REFRESH_SECONDS)
            try:
                route = await self._client.routes.for_reading(self._topic)
            except PASSING:
                continue
            for queue in route.read_queues:
                if queue not in self._queues:
                    self._queues.add(queue)
                    self._spawn(self._join(queue))

    async def _join(self, queue: MessageQueue) -> None:
        """Follow a queue that was not there at the start."""
        offset = await self._patiently(queue, lambda: self._calls.offset_at(queue, self._started_at))
        await self._follow(queue, offset)

    async def _follow(self, queue: MessageQueue, offset: int) -> None:
        clock = self._client.clock
        while not self._stopping:
            asked_at = clock.seconds()
            reply = await self._pull(queue, offset)
            assert reply.header is not None, "the command declares a response header"
            after = reply.header.next_begin_offset
            await self._hand_over(queue, reply)
            if reply.code == ResponseCode.PULL_OFFSET_MOVED and after != offset:
                self._tell(f"{_name(queue)} has no message {offset} now; going on at {after}")
            elif after == offset and clock.seconds() - asked_at < QUICK_SECONDS:
                await self._sleep(RETRY_SECONDS)  # this broker does not hold pulls
            offset = after

    def _pull(
        self, queue: MessageQueue, offset: int
    ) -> Coroutine[Deferred[Any], Any, Reply[PullMessageResponse]]:
        return self._patiently(queue, lambda: self._calls.pull(queue, offset))

    async def _hand_over(self, queue: MessageQueue, reply: Reply[PullMessageResponse]) -> None:
        if reply.code != ResponseCode.SUCCESS:
            return
        for message in received(queue.broker_name, reply.body):
            if self._stopping:
                return
            if self._filter.accepts(message.tags):
                taken = self._take(message)
                if isinstance(taken, Deferred):
                    await taken

    async def _patiently(self, queue: MessageQueue, ask: Callable[[], Coroutine[Deferred[Any], Any, T]]) -> T:
        """Ask until there is an answer, waiting out what passes."""
        while True:
            try:
                if queue.broker_name in self._away:
                    await self._calls.bound(queue, Start.LAST)  # answered at once, unlike a pull
                    self._is_back(queue.broker_name)
                return await ask()
            except PASSING as problem:
                self._is_away(queue.broker_name, problem)
            self._client.routes.forget(self._topic)
            await self._sleep(RETRY_SECONDS)

    def _is_away(self, broker_name: str, problem: Exception) -> None:
        if broker_name not in self._away:
            self._away.add(broker_name)
            self._tell(f"lost broker {broker_name}: {cause_of(problem)}; trying again until it is back")

    def _is_back(self, broker_name: str) -> None:
        if broker_name in self._away:
            self._away.remove(broker_name)
            self._tell(f"broker {broker_name} is back")

    def _sleep(self, seconds: float) -> Deferred[None]:
        return deferLater(self._client.clock, seconds)


def _name(queue: MessageQueue) -> str:
    return f"queue {queue.queue_id} of {queue.topic} on {queue.broker_name}"
