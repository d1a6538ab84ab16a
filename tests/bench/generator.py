"""The load: a closed loop over some connections, in a process of its own.

Reads a `Specification` as JSON on standard input and prints the result of `run` on standard output.
"""

from __future__ import annotations

import json
import re
import select
import socket
import struct
import sys
import time
from collections import Counter
from typing import Any

import attrs

from tests.bench import measure
from tests.bench.frames import FIRST, Pulls, Sends, Work

OPAQUE, CODE = re.compile(rb'"opaque":(\d+)'), re.compile(rb'"code":(\d+)')
LENGTHS = struct.Struct(">II")
DRAIN_SECONDS = 15.0


@attrs.define
class Specification:
    """What to do: `kind` is send, batch or pull; times in seconds; `pid` is the server to measure."""

    kind: str
    address: str
    topic: str
    queues: int
    connections: int
    depth: int
    size: int
    run_in: float
    window: float
    pid: int
    stored: int = 0


@attrs.define
class Mark:
    """A moment: messages answered so far, the server's CPU, the generator's, the time."""

    messages: int
    server_us: float
    own_us: float
    at: float


class Link:
    """One connection with `depth` requests in flight."""

    def __init__(self, spec: Specification, index: int) -> None:
        host, port = spec.address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), 10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.work = work_for(spec, index)
        self.rest = b""
        self.in_flight = spec.depth
        self.depth = spec.depth
        self.socket.sendall(b"".join(self.work.request(FIRST + slot) for slot in range(spec.depth)))


def work_for(spec: Specification, index: int) -> Work:
    """The stream of requests of connection `index`."""
    queue = index % spec.queues
    if spec.kind == "pull":
        start = index // spec.queues * 32 % max(spec.stored, 1)
        return Pulls(spec.topic, queue, start, spec.stored, spec.size)
    return Sends(spec.topic, queue, spec.depth, spec.size, 32 if spec.kind == "batch" else 0)


class Load:
    """All connections, and what was answered."""

    def __init__(self, spec: Specification) -> None:
        self.spec = spec
        self.poll = select.epoll()
        self.messages = 0
        self.codes: Counter[int] = Counter()
        self.refill = True
        links = [Link(spec, index) for index in range(spec.connections)]
        self.links = {link.socket.fileno(): link for link in links}
        for descriptor in self.links:
            self.poll.register(descriptor, select.EPOLLIN)

    def mark(self) -> Mark:
        """Where things stand now."""
        own = time.process_time() * 1e6
        return Mark(self.messages, measure.cpu_us(self.spec.pid), own, time.monotonic())

    def run(self, seconds: float) -> None:
        """Answer and ask again for a time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for descriptor, _ in self.poll.poll(left):
                self.read(self.links[descriptor])

    def drain(self) -> int:
        """Ask no more and wait for what is in flight; how many requests were never answered."""
        self.refill, end = False, time.monotonic() + DRAIN_SECONDS
        while sum(link.in_flight for link in self.links.values()) and time.monotonic() < end:
            for descriptor, _ in self.poll.poll(0.5):
                self.read(self.links[descriptor])
        return sum(link.in_flight for link in self.links.values())

    def read(self, link: Link) -> None:
        """Take what one connection has to say, and ask as many times again."""
        data = link.socket.recv(262144)
        if not data:
            raise ConnectionError("the server hung up")
        if link.rest:
            data = link.rest + data
        position, end, again = 0, len(data), []
        while end - position >= 8:
            length, head = LENGTHS.unpack_from(data, position)
            if end - position < 4 + length:
                break
            head &= 0xFFFFFF
            again.append(self.answered(link, data[position + 8 : position + 8 + head], length - 4 - head))
            position += 4 + length
        link.rest = data[position:]
        link.in_flight -= len(again)
        if again and self.refill:
            link.in_flight += len(again)
            link.socket.sendall(b"".join([link.work.request(number + link.depth) for number in again]))

    def answered(self, link: Link, header: bytes, body: int) -> int:
        """Count one answer; the number of its request."""
        found, code = OPAQUE.search(header), CODE.search(header)
        if found is None or code is None:
            raise ValueError(f"not an answer: {header[:300]!r}")
        number = int(found[1])
        if code[1] == b"0":
            self.messages += link.work.messages(number, header, body)
        else:
            self.codes[int(code[1])] += 1
        return number


def run(spec: Specification) -> dict[str, Any]:
    """Run in, measure a window, drain; see the keys of the result below."""
    load = Load(spec)
    load.run(spec.run_in)
    before = load.mark()
    load.run(spec.window)
    after = load.mark()
    unanswered = load.drain()
    messages, wall = after.messages - before.messages, after.at - before.at
    return {
        "us_per_message": (after.server_us - before.server_us) / messages if messages else None,
        "messages_per_second": messages / wall,
        "server_core_percent": (after.server_us - before.server_us) / wall / 1e4,
        "generator_core_percent": (after.own_us - before.own_us) / wall / 1e4,
        "messages": load.messages,
        "codes": dict(load.codes),
        "unanswered": unanswered,
    }


if __name__ == "__main__":
    print(json.dumps(run(Specification(**json.load(sys.stdin)))))
