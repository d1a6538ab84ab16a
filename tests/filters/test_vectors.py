"""SQL92 filters against what Apache's filter module answered; see vectors/README.md."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rmqtw.filters import EvaluationError, FilterError, Limits, Sql92Filter
from rmqtw.filters.grammar import parse_sql92
from rmqtw.filters.rendering import rendered
from tests.filters.interpreter import verdict

VECTORS = Path(__file__).parent / "vectors"
WIDE = Limits(text=65536, steps=1000)


def rows(name):
    """Read a file of vectors."""
    found = json.loads((VECTORS / name).read_text())
    assert len(found) > 150
    return found


SYNTAX = rows("sql92_syntax.json")
EVALUATION = rows("sql92_eval.json")
WRITTEN_OUT = {"\\n": "\n", "\\\\": "\\"}
"""The recorder of the evaluations read these as escapes, see vectors/README.md."""


def as_evaluated(text):
    """The text that Java was given."""
    for written, meant in WRITTEN_OUT.items():
        text = text.replace(written, meant)
    return text


def answer(expression, properties):
    """What a filter finds, in the words of the vectors."""
    try:
        made = Sql92Filter(expression)
    except FilterError:
        return "rejected"
    try:
        return {True: "true", False: "false", None: "null"}[made.evaluate(properties)]
    except EvaluationError:
        return "error"


@pytest.mark.parametrize("row", SYNTAX, ids=lambda row: row["expression"])
def test_accepts_and_rejects_what_java_does(row):
    """A consumer of a Java broker could not subscribe here, or would only here."""
    assert (answer(row["expression"], {}) != "rejected") is row["accepted"]


@pytest.mark.parametrize("row", EVALUATION, ids=lambda row: f"{row['expression']} {row['properties']}")
def test_evaluates_as_java_does(row):
    """A consumer would get other messages than from a Java broker."""
    properties = {name: as_evaluated(value) for name, value in row["properties"].items()}
    assert answer(as_evaluated(row["expression"]), properties) == row["result"]


def test_the_plain_interpreter_agrees_with_java_too():
    """What the generated expressions are compared with would itself be wrong."""
    for row in EVALUATION:
        if row["result"] != "rejected":
            properties = {name: as_evaluated(value) for name, value in row["properties"].items()}
            tree = parse_sql92(as_evaluated(row["expression"])).tree
            assert verdict(tree, properties) == row["result"], row


def test_what_is_shown_means_the_same():
    """`rmqtw filter check` would show another filter than the one that is applied."""
    for row in EVALUATION:
        if row["result"] in ("true", "false", "null"):
            text = rendered(parse_sql92(as_evaluated(row["expression"])).tree)
            properties = {name: as_evaluated(value) for name, value in row["properties"].items()}
            assert verdict(parse_sql92(text, WIDE).tree, properties) == row["result"], text
