"""Where sqlglot's own parser and Java agree on what a filter means, the trees are the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st

from rmqtw.filters.grammar import parse_sql92
from rmqtw.filters.rendering import rendered

ROOT = Path(__file__).parents[2]

NAMES = st.sampled_from(["a", "b", "price", "_x", "Region9"])
INTEGERS = st.integers(0, 2**63 - 1).map(str)
FLOATS = st.from_regex(r"[1-9][0-9]{0,5}\.[0-9]{1,5}", fullmatch=True)
NUMBERS = INTEGERS | FLOATS | INTEGERS.map("-{}".format)
STRINGS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8).map(
    lambda text: "'" + text.replace("'", "''") + "'"
)
ORDER = st.sampled_from(["<", "<=", ">", ">="])
COMPARISONS = st.one_of(
    st.tuples(NAMES, ORDER, NUMBERS | NAMES).map(" ".join),
    st.tuples(NAMES, st.sampled_from(["=", "<>"]), NUMBERS | STRINGS | NAMES | st.just("TRUE")).map(" ".join),
    st.tuples(NAMES, st.sampled_from(["IS NULL", "IS NOT NULL", "is not null"])).map(" ".join),
    st.tuples(
        NAMES, st.sampled_from(["IN", "NOT IN", "not in"]), st.lists(STRINGS, min_size=1, max_size=4)
    ).map(lambda parts: f"{parts[0]} {parts[1]} ({', '.join(parts[2])})"),
    st.tuples(NAMES, st.sampled_from(["BETWEEN", "NOT BETWEEN"])).map(
        lambda two: f"{two[0]} {two[1]} 2 AND 10"
    ),
)
CONDITIONS = st.recursive(
    COMPARISONS | NAMES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR", "and"]), inner).map(" ".join),
        inner.map("({})".format),
        inner.map("NOT ({})".format),
    ),
    max_leaves=12,
)


@given(CONDITIONS)
def test_trees_are_sqlglots(text):
    """A tool that works on sqlglot's trees would see another filter than the one applied."""
    assert parse_sql92(text).tree == sqlglot.parse_one(text)


@given(CONDITIONS)
def test_rendering_is_understood_by_sqlglot(text):
    """The parsed form that people are shown could not be read as SQL."""
    shown = rendered(parse_sql92(text).tree)
    assert rendered(parse_sql92(shown).tree) == shown
    assert sqlglot.parse_one(shown) == parse_sql92(shown).tree


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("not a = 3", "(NOT a) = 3"),
        ("not (a = 3)", "NOT (a = 3)"),
        ("a > 5 garbage", "a > 5"),
        ("a=1 or b=2 and c=3", "(a = 1) OR ((b = 2) AND (c = 3))"),
        ("a or b or c", "a OR b OR c"),
        ("a = 1 = TRUE", "(a = 1) = TRUE"),
        ("a not in ('x','it''s')", "a NOT IN ('x', 'it''s')"),
        ("not (a in ('x'))", "NOT (a IN ('x'))"),
        ("a not contains 'x' = true", "(a NOT CONTAINS 'x') = TRUE"),
        ("a startswith 'x' or a not endswith 'y'", "(a STARTSWITH 'x') OR (a NOT ENDSWITH 'y')"),
        ("a not between - 1 and 3L", "a NOT BETWEEN (-1) AND 3"),
        ("a is not null is null", "(a IS NOT NULL) IS NULL"),
        ("- - 1 = a", "(-(-1)) = a"),
        ("not not a", "NOT (NOT a)"),
        ("a = 010", "a = 0"),
        ("a>.5", "a > .5"),
        ("((a)) = +(+1)", "a = 1"),
        ("null", "NULL"),
    ],
)
def test_what_is_shown(text, shown):
    """People would not see what Java makes of their text."""
    assert rendered(parse_sql92(text).tree) == shown


def test_sqlglot_is_imported_by_the_first_sql_filter():
    """A broker without SQL92 filters would start slower, and take more memory."""
    script = """
import sys
from rmqtw.filters import compile_filter
compile_filter("TAG", "A || B").accepts({"TAGS": "A"})
print("sqlglot" in sys.modules)
compile_filter("SQL92", "a = 1")
print("sqlglot" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True"]
