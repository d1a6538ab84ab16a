"""CPU time of the store alone, in microseconds a message: `python -m tests.bench.store_micro`.

Each figure is the least of several rounds, as other work on the machine only ever adds.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from collections.abc import Callable

from twisted.internet.task import Clock

from rmqtw.net.turns import EndOfTurn
from rmqtw.store.files import RealFiles
from rmqtw.store.filestore import FileStore
from rmqtw.store.settings import StoreSettings
from rmqtw.wire import properties
from rmqtw.wire.messages import Message, pack_host

HOST = pack_host("127.0.0.1", 10911)
PROPERTIES = properties.render({"UNIQ_KEY": "7F00000100002A9F0000000000000000", "TAGS": "blue"})


def message(body: bytes, queue_id: int) -> Message:
    """A message of a usual shape."""
    return Message(
        "BenchTopic", queue_id, 0, 0, body, PROPERTIES, 1_800_000_000_000, HOST, HOST, tags_code=3027034
    )


class Bench:
    """One store in a folder of its own."""

    def __init__(self, folder: str, size: int, per_turn: int) -> None:
        self.turns = EndOfTurn(lambda: None)
        self.clock = Clock()
        settings = StoreSettings(segment_size=256 * 1024 * 1024, max_unflushed=1 << 40)
        files = RealFiles(folder)
        self.store = FileStore(files, self.clock, lambda: 1_800_000_000_000, self.turns, settings)
        self.store.start()
        self.per_turn = per_turn
        self.body = bytes(size)
        self.done = 0

    def told(self, _: object) -> None:
        """Count an answer."""
        self.done += 1

    def send(self, turns: int) -> int:
        """Turns of single messages, each with somebody who waits; how many messages."""
        store = self.store
        for _ in range(turns):
            for number in range(self.per_turn):
                (one,) = store.append([message(self.body, number & 3)])
                store.when_durable(one.position + one.size, self.told, flush=False)
            self.turns.run()
        return turns * self.per_turn

    def batches(self, turns: int) -> int:
        """Turns of one batch each."""
        for _ in range(turns):
            self.store.append([message(self.body, 0) for _ in range(self.per_turn)])
            self.turns.run()
        return turns * self.per_turn

    def pull(self, calls: int, accept: Callable[..., bool] | None = None) -> int:
        """Reads of 32 from hot pages, through the queue with the batches; how many messages."""
        offset = found = 0
        bounds = self.store.bounds("BenchTopic", 0)
        assert bounds is not None
        for _ in range(calls):
            outcome = self.store.read("BenchTopic", 0, offset, 32, 256 * 1024, accept)
            found += outcome.count
            offset = outcome.next_offset if outcome.next_offset + 64 < bounds.next else 0
        return found


def least(rounds: int, work: Callable[[], int]) -> float:
    """Microseconds of CPU a message, in the best round."""
    best = float("inf")
    for _ in range(rounds):
        gc.collect()
        start = time.process_time()
        count = work()
        best = min(best, (time.process_time() - start) * 1e6 / count)
    return best


def report(name: str, figure: float) -> None:
    """Print one row."""
    print(f"{name:<36}{figure:8.2f} us/message")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1024, help="bytes of a body")
    parser.add_argument("--turn", type=int, default=64, help="messages in a reactor turn")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", help="where to put the store (default: a temporary one)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        bench = Bench(folder, options.size, options.turn)
        wanted = {3027034}
        rows = {
            f"batch of {options.turn} a turn": lambda: bench.batches(150),
            f"single, {options.turn} a turn, waited for": lambda: bench.send(150),
            "read of 32, units in memory": lambda: bench.pull(300),
            "read of 32, filtered by tag": lambda: bench.pull(300, lambda code, _: code in wanted),
        }
        for name, work in rows.items():
            report(name, least(options.rounds, work))
        bench.clock.advance(1)
        report("read of 32, units in files", least(options.rounds, lambda: bench.pull(300)))
        bench.store.stop()


if __name__ == "__main__":
    main()
