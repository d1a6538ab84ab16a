"""GET_MAX_OFFSET, GET_MIN_OFFSET and SEARCH_OFFSET_BY_TIMESTAMP: where a queue begins and ends.

Java: `AdminBrokerProcessor`.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred, maybeDeferred

from rmqtw.interfaces.storage import Bounds, IStore
from rmqtw.net.request import Answer, Request
from rmqtw.wire.headers.base import BoundaryType
from rmqtw.wire.headers.pull import (
    GetMaxOffsetRequest,
    GetMaxOffsetResponse,
    GetMinOffsetRequest,
    GetMinOffsetResponse,
    SearchOffsetRequest,
    SearchOffsetResponse,
)

NOTHING = Bounds(0, 0)


class QueueBounds:
    """Answers where queues begin and end. A queue never written, or unknown, is empty: 0 and 0."""

    def __init__(self, store: IStore) -> None:
        self._store = store

    def highest(self, request: Request[GetMaxOffsetRequest]) -> Answer:
        """The offset that the queue's next message will get."""
        bounds = self._store.bounds(request.header.topic, request.header.queue_id) or NOTHING
        return Answer(header=GetMaxOffsetResponse(offset=bounds.next))

    def lowest(self, request: Request[GetMinOffsetRequest]) -> Answer:
        """The offset of the queue's oldest message."""
        bounds = self._store.bounds(request.header.topic, request.header.queue_id) or NOTHING
        return Answer(header=GetMinOffsetResponse(offset=bounds.lowest))

    def at_time(self, request: Request[SearchOffsetRequest]) -> Deferred[Answer]:
        """The offset of the first message stored at or after a time, or the last at or before it."""
        header = request.header
        upper = header.boundary_type is BoundaryType.UPPER
        found = maybeDeferred(
            self._store.find_time, header.topic, header.queue_id, header.timestamp, upper=upper
        )
        return found.addCallback(lambda offset: Answer(header=SearchOffsetResponse(offset=offset)))
