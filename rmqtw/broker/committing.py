"""QUERY_CONSUMER_OFFSET and UPDATE_CONSUMER_OFFSET: how far a group has come.

Java: `ConsumerManageProcessor`.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred, maybeDeferred

from rmqtw.broker.groups import Groups
from rmqtw.broker.offsets import Offsets
from rmqtw.broker.topics import Topics
from rmqtw.interfaces.storage import Found, IStore
from rmqtw.net.request import Answer, Request
from rmqtw.wire.errors import InvalidParameter, QueryNotFound, SubscriptionGroupNotExist, TopicNotExist
from rmqtw.wire.headers.pull import (
    QueryConsumerOffsetRequest,
    QueryConsumerOffsetResponse,
    UpdateConsumerOffsetRequest,
)
from rmqtw.wire.messages import decode_record

NOT_FOUND = "Not found, V3_0_6_SNAPSHOT maybe this group consumer boot first"
NOT_ZERO = "Not found, do not set to zero, maybe this group boot first"


class Committing:
    """Answers questions about committed offsets, and commits them.

    `hot_bytes` is how much of the log's end Apache would take to be in memory: a new group whose
    queue still begins there starts at 0 whatever it asked for, because clients rely on it.
    """

    def __init__(
        self, store: IStore, topics: Topics, groups: Groups, offsets: Offsets, *,
        hot_bytes: int, log_end: Callable[[], int],
    ) -> None:
        self._store = store
        self._topics = topics
        self._groups = groups
        self._offsets = offsets
        self._hot_bytes = hot_bytes
        self._log_end = log_end

    def query(self, request: Request[QueryConsumerOffsetRequest]) -> Answer | Deferred[Answer]:
        """The group's offset in a queue; 22 when it has none, and the client then chooses itself."""
        header = request.header
        offset = self._offsets.committed(header.consumer_group, header.topic, header.queue_id)
        if offset is not None:
            return Answer(header=QueryConsumerOffsetResponse(offset=offset))
        if header.set_zero_if_not_found is False:
            raise QueryNotFound(NOT_ZERO)
        first = maybeDeferred(self._store.read, header.topic, header.queue_id, 0, 1, 1)
        return first.addCallback(self._zero_if_hot)

    def update(self, request: Request[UpdateConsumerOffsetRequest]) -> Answer:
        """Commit an offset. Nothing changes for unknown groups, topics and queues, or a negative offset."""
        header = request.header
        if self._groups.get(header.consumer_group) is None:
            raise SubscriptionGroupNotExist(f"Group {header.consumer_group} not exist!")
        topic = self._topics.get(header.topic)
        if topic is None:
            raise TopicNotExist(f"Topic {header.topic} not exist!")
        queues = max(topic.read_queue_nums, topic.write_queue_nums)
        if not 0 <= header.queue_id < queues:
            raise InvalidParameter(f"queueId[{header.queue_id}] is illegal: {header.topic} has {queues}")
        if header.commit_offset < 0:
            raise InvalidParameter(f"commitOffset {header.commit_offset} is negative")
        self._offsets.commit(header.consumer_group, header.topic, header.queue_id, header.commit_offset)
        return Answer()

    def _zero_if_hot(self, outcome: object) -> Answer:
        if isinstance(outcome, Found) and outcome.bounds.lowest == 0:
            position = decode_record(b"".join(outcome.slices)).position
            if self._log_end() - position <= self._hot_bytes:
                return Answer(header=QueryConsumerOffsetResponse(offset=0))
        raise QueryNotFound(NOT_FOUND)
