"""Messages as a consumer sees them: decoded, inflated, in order."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from rmqtw.wire import properties
from rmqtw.wire.bodies.queues import MessageQueue
from rmqtw.wire.inflating import BadStream, inflate
from rmqtw.wire.messages import (
    COMPRESSED_FLAG,
    COMPRESSION_TYPE_MASK,
    StoredMessage,
    decode_record,
    host_text,
    split_records,
)

INFLATED_LIMIT = 64 * 1024 * 1024
_ZLIB_TYPES = (0x000, 0x300)
_OTHER_TYPES = {0x100: "LZ4", 0x200: "Zstandard"}


class UnreadableBody(Exception):
    """A body is compressed in a way that cannot be undone here. `str()` names the cause."""


@attrs.frozen
class Received:
    """One message. Times are milliseconds of the wall clock; `body` is as it came, see `content`."""

    queue: MessageQueue
    queue_offset: int
    message_id: str
    offset_message_id: str
    tags: str | None
    keys: str | None
    properties: dict[str, str]
    body: bytes
    sys_flag: int
    born_timestamp: int
    born_host: str
    store_timestamp: int
    reconsume_times: int

    def content(self, limit: int = INFLATED_LIMIT) -> bytes:
        """The body, inflated when it is compressed.

        Raises `UnreadableBody` for a broken stream, one that inflates to more than `limit` bytes, and
        for compression other than zlib.
        """
        if not self.sys_flag & COMPRESSED_FLAG:
            return self.body
        kind = self.sys_flag & COMPRESSION_TYPE_MASK
        if kind not in _ZLIB_TYPES:
            name = _OTHER_TYPES.get(kind, f"type {kind >> 8}")
            raise UnreadableBody(f"the body is compressed by {name}; only zlib can be undone here")
        return inflated(self.body, limit)


def inflated(body: bytes, limit: int) -> bytes:
    """Undo zlib. Raises `UnreadableBody` for a broken or short stream, and for more than `limit` bytes."""
    try:
        return inflate(body, limit)
    except BadStream as problem:
        raise UnreadableBody(f"the body {problem}") from None


def received(broker_name: str, body: bytes) -> Iterator[Received]:
    """Yield every message in a pull's body. Raises `MalformedRecord` where one cannot be read."""
    return (_one(broker_name, decode_record(record)) for record in split_records(body))


def _one(broker_name: str, record: StoredMessage) -> Received:
    named = properties.parse(record.properties)
    return Received(
        queue=MessageQueue(topic=record.topic, broker_name=broker_name, queue_id=record.queue_id),
        queue_offset=record.queue_offset,
        message_id=named.get(properties.UNIQ_KEY, record.message_id),
        offset_message_id=record.message_id,
        tags=named.get(properties.TAGS),
        keys=named.get(properties.KEYS),
        properties=named,
        body=bytes(record.body),
        sys_flag=record.sys_flag,
        born_timestamp=record.born_timestamp,
        born_host=host_text(record.born_host),
        store_timestamp=record.store_timestamp,
        reconsume_times=record.reconsume_times,
    )
