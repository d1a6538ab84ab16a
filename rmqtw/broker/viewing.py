"""QUERY_MESSAGE, VIEW_MESSAGE_BY_ID and GET_EARLIEST_MSG_STORETIME: looking at single messages.

Java: `QueryMessageProcessor`, and `AdminBrokerProcessor.getEarliestMsgStoretime`.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred, succeed

from rmqtw.interfaces.storage import Found, IStore, Keyed
from rmqtw.net.request import Answer, Request
from rmqtw.wire.codes import ResponseCode
from rmqtw.wire.errors import InvalidParameter, SystemFailure
from rmqtw.wire.headers.pull import (
    GetEarliestMsgStoretimeRequest,
    GetEarliestMsgStoretimeResponse,
    QueryMessageRequest,
    QueryMessageResponse,
    ViewMessageRequest,
)
from rmqtw.wire.messages import decode_record

UNIQUE_KEY_MARK = "_UNIQUE_KEY_QUERY"
UNIQUE_KEY_MOST = 32
"""Messages answered to a query by unique key, whatever it asks for (Java: `defaultQueryMaxNum`)."""

QUERY_MOST = 64
"""Messages answered to any query (Java: `maxMsgsNumBatch`)."""

NO_TIME = -1
NOTHING_FOUND = "can not find message, maybe time range not correct"


class Viewing:
    """Finds messages by key and by id."""

    def __init__(self, store: IStore) -> None:
        self._store = store

    def query(self, request: Request[QueryMessageRequest]) -> Deferred[Answer]:
        """Messages with a key, or a unique key, the newest that fit, in the order of the log; 22 for none.

        29 says that less than one message was asked for.
        """
        header = request.header
        if header.max_num < 1:
            raise InvalidParameter(f"maxNum {header.max_num} is less than 1")
        unique = (request.command.ext_fields or {}).get(UNIQUE_KEY_MARK) == "true"
        most = UNIQUE_KEY_MOST if unique else min(header.max_num, QUERY_MOST)
        found = maybeDeferred(
            self._store.find_key, header.topic, header.key, most, header.begin_timestamp, header.end_timestamp
        )
        return found.addCallback(_answer_keyed)

    def view(self, request: Request[ViewMessageRequest]) -> Deferred[Answer]:
        """The message at a position of the log; 1 when there is none, or one of another topic."""
        header = request.header
        found = maybeDeferred(self._store.record_at, header.offset)
        return found.addCallback(_answer_record, header)

    def earliest(self, request: Request[GetEarliestMsgStoretimeRequest]) -> Deferred[Answer]:
        """When the oldest message of a queue was stored; -1 for an empty queue."""
        topic, queue_id = request.header.topic, request.header.queue_id
        bounds = self._store.bounds(topic, queue_id)
        if bounds is None:
            return succeed(_answer_time(None))
        found = maybeDeferred(self._store.read, topic, queue_id, bounds.lowest, 1, 1)
        return found.addCallback(_answer_time)


def _answer_keyed(keyed: Keyed) -> Answer:
    if not keyed.records:
        nothing = QueryMessageResponse(index_last_update_physical_offset=0, index_last_update_timestamp=0)
        return Answer(ResponseCode.QUERY_NOT_FOUND, header=nothing, remark=NOTHING_FOUND)
    header = QueryMessageResponse(
        index_last_update_physical_offset=keyed.position, index_last_update_timestamp=keyed.time
    )
    return Answer(header=header, body=list(reversed(keyed.records)))


def _answer_record(record: bytes | memoryview | None, header: ViewMessageRequest) -> Answer:
    if record is not None and header.topic in (None, "", decode_record(record, check_crc=False).topic):
        return Answer(body=record)
    raise SystemFailure(f"can not find message by the offset, {header.offset}")


def _answer_time(outcome: Any) -> Answer:
    time = NO_TIME
    if isinstance(outcome, Found):
        time = decode_record(outcome.slices[0], check_crc=False).store_timestamp
    return Answer(header=GetEarliestMsgStoretimeResponse(timestamp=time))
