"""Where topics are: asked of the nameservers, remembered for a while.

Java: `MQClientInstance.updateTopicRouteInfoFromNameServer`, `TopicPublishInfo`.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from rmqtw.client.errors import UNREACHABLE, NoBroker, NoNameserver, NoRoute
from rmqtw.client.sharing import Shared
from rmqtw.declare.fields import MalformedHeader
from rmqtw.model.permissions import readable, writable
from rmqtw.net.connections import Connections
from rmqtw.wire import names
from rmqtw.wire.bodies.base import MalformedBody
from rmqtw.wire.bodies.queues import MessageQueue
from rmqtw.wire.bodies.route import MASTER_ID, QueueData, TopicRouteData
from rmqtw.wire.commands import GET_ROUTEINFO_BY_TOPIC
from rmqtw.wire.errors import RemotingError, TopicNotExist
from rmqtw.wire.headers.route import GetRouteInfoRequest

KEEP_SECONDS = 30.0
MOST_NEW_QUEUES = 4
_FAILED = (*UNREACHABLE, RemotingError, MalformedBody, MalformedHeader)


@attrs.frozen
class Route:
    """The queues of one topic, and the addresses of the brokers that have them."""

    topic: str
    data: TopicRouteData

    @property
    def write_queues(self) -> list[MessageQueue]:
        """Queues to send to: on brokers whose master is there, with permission to write."""
        return [
            queue
            for data in self.data.queue_datas
            if writable(data.perm) and MASTER_ID in self._addresses(data.broker_name)
            for queue in self._queues(data, data.write_queue_nums)
        ]

    @property
    def read_queues(self) -> list[MessageQueue]:
        """Queues to read from, on brokers of which the master or a slave is there."""
        return [
            queue
            for data in self.data.queue_datas
            if readable(data.perm) and self._addresses(data.broker_name)
            for queue in self._queues(data, data.read_queue_nums)
        ]

    def address(self, broker_name: str) -> str:
        """Address of a broker's master; while it is away, of the first of its slaves.

        Raises `NoBroker` while all of them are away.
        """
        addresses = self._addresses(broker_name)
        if not addresses:
            raise NoBroker(broker_name, "no nameserver knows its address")
        return addresses[min(addresses)]

    def _addresses(self, broker_name: str) -> dict[int, str]:
        for data in self.data.broker_datas:
            if data.broker_name == broker_name:
                return data.broker_addrs
        return {}

    def _queues(self, data: QueueData, count: int) -> list[MessageQueue]:
        return [
            MessageQueue(topic=self.topic, broker_name=data.broker_name, queue_id=queue_id)
            for queue_id in range(count)
        ]


class RouteTable:
    """Routes by topic, asked again after 30 seconds. Callers that ask at once share one question.

    Nameservers are asked in turn, beginning with the one that answered last, until one has the
    route. While none answers, the last route known is used.
    """

    def __init__(self, clock: IReactorTime, connections: Connections, nameservers: Sequence[str]) -> None:
        self._clock = clock
        self._connections = connections
        self._nameservers = list(nameservers)
        self._known: dict[str, tuple[float, Route]] = {}
        self._asked: Shared[Route | None] = Shared()

    @property
    def nameservers(self) -> list[str]:
        """The addresses, in the order in which they will be asked."""
        return list(self._nameservers)

    def for_sending(self, topic: str) -> Deferred[Route]:
        """Where to send; for an unknown topic, where TBW102 says that it may be created.

        Fails with `NoRoute`, `NoNameserver`, the `RemotingError` of the last nameserver that refused,
        or `InvalidParameter` for a name that no topic may have.
        """
        return Deferred.fromCoroutine(self._for_sending(topic))

    def for_reading(self, topic: str) -> Deferred[Route]:
        """Where to read. Fails as `for_sending` does."""
        return Deferred.fromCoroutine(self._for_reading(topic))

    def forget(self, topic: str) -> None:
        """Ask again next time: what we knew did not work."""
        known = self._known.get(topic)
        if known is not None:
            self._known[topic] = (float("-inf"), known[1])

    async def _for_sending(self, topic: str) -> Route:
        route = await self._find(topic)
        if route is None:
            template = await self._find(names.AUTO_CREATE_TOPIC)
            if template is None:
                raise NoRoute(topic, "does not exist, and no broker creates topics by itself; create it")
            route = Route(topic, _narrowed(template.data))
        return self._usable(route, route.write_queues, "sending to")

    async def _for_reading(self, topic: str) -> Route:
        route = await self._find(topic)
        if route is None:
            raise NoRoute(topic, "does not exist; send to it first, or create it")
        return self._usable(route, route.read_queues, "reading")

    def _usable(self, route: Route, queues: Sequence[MessageQueue], purpose: str) -> Route:
        if not queues:
            self.forget(route.topic)
            cause = "its brokers are away or do not permit it; try again later"
            raise NoRoute(route.topic, f"has no queue for {purpose} now: {cause}")
        return route

    async def _find(self, topic: str) -> Route | None:
        """The route, or None when nobody has the topic."""
        names.check_topic(topic)
        asked_at, known = self._known.get(topic, (0.0, None))
        if known is not None and self._clock.seconds() - asked_at < KEEP_SECONDS:
            return known
        return await self._asked.join(topic, lambda: Deferred.fromCoroutine(self._learn(topic, known)))

    async def _learn(self, topic: str, known: Route | None) -> Route | None:
        try:
            data = await self._ask(topic)
        except NoNameserver:
            if known is None:
                raise
        else:
            known = None if data is None else Route(topic, data)
        if known is None:
            self._known.pop(topic, None)
        else:
            self._known[topic] = (self._clock.seconds(), known)
        return known

    async def _ask(self, topic: str) -> TopicRouteData | None:
        """What the first nameserver that has the topic says; None when one says that nobody has it."""
        request = GetRouteInfoRequest(topic=topic, accept_standard_json_only=True)
        problems: list[Exception] = []
        for address in list(self._nameservers):
            try:
                reply = await self._connections.call(address, GET_ROUTEINFO_BY_TOPIC, request)
                data = TopicRouteData.decode(reply.body)
            except _FAILED as problem:
                problems.append(problem)
            else:
                self._prefer(address)
                return data
        self._check_unknown(problems)
        return None

    def _prefer(self, address: str) -> None:
        """Ask this nameserver first from now on."""
        self._nameservers.remove(address)
        self._nameservers.insert(0, address)

    def _check_unknown(self, problems: Sequence[Exception]) -> None:
        """Raise what went wrong, unless a nameserver said that the topic does not exist."""
        if any(isinstance(problem, TopicNotExist) for problem in problems):
            return
        for problem in problems:
            if not isinstance(problem, UNREACHABLE):
                raise problem
        raise NoNameserver(sorted(self._nameservers), problems[-1] if problems else "nobody was asked")


def _narrowed(data: TopicRouteData) -> TopicRouteData:
    """The template's route, as wide as the topic that a broker will make of it."""
    queues = [
        QueueData(
            broker_name=queue.broker_name,
            perm=queue.perm,
            topic_sys_flag=queue.topic_sys_flag,
            read_queue_nums=(width := min(MOST_NEW_QUEUES, queue.write_queue_nums)),
            write_queue_nums=width,
        )
        for queue in data.queue_datas
    ]
    return TopicRouteData(queue_datas=queues, broker_datas=data.broker_datas)
