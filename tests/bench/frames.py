"""Requests built beforehand, and what their answers say.

Only opaque, key and offset change from one to the next.
"""

from __future__ import annotations

import re
import struct
from typing import Any, Protocol

from tests.interop.remoting import frame

FIRST = 100_000_000  # opaque and keys start here, so that they always have nine digits
GROUP = "bench"
NEXT = re.compile(rb'"nextBeginOffset":"?(\d+)')
SEND, SEND_BATCH, PULL = 310, 320, 11


class Work(Protocol):
    """A stream of requests on one connection."""

    def request(self, number: int) -> bytes | bytearray:
        """The frame of request `number`; numbers count from FIRST and are the opaque."""

    def messages(self, number: int, header: bytes, body: int) -> int:
        """How many messages the answer (code 0) stands for, by its header and body length."""


def _places(data: bytearray, digits: bytes) -> list[int]:
    found, start = [], data.find(digits)
    while start >= 0:
        found.append(start)
        start = data.find(digits, start + 1)
    return found


class Sends:
    """SEND_MESSAGE_V2 of one message, or SEND_BATCH_MESSAGE of several, with keys that differ."""

    def __init__(self, topic: str, queue: int, depth: int, size: int, batch: int) -> None:
        self._weight = batch or 1
        body = b"".join([_inner(size)] * batch) if batch else b"b" * size
        ext = {
            "a": GROUP,
            "b": topic,
            "c": "TBW102",
            "d": 4,
            "e": queue,
            "f": 0,
            "g": 1_700_000_000_000,
            "h": 0,
            "i": f"UNIQ_KEY\x01{'7F000001' * 2}0{FIRST}\x02WAIT\x01true\x02TAGS\x01TagA",
            "j": 0,
            "k": "false",
            "m": "true" if batch else "false",
            "n": "broker-a",
        }
        whole = bytearray(frame(SEND_BATCH if batch else SEND, ext, body, FIRST))
        self._at = _places(whole, b"%d" % FIRST)
        self._slots = [bytearray(whole) for _ in range(depth)]

    def request(self, number: int) -> bytearray:
        """Patch the slot's frame in place; a slot is free again when its answer has come."""
        slot, digits = self._slots[number % len(self._slots)], b"%d" % number
        for at in self._at:
            slot[at : at + 9] = digits
        return slot

    def messages(self, number: int, header: bytes, body: int) -> int:
        """One, or as many as the batch holds."""
        return self._weight


def _inner(size: int) -> bytes:
    properties = f"UNIQ_KEY\x01{'7F000001' * 2}0{FIRST}\x02WAIT\x01true\x02TAGS\x01TagA".encode()
    total = 22 + size + len(properties)
    return (
        struct.pack(">iiiii", total, 0, 0, 0, size)
        + b"b" * size
        + struct.pack(">h", len(properties))
        + properties
    )


class Pulls:
    """PULL_MESSAGE of 32, walking over the stored messages of a queue, again from the start at the end."""

    def __init__(self, topic: str, queue: int, start: int, stored: int, size: int) -> None:
        self._offset, self._stored, self._size = start, stored, size
        self._asked: dict[int, int] = {}
        self._ext: dict[str, Any] = {
            "consumerGroup": GROUP,
            "topic": topic,
            "queueId": queue,
            "maxMsgNums": 32,
            "sysFlag": 4,
            "commitOffset": 0,
            "suspendTimeoutMillis": 0,
            "subscription": "*",
            "subVersion": 0,
            "expressionType": "TAG",
            "queueOffset": 0,
        }

    def request(self, number: int) -> bytes:
        """Ask for the next 32; several requests in flight ask for one run after another."""
        offset = self._asked[number] = self._offset
        self._offset = offset + 32 if offset + 64 <= self._stored else 0
        return frame(PULL, {**self._ext, "queueOffset": offset}, b"", number)

    def messages(self, number: int, header: bytes, body: int) -> int:
        """As many as the next offset says; raises ValueError when the body is too short for them."""
        found = NEXT.search(header)
        count = int(found[1]) - self._asked.pop(number) if found else 0
        if not 0 < count <= 32 or body < count * self._size:
            raise ValueError(f"an answer of {body} bytes claims {count} messages: {header[:300]!r}")
        return count
