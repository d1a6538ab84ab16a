"""Bodies of batch sends (SEND_BATCH_MESSAGE): many messages of one topic, back to back.

Each: `total size(4) magic(4) crc(4) flag(4) body length(4) body properties length(2) properties`;
total size, magic and crc are not read, as in Java. Java: `MessageDecoder.encodeMessage`,
`MessageExtEncoder`.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct

import msgspec

_HEAD = Struct(">iiiii")
_SHORT = Struct(">h")
_FIXED = _HEAD.size + _SHORT.size
BATCH_COUNT_LIMIT = 65536


class MalformedBatch(Exception):
    """A batch body does not hold what its lengths say. `str()` names the item and the cause."""


class BatchItem(msgspec.Struct, gc=False):
    """One message of a batch. `body` is a slice of what was split, without a copy for a memoryview."""

    flag: int
    body: bytes | memoryview
    properties: bytes = b""


def split_batch(body: bytes | memoryview, limit: int = BATCH_COUNT_LIMIT) -> list[BatchItem]:
    """Read a batch body: at least one item, at most `limit`. Raises `MalformedBatch`."""
    items: list[BatchItem] = []
    offset = 0
    end = len(body)
    while offset < end:
        if len(items) == limit:
            raise MalformedBatch(f"more than {limit} messages in one batch")
        item, offset = _item(body, offset, len(items))
        items.append(item)
    if not items:
        raise MalformedBatch("no message in the batch")
    return items


def join_batch(items: Iterable[BatchItem]) -> bytes:
    """Write a batch body. Raises `struct.error` for properties over 32,767 bytes."""
    parts: list[bytes | memoryview] = []
    for item in items:
        size = _FIXED + len(item.body) + len(item.properties)
        parts.append(_HEAD.pack(size, 0, 0, item.flag, len(item.body)))
        parts.append(item.body)
        parts.append(_SHORT.pack(len(item.properties)))
        parts.append(item.properties)
    return b"".join(parts)


def _item(body: bytes | memoryview, offset: int, index: int) -> tuple[BatchItem, int]:
    if len(body) - offset < _FIXED:
        raise MalformedBatch(f"message {index}: {len(body) - offset} bytes left, {_FIXED} is the least")
    _, _, _, flag, body_length = _HEAD.unpack_from(body, offset)
    start = offset + _HEAD.size
    end = start + body_length
    if body_length < 0 or end + _SHORT.size > len(body):
        raise MalformedBatch(f"message {index}: body length {body_length} does not fit")
    (properties_length,) = _SHORT.unpack_from(body, end)
    finish = end + _SHORT.size + properties_length
    if properties_length < 0 or finish > len(body):
        raise MalformedBatch(f"message {index}: properties length {properties_length} does not fit")
    return BatchItem(flag, body[start:end], bytes(body[end + _SHORT.size : finish])), finish
