"""A blocking remoting client of a few calls, apart from rmqtw so that the rigs share no mistake with it."""

from __future__ import annotations

import itertools
import json
import socket
import struct
from typing import Any, NamedTuple, Self

VERSION = 479
ROUTE, CREATE_TOPIC, COMMITTED, MAX_OFFSET = 105, 17, 14, 30


class Reply(NamedTuple):
    """One answer: its code, remark, extFields and body."""

    code: int
    remark: str
    ext: dict[str, str]
    body: bytes


class Refused(Exception):
    """The server answered a code other than 0."""


def frame(code: int, ext: dict[str, Any], body: bytes = b"", opaque: int = 0, flag: int = 0) -> bytes:
    """A whole request frame with a JSON header."""
    command = {
        "code": code,
        "language": "PYTHON",
        "version": VERSION,
        "opaque": opaque,
        "flag": flag,
        "serializeTypeCurrentRPC": "JSON",
        "extFields": {k: str(v) for k, v in ext.items()},
    }
    header = json.dumps(command, separators=(",", ":")).encode()
    return struct.pack(">ii", 4 + len(header) + len(body), len(header)) + header + body


class Connection:
    """One connection to a nameserver or a broker."""

    def __init__(self, address: str, timeout: float = 10.0) -> None:
        host, port = address.rsplit(":", 1)
        self._socket = socket.create_connection((host, int(port)), timeout)
        self._file = self._socket.makefile("rb")
        self._opaque = itertools.count(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()

    def call(self, code: int, ext: dict[str, Any], body: bytes = b"") -> Reply:
        """Ask and wait for the answer of any code; raises OSError when the connection is lost or silent."""
        opaque = next(self._opaque)
        self._socket.sendall(frame(code, ext, body, opaque))
        while True:
            header, answer = self._read()
            if header["opaque"] == opaque:
                return Reply(
                    header["code"], header.get("remark") or "", header.get("extFields") or {}, answer
                )

    def ask(self, code: int, ext: dict[str, Any], body: bytes = b"") -> Reply:
        """Like call; raises Refused for a code other than 0."""
        reply = self.call(code, ext, body)
        if reply.code:
            raise Refused(f"request {code} with {ext} was answered {reply.code}: {reply.remark}")
        return reply

    def _read(self) -> tuple[dict[str, Any], bytes]:
        length, head = struct.unpack(">II", self._exactly(8))
        head &= 0xFFFFFF
        return json.loads(self._exactly(head)), self._exactly(length - 4 - head)

    def _exactly(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) < size:
            raise ConnectionError("the server hung up")
        return data


def create_topic(broker: Connection, topic: str, queues: int) -> None:
    """Create or change a topic as mqadmin does."""
    broker.ask(
        CREATE_TOPIC,
        {
            "topic": topic,
            "defaultTopic": "TBW102",
            "readQueueNums": queues,
            "perm": 6,
            "writeQueueNums": queues,
            "topicFilterType": "SINGLE_TAG",
            "topicSysFlag": 0,
            "order": "false",
            "attributes": "",
        },
    )


def max_offset(broker: Connection, topic: str, queue: int) -> int:
    """The offset the next message of a queue will get."""
    return int(broker.ask(MAX_OFFSET, {"topic": topic, "queueId": queue, "committed": "true"}).ext["offset"])


def committed(broker: Connection, group: str, topic: str, queue: int) -> int:
    """The offset a group committed; raises Refused when it committed none."""
    ext = {"consumerGroup": group, "topic": topic, "queueId": queue, "setZeroIfNotFound": "false"}
    return int(broker.ask(COMMITTED, ext).ext["offset"])


def has_route(namesrv: Connection, topic: str) -> bool:
    """Whether the nameserver knows a broker for the topic."""
    return namesrv.call(ROUTE, {"topic": topic, "acceptStandardJsonOnly": "true"}).code == 0
