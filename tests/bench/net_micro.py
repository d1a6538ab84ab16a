"""CPU per request of the connections alone: a verb that answers at once, over real sockets.

    python tests/bench/net_micro.py [--connections 16] [--depth 16] [--seconds 3] [--reactor fast|epoll]

A second process writes prebuilt SEND_MESSAGE_V2 frames of 1 KiB, `depth` in one write for each
connection, and waits for as many answers. Printed: microseconds of the server's CPU (user and
system) for each request; the same without sockets; and a calibration to compare runs by.
"""

from __future__ import annotations

import argparse
import os
import select
import socket
import statistics
import subprocess
import sys
import time
from typing import Any

from rmqtw.wire.commands import SEND_MESSAGE_V2
from rmqtw.wire.frames import encode
from rmqtw.wire.headers.send import SendMessageRequestV2, SendMessageResponse

BODY = b"x" * 1024


def frame() -> bytes:
    """Return one request as a Java client sends it."""
    from rmqtw.net.framing import request_frame

    header = SendMessageRequestV2(
        producer_group="PG_bench",
        topic="Bench",
        default_topic="TBW102",
        default_topic_queue_nums=4,
        queue_id=1,
        sys_flag=0,
        born_timestamp=1_800_000_000_000,
        flag=0,
        properties="UNIQ_KEY\x017F000001ABCD18B4AAC2\x02WAIT\x01true\x02TAGS\x01TagA\x02",
        reconsume_times=0,
        unit_mode=False,
        batch=False,
    )
    return encode(request_frame(SEND_MESSAGE_V2, header, BODY))


def generate(port: int, connections: int, depth: int, seconds: float) -> None:
    """Write `depth` frames to each connection whenever the answers to the last ones are there."""
    burst = frame() * depth
    sockets = {}
    for _ in range(connections):
        made = socket.create_connection(("127.0.0.1", port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sockets[made.fileno()] = made
    expected = 0
    poll = select.epoll()
    for fd, made in sockets.items():
        poll.register(fd, select.EPOLLIN)
        made.sendall(frame())
        expected = len(made.recv(65536)) * depth
    for made in sockets.values():
        made.sendall(burst)
    left = dict.fromkeys(sockets, expected)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for fd, _ in poll.poll(1.0):
            left[fd] -= len(sockets[fd].recv(262144))
            if left[fd] <= 0:
                left[fd] = expected
                sockets[fd].sendall(burst)


class Meter:
    """Counts requests, and what each cost in CPU time of this process, four times a second."""

    def __init__(self) -> None:
        self.served = 0
        self.costs: list[float] = []
        self._last = (0, time.process_time())

    def skip(self) -> None:
        """Begin here: what was before is warming up."""
        self._last = (self.served, time.process_time())

    def note(self) -> None:
        """Note the cost since the last note."""
        served, cpu = self.served, time.process_time()
        if served - self._last[0] > 100:
            self.costs.append((cpu - self._last[1]) / (served - self._last[0]) * 1e6)
        self._last = (served, cpu)


def factory_for(clock: Any, wall: Any, meter: Meter, with_header: bool, turns: Any = None) -> Any:
    """Return a listener's factory whose only verb answers at once."""
    from rmqtw.net.dispatch import Dispatch
    from rmqtw.net.protocol import RemotingFactory
    from rmqtw.net.request import Answer
    from rmqtw.net.routes import Route, Routes
    from rmqtw.security.policy import loopback_security

    header = SendMessageResponse(msg_id="7F00000100002A9F0000000000000000", queue_id=1, queue_offset=5)

    def verb(_request: Any) -> Answer:
        meter.served += 1
        return Answer(header=header) if with_header else Answer()

    dispatch = Dispatch(Routes(Route(SEND_MESSAGE_V2, verb)), loopback_security(clock.seconds), clock.seconds)
    return RemotingFactory(clock, wall, dispatch, turns=turns)


def serve(options: argparse.Namespace) -> None:
    """Run the server with a generator beside it, and print what it cost."""
    if options.reactor == "fast":
        from rmqtw.net.reactor import install

        install()
    from twisted.internet import reactor

    clock: Any = reactor
    meter = Meter()
    factory = factory_for(clock, lambda: int(time.time() * 1000), meter, options.header)
    port = clock.listenTCP(0, factory, interface="127.0.0.1", backlog=1024)
    command = [sys.executable, __file__, "--generate", str(port.getHost().port), *options.passed]
    generator = subprocess.Popen(command)

    def watch() -> None:
        meter.note()
        if generator.poll() is None:
            clock.callLater(0.25, watch)
        else:
            clock.stop()

    clock.callLater(0.5, meter.skip)
    clock.callLater(0.75, watch)
    clock.run()
    low, middle = min(meter.costs), statistics.median(meter.costs)
    shape = f"{options.reactor} reactor, {options.connections}x{options.depth}"
    print(f"{shape}: {meter.served} requests, CPU us each: min {low:.2f} median {middle:.2f}")


class Sink:
    """A transport that swallows everything."""

    def getPeer(self) -> Any:
        from twisted.internet.address import IPv4Address

        return IPv4Address("TCP", "127.0.0.1", 4711)

    def write(self, data: bytes) -> None:
        pass

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        pass


def inside(options: argparse.Namespace) -> None:
    """Measure the same without sockets: bytes in, bytes out, the end of the turn by hand."""
    from twisted.internet.task import Clock

    from rmqtw.net.turns import EndOfTurn

    turns = EndOfTurn(lambda: None)
    connection = factory_for(Clock(), lambda: 0, Meter(), options.header, turns).buildProtocol(None)
    connection.makeConnection(Sink())
    burst = frame() * options.depth
    rounds = []
    for _ in range(400):
        began = time.perf_counter()
        for _ in range(20):
            connection.dataReceived(burst)
            turns.run()
        rounds.append((time.perf_counter() - began) / 20 / options.depth * 1e6)
    low, middle = min(rounds), statistics.median(rounds)
    print(f"without sockets, depth {options.depth}: us each: min {low:.2f} median {middle:.2f}")


def calibrate() -> None:
    """Print how fast this machine is now: its speed moves by more than half."""
    rounds = []
    for _ in range(200):
        began = time.perf_counter()
        for _ in range(100):
            sum(range(100))
        rounds.append((time.perf_counter() - began) / 100 * 1e6)
    print(f"calibration, sum(range(100)): us min {min(rounds):.2f} median {statistics.median(rounds):.2f}")


def main() -> None:
    """Parse the options; run as server or, with --generate, as its load."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--depth", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--reactor", choices=("fast", "epoll"), default="fast")
    parser.add_argument("--header", action="store_true", help="answer with a send's response header")
    parser.add_argument("--generate", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.passed = [
        f"--connections={options.connections}",
        f"--depth={options.depth}",
        f"--seconds={options.seconds}",
    ]
    if options.generate:
        os.nice(1)
        generate(options.generate, options.connections, options.depth, options.seconds)
    else:
        calibrate()
        inside(options)
        serve(options)


if __name__ == "__main__":
    main()
