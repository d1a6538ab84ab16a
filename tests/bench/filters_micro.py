"""CPU time of SQL92 filters, in microseconds: `python -m tests.bench.filters_micro`.

Each figure is the least of several rounds, as other work on the machine only ever adds. Refusals are of
the hostile expressions of the tests, and of expressions generated from a seed.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable
from random import Random

from sqlglot import tokenizer_core

from rmqtw.filters import FilterError, Sql92Filter
from rmqtw.wire import properties
from tests.bench import measure
from tests.filters.generator import Generator
from tests.filters.hostile import HOSTILE

STORED = properties.render(
    {
        "UNIQ_KEY": "7F00000100002A9F0000000000000000",
        "TAGS": "blue",
        "KEYS": "order-1",
        "region": "eu",
        "a": "6",
        "b": "x",
        "d": "5",
    }
)
NAMED = properties.parse(STORED)
TERMS = {
    "2 terms": "a > 5 AND b = 'x'",
    "6 terms": "a > 5 AND b = 'x' AND region IN ('eu', 'us') AND TAGS <> 'red'"
    " AND d BETWEEN 1 AND 10 AND KEYS STARTSWITH 'order'",
}
"""All terms are true, so that all are evaluated."""

LIMITS = {"compile": 1000.0, "2 terms": 4.0, "6 terms": 12.0, "refuse": 5000.0}
"""Microseconds that a filter may take."""


def least(work: Callable[[], object], times: int, rounds: int) -> float:
    """Microseconds of one call, in the best round."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(times):
            work()
        best = min(best, time.perf_counter() - start)
    return best / times * 1e6


def refusal(expression: str) -> bool:
    """Compile; whether it was refused."""
    try:
        Sql92Filter(expression)
    except FilterError:
        return True
    return False


def worst(expressions: Iterable[str], rounds: int) -> tuple[int, float, str]:
    """How many of these are refused, the microseconds of the slowest of them, and which it is."""
    count, slowest, which = 0, 0.0, ""
    for expression in expressions:
        if refusal(expression):
            count += 1
            took = least(lambda text=expression: refusal(text), 1, rounds)
            if took > slowest:
                slowest, which = took, expression
    return count, slowest, which


def row(name: str, microseconds: float, limit: float | None = None) -> None:
    """One line of the table."""
    verdict = (
        "" if limit is None else f"  limit {limit:,.0f}" + ("" if microseconds < limit else "  EXCEEDED")
    )
    print(f"{name:44}{microseconds:10.2f} us{verdict}")


def show_terms(name: str, expression: str, rounds: int) -> None:
    """Compile and evaluate one expression."""
    made = Sql92Filter(expression)
    assert made.accepts_bytes(STORED)
    row(f"{name}: compile", least(lambda: Sql92Filter(expression), 100, rounds), LIMITS["compile"])
    row(f"{name}: evaluate, properties as a dict", least(lambda: made.accepts(NAMED), 5000, rounds))
    label = f"{name}: evaluate, 7 properties decoded"
    row(label, least(lambda: made.accepts_bytes(STORED), 5000, rounds), LIMITS[name])


def show_refusals(name: str, expressions: Iterable[str], rounds: int) -> None:
    """The slowest refusal."""
    count, slowest, which = worst(expressions, rounds)
    row(f"{name}: slowest of {count} refused", slowest, LIMITS["refuse"])
    print(f"    {which[:70]!r}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.filters_micro", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--generated", type=int, default=5000, help="expressions to generate")
    options = parser.parse_args()
    build = "pure Python" if str(tokenizer_core.__file__).endswith(".py") else "compiled"
    for name, value in {**measure.machine(), "sqlglot": build}.items():
        print(f"{name:8} {value}")
    for name, expression in TERMS.items():
        show_terms(name, expression, options.rounds)
    show_refusals("hostile", HOSTILE, options.rounds)
    made_up = (Generator(Random(seed)).expression() for seed in range(options.generated))
    show_refusals("generated", made_up, 3)


if __name__ == "__main__":
    main()
