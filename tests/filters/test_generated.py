"""SQL92 filters on expressions made up from a seed.

RMQTW_FILTER_EXPRESSIONS is how many (2,000 unless it is set; `make filters` takes 100,000) and
RMQTW_FILTER_SEED where they begin.
"""

from __future__ import annotations

import os
from random import Random

import pytest

from rmqtw.filters import FilterError, Limits, Sql92Filter
from rmqtw.filters.grammar import parse_sql92
from rmqtw.filters.rendering import rendered
from rmqtw.wire import properties as wire_properties
from tests.filters.generator import Generator
from tests.filters.interpreter import verdict
from tests.filters.test_vectors import WIDE, answer

EXPRESSIONS = int(os.environ.get("RMQTW_FILTER_EXPRESSIONS", "2000"))
SEED = int(os.environ.get("RMQTW_FILTER_SEED", "1"))
BATCHES = 20


def generators(batch):
    """One generator for each expression of a batch, so that any of them can be made again."""
    for number in range(EXPRESSIONS // BATCHES):
        seed = SEED + batch * 1_000_000 + number
        yield seed, Generator(Random(seed))


def parsed_or_refused(text):
    """The tree; None for a text that is refused, with a position and a reason."""
    try:
        return parse_sql92(text).tree
    except FilterError as refusal:
        told = (0 <= refusal.position <= len(text), bool(refusal.cause))
    assert told == (True, True), text
    return None


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("batch", range(BATCHES))
def test_closures_and_interpreter_find_the_same(batch):
    """A message would be delivered that should not be, or an expression would crash the broker."""
    accepted = 0
    for seed, generator in generators(batch):
        text = generator.expression()
        tree = parsed_or_refused(text)
        if tree is None:
            continue
        accepted += 1
        for _ in range(3):
            properties = generator.properties()
            assert answer(text, properties) == verdict(tree, properties), (seed, text, properties)
    assert accepted > EXPRESSIONS // BATCHES // 4


def test_what_is_shown_is_read_the_same():
    """The parsed form that people are shown would mean something else."""
    for seed, generator in generators(0):
        text, properties = generator.expression(), generator.properties()
        try:
            tree = parse_sql92(text).tree
        except FilterError:
            continue
        again = parse_sql92(rendered(tree), WIDE)
        assert again.end == len(rendered(tree)), (seed, text)
        assert rendered(again.tree) == rendered(tree), (seed, text)
        assert verdict(again.tree, properties) == verdict(tree, properties), (seed, text, properties)


def test_stored_properties_are_judged_as_named_ones():
    """The broker, which reads properties from the log, would judge otherwise than `accepts` promises."""
    for seed, generator in generators(1):
        text = generator.expression()
        named = {name: value for name, value in generator.properties().items() if value}
        stored = wire_properties.render({"UNIQ_KEY": "1A", **named, "z": "\x01"})
        try:
            made = Sql92Filter(text)
        except FilterError:
            continue
        assert made.accepts_bytes(stored) is made.accepts(named), (seed, text, named)


def test_steps_bound_what_a_message_costs():
    """An expression could cost more for each message than the limit lets it."""
    for seed, generator in generators(2):
        text = generator.expression()
        try:
            steps = parse_sql92(text).steps
        except FilterError:
            continue
        assert parse_sql92(text, Limits(steps=max(steps, 1))).steps == steps, seed
        if steps > 1:
            with pytest.raises(FilterError, match=f"more than {steps - 1} operators"):
                parse_sql92(text, Limits(steps=steps - 1))
