"""The cells of the table, and how one is run and its storing proved."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from typing import Any, NamedTuple

import attrs

from tests.bench.generator import Specification
from tests.interop import remoting, toolchain
from tests.interop.processes import pinned
from tests.interop.targets import Cluster

QUEUES, SIZE = 4, 1024
VISIBLE_SECONDS = 10.0  # Apache's broker answers a send before it makes the message visible


class Cell(NamedTuple):
    """One line of the table; `connections` x `depth` requests in flight."""

    name: str
    kind: str
    connections: int
    depth: int


CELLS = (
    Cell("send 1 KiB 1x1", "send", 1, 1),
    Cell("send 1 KiB 16x16", "send", 16, 16),
    Cell("batch of 32 x 1 KiB 4x4", "batch", 4, 4),
    Cell("pull of 32 x 1 KiB 4x4", "pull", 4, 4),
)
WARM_UP = CELLS[1]
FILL = Cell("fill", "batch", 4, 4)


@attrs.define
class Bench:
    """A cluster under measurement, the generator's core, and the length of a measurement in seconds."""

    cluster: Cluster
    core: int | None
    run_in: float
    window: float

    def run(self, cell: Cell) -> dict[str, Any]:
        """Measure one cell; `stored` and `failure` (a text or None) say whether all is well."""
        topic = f"Bench_{'pull' if cell is FILL else cell.kind}"
        before = sum(self.bounds(topic))
        result = self._generate(cell, topic, min(self.bounds(topic)))
        wanted = before + (0 if cell.kind == "pull" else result["messages"])
        result["stored"] = self._stored(topic, wanted) - before
        result["failure"] = failure(cell, result, wanted - before)
        return result

    def fill(self, messages: int) -> dict[str, Any]:
        """Store at least so many messages in the queues that will be pulled; the last result."""
        while True:
            result = self.run(FILL)
            if result["failure"] or min(self.bounds("Bench_pull")) * QUEUES >= messages:
                return result

    def create_topics(self) -> None:
        """One topic for each kind of cell."""
        with self.cluster.connect() as broker:
            for kind in ("send", "batch", "pull"):
                remoting.create_topic(broker, f"Bench_{kind}", QUEUES)

    def bounds(self, topic: str) -> list[int]:
        """The number of messages in each queue, as the broker says (code 30)."""
        with self.cluster.connect() as broker:
            return [remoting.max_offset(broker, topic, queue) for queue in range(QUEUES)]

    def _stored(self, topic: str, wanted: int) -> int:
        deadline = time.monotonic() + VISIBLE_SECONDS
        while (stored := sum(self.bounds(topic))) < wanted and time.monotonic() < deadline:
            time.sleep(0.1)
        return stored

    def _generate(self, cell: Cell, topic: str, stored: int) -> dict[str, Any]:
        spec = Specification(
            cell.kind,
            self.cluster.broker,
            topic,
            QUEUES,
            cell.connections,
            cell.depth,
            SIZE,
            self.run_in,
            self.window,
            self.cluster.process.pid,
            stored,
        )
        words = [sys.executable, "-m", "tests.bench.generator"]
        with pinned(self.core):
            process = subprocess.Popen(
                words,
                cwd=toolchain.ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        output, errors = process.communicate(json.dumps(attrs.asdict(spec)), timeout=120)
        with contextlib.suppress(ValueError):
            return dict(json.loads(output))
        return {
            "us_per_message": None,
            "messages_per_second": 0.0,
            "messages": 0,
            "codes": {},
            "unanswered": 0,
            "server_core_percent": 0.0,
            "generator_core_percent": 0.0,
            "error": errors.strip()[-800:],
        }


def failure(cell: Cell, result: dict[str, Any], wanted: int) -> str | None:
    """What went wrong in a cell, or None."""
    complaints = [
        (result.get("error"), f"the generator failed: {result.get('error')}"),
        (result["codes"], f"answers with an error code: {result['codes']}"),
        (result["unanswered"], f"{result['unanswered']} requests were never answered"),
        (not result["messages"], "no message was answered"),
        (result["stored"] != wanted, f"{wanted} messages were answered and {result['stored']} stored"),
    ]
    wrong = [text for complaint, text in complaints if complaint]
    return f"{cell.name}: {'; '.join(wrong)}" if wrong else None
