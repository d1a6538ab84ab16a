"""Measure CPU time per message, memory and idle cost of a broker: `python -m tests.bench --help`."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench import measure
from tests.bench.scenarios import CELLS, WARM_UP, Bench
from tests.interop import targets

Results = dict[str, list[dict[str, Any]]]


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--target", choices=sorted(targets.TARGETS), default="rmqtw", help="whose broker to measure"
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often each cell is measured, interleaved")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of one measurement")
    parser.add_argument(
        "--warm-up", type=float, help="seconds of load before the first (default: 3; 40 for java)"
    )
    parser.add_argument("--idle", type=float, default=10.0, help="seconds of rest for the idle figure")
    parser.add_argument(
        "--stored", type=int, default=100_000, help="messages stored for the pulls to walk over"
    )
    parser.add_argument(
        "--smoke", action="store_true", help="one short round: proves that all is stored and answered"
    )
    parser.add_argument("--only", metavar="TEXT", help="measure only the cells whose name holds this text")
    parser.add_argument("--json", type=Path, help="also write all figures to this file")
    options = parser.parse_args()
    if options.smoke:
        options.rounds, options.seconds, options.idle, options.stored = 1, 0.7, 2.0, 20_000
    if options.warm_up is None:
        options.warm_up = 0.5 if options.smoke else {"java": 40.0}.get(options.target, 3.0)
    return options


def measure_all(bench: Bench, options: argparse.Namespace) -> dict[str, Any]:
    """Everything the report shows."""
    pid = bench.cluster.process.pid
    time.sleep(min(2.0, options.idle))
    figures: dict[str, Any] = {"anonymous_mib_after_start": measure.anonymous_mib(pid)}
    figures["idle_percent"] = measure.idle_percent(pid, options.idle)
    bench.create_topics()
    warm = Bench(bench.cluster, bench.core, 0.0, options.warm_up)
    figures["warm_up_codes"] = warm.run(WARM_UP)["codes"]
    failures = [bench.fill(options.stored)["failure"]]
    chosen = [cell for cell in CELLS if (options.only or "") in cell.name]
    cells: Results = {cell.name: [] for cell in chosen}
    for _ in range(options.rounds):
        for cell in chosen:
            cells[cell.name].append(bench.run(cell))
    failures += [result["failure"] for results in cells.values() for result in results]
    figures["anonymous_mib_after_run"] = measure.anonymous_mib(pid)
    return {**figures, "cells": cells, "failures": [text for text in failures if text]}


def show(report: dict[str, Any]) -> None:
    """Print the table."""
    for name, value in report["machine"].items():
        print(f"{name:8} {value}")
    print(
        f"\n{'':26}{'us CPU/message':>18}{'messages/s':>14}{'server':>9}{'generator':>11}{'codes != 0':>12}"
        f"{'stored':>10}\n{'':26}{'min / median':>18}{'median wall':>14}{'% core':>9}{'% core':>11}"
    )
    for name, results in report["cells"].items():
        print(row(name, results))
    print(
        f"\nanonymous memory  {report['anonymous_mib_after_start']:.1f} MiB after start, "
        f"{report['anonymous_mib_after_run']:.1f} MiB after the run"
    )
    print(f"idle              {report['idle_percent']:.2f} % of a core")
    for text in report["failures"]:
        print(f"FAILED {text}")


def row(name: str, results: list[dict[str, Any]]) -> str:
    """One line of the table."""
    costs = [result["us_per_message"] for result in results if result["us_per_message"] is not None]
    cost = f"{min(costs):.2f} / {statistics.median(costs):.2f}" if costs else "no answer"

    def middle(key: str) -> float:
        return float(statistics.median(result[key] for result in results))

    codes = sum(sum(result["codes"].values()) for result in results)
    stored = sum(result["stored"] for result in results)
    return (
        f"{name:26}{cost:>18}{middle('messages_per_second'):>14,.0f}{middle('server_core_percent'):>9.0f}"
        f"{middle('generator_core_percent'):>11.0f}{codes:>12}{stored:>10}"
    )


def main() -> int:
    """Run; 1 when an answer or a message was missing, whatever the speed."""
    options = parse()
    server_core, generator_core = measure.cores()
    with tempfile.TemporaryDirectory(prefix="rmqtw-bench-") as directory:
        cluster = targets.start(Path(directory), options.target, server_core)
        try:
            run_in = min(0.5, options.seconds / 2)
            figures = measure_all(Bench(cluster, generator_core, run_in, options.seconds), options)
        finally:
            cluster.process.stop()
    pinning = (
        f"server on {server_core}, generator on {generator_core}"
        if generator_core is not None
        else "one core only"
    )
    about = {**measure.machine(), "target": options.target, "cores": pinning}
    report = {"machine": about, **figures}
    show(report)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))
    return 1 if report["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
