"""CPU of one send on its whole way but for sockets: `python -m tests.bench.broker_micro`.

Frames in, answers out, through connection, dispatch, verb and a store on real files; `--connections`
are read one after another and then the reactor's turn ends. Each figure is the least of several
rounds, as other work on the machine only ever adds. `--profile` prints where the time goes.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import tempfile
import time
from collections.abc import Callable
from random import Random
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock

from rmqtw.broker.groups import Groups
from rmqtw.broker.sending import Sending, SendLimits
from rmqtw.broker.stamping import Stamp
from rmqtw.broker.topics import Topics
from rmqtw.model.topics import SystemTopicOptions
from rmqtw.net.dispatch import Dispatch
from rmqtw.net.protocol import RemotingFactory
from rmqtw.net.routes import Route, Routes
from rmqtw.net.turns import EndOfTurn
from rmqtw.security.policy import loopback_security
from rmqtw.store.files import RealFiles
from rmqtw.store.filestore import FileStore
from rmqtw.store.settings import StoreSettings
from rmqtw.tap.storage import MemoryDocument
from rmqtw.wire.commands import SEND_BATCH_MESSAGE, SEND_MESSAGE_V2
from rmqtw.wire.ids import UniqueKeys
from rmqtw.wire.messages import pack_host
from tests.bench.frames import FIRST, Sends

WALL = 1_800_000_000_000


class Sink:
    """A transport that counts the bytes of the answers and drops them."""

    def __init__(self) -> None:
        self.written = 0

    def getPeer(self) -> Any:
        """Somebody on this machine."""
        return IPv4Address("TCP", "127.0.0.1", 4711)

    def write(self, data: bytes) -> None:
        """Count."""
        self.written += len(data)

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """It is never asked to pause."""


def wall() -> int:
    """A clock that stands still: reading the real one is not what is measured."""
    return WALL


class Bench:
    """A broker that only takes sends, and its connections."""

    def __init__(self, folder: str, connections: int) -> None:
        self.turns = EndOfTurn(lambda: None)
        clock = Clock()
        settings = StoreSettings(segment_size=256 * 1024 * 1024, max_unflushed=1 << 40)
        self.store = FileStore(RealFiles(folder), clock, wall, self.turns, settings)
        self.store.start()
        topics = Topics(MemoryDocument(), wall, auto_create=True)
        topics.load(SystemTopicOptions(cluster="DefaultCluster", broker="broker-a", auto_create=True))
        groups = Groups(MemoryDocument(), wall, auto_create=True)
        keys = UniqueKeys(bytes((127, 0, 0, 1)), 4711, wall)
        stamp = Stamp(pack_host("127.0.0.1", 10911), "DefaultCluster", keys.next)
        sending = Sending(
            self.store, topics, groups, stamp, Random(1), SendLimits(), broker_permission=6,
            broker_name="broker-a",
        )  # fmt: skip
        routes = Routes(Route(SEND_MESSAGE_V2, sending.send), Route(SEND_BATCH_MESSAGE, sending.send))
        dispatch = Dispatch(routes, loopback_security(clock.seconds), clock.seconds)
        factory = RemotingFactory(clock, wall, dispatch, turns=self.turns)
        self.sinks = [Sink() for _ in range(connections)]
        self.protocols = [factory.buildProtocol(None) for _ in self.sinks]
        for protocol, sink in zip(self.protocols, self.sinks, strict=True):
            assert protocol is not None
            protocol.makeConnection(sink)

    def send(self, bursts: list[bytes], turns: int) -> None:
        """So many turns, in each of which every connection brings its burst."""
        for _ in range(turns):
            for protocol, burst in zip(self.protocols, bursts, strict=True):
                assert protocol is not None
                protocol.dataReceived(burst)
            self.turns.run()


    def prove(self, least_messages: int) -> None:
        """Raise RuntimeError unless the messages are really stored."""
        bounds = [self.store.bounds("Bench_send", queue) for queue in range(4)]
        stored = sum(one.next for one in bounds if one is not None)
        if stored < least_messages:
            raise RuntimeError(f"{stored} messages are stored, at least {least_messages} were sent")


def bursts(connections: int, depth: int, batch: int) -> list[bytes]:
    """What each connection has ready at once: `depth` requests for a queue."""
    works = [Sends("Bench_send", index % 4, 1, 1024, batch) for index in range(connections)]
    return [b"".join(bytes(work.request(FIRST + one)) for one in range(depth)) for work in works]


def least(rounds: int, work: Callable[[], None], messages: int) -> float:
    """Microseconds of CPU a message, in the best round."""
    best = float("inf")
    for _ in range(rounds):
        gc.collect()
        start = time.process_time()
        work()
        best = min(best, (time.process_time() - start) * 1e6 / messages)
    return best


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--depth", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--batch", type=int, default=0, help="messages in a request's batch")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    gc.set_threshold(50_000, 50, 100)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder, options.connections)
        load = bursts(options.connections, options.depth, options.batch)
        messages = options.turns * options.connections * options.depth * (options.batch or 1)
        bench.send(load, 1)
        if options.profile:
            with cProfile.Profile() as profile:
                bench.send(load, options.turns * options.rounds)
            pstats.Stats(profile).sort_stats("tottime").print_stats(45)
        else:
            figure = least(options.rounds, lambda: bench.send(load, options.turns), messages)
            print(f"{options.connections}x{options.depth}: {figure:.2f} us/message")
        bench.prove(messages * options.rounds)
        bench.store.stop()


if __name__ == "__main__":
    main()
