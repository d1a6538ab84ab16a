"""Filters as a broker uses them: by type, on stored properties, out of a bounded cache, counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmqtw.filters import (
    Counts,
    EvaluationError,
    FilterCache,
    LimitExceeded,
    Limits,
    SqlSyntaxError,
    TagExpressionError,
    UnknownExpressionType,
    compile_filter,
)
from rmqtw.wire import properties as wire_properties


@pytest.mark.parametrize("expression_type", [None, "", "TAG"])
def test_tags_are_the_default(expression_type):
    """A consumer that names no type would be refused."""
    made = compile_filter(expression_type, "A || B")
    assert (made.expression_type, made.names) == ("TAG", {"TAGS"})
    assert made.accepts({"TAGS": "B"})
    assert not made.accepts({"TAGS": "C"})
    assert not made.accepts({})
    assert compile_filter(expression_type, None).accepts({})
    assert made.accepts_bytes(b"TAGS\x01A\x02")


def test_sql92():
    """A consumer could not filter by properties."""
    made = compile_filter("SQL92", "a > 5 AND region = 'eu'")
    assert (made.expression_type, made.expression, made.names) == (
        "SQL92",
        "a > 5 AND region = 'eu'",
        {"a", "region"},
    )
    assert made.accepts({"a": "6", "region": "eu", "other": "x"})
    assert not made.accepts({"a": "5", "region": "eu"})
    assert not made.accepts({})


def test_what_is_ignored_is_known():
    """Nobody could be warned that half of an expression has no effect."""
    assert compile_filter("SQL92", "a > 5 garbage ' \x00").ignored == "garbage ' \x00"
    assert compile_filter("SQL92", "a > 5 /* all */ \n").ignored == ""
    assert compile_filter("SQL92", "a = 1) or b = 2").ignored == ") or b = 2"


def test_an_error_costs_one_delivery_and_is_counted():
    """A property that is no number would stop a consumer, or go unnoticed."""
    counts = Counts()
    made = compile_filter("SQL92", "a > 5", counts=counts)
    assert [made.accepts({"a": text}) for text in ("6", "x", "7", "99999999999")] == [
        True,
        False,
        True,
        False,
    ]
    assert (counts.evaluations, counts.errors) == (4, 2)
    with pytest.raises(EvaluationError, match="'x' is no 32-bit integer"):
        made.evaluate({"a": "x"})


@pytest.mark.parametrize(
    ("expression_type", "expression", "error"),
    [
        ("SQL92", "a >", SqlSyntaxError),
        ("SQL92", "a" * 5000, LimitExceeded),
        ("SQL92", None, SqlSyntaxError),
        ("TAG", "||", TagExpressionError),
        ("SQL99", "a = 1", UnknownExpressionType),
        ("sql92", "a = 1", UnknownExpressionType),
    ],
)
def test_refusals(expression_type, expression, error):
    """A bad subscription would be taken, or refused without a reason."""
    counts = Counts()
    with pytest.raises(error):
        compile_filter(expression_type, expression, counts=counts)
    assert (counts.refused, counts.compiled) == (1, 0)


def test_cache_makes_a_filter_once():
    """Each pull would parse its expression anew."""
    cache = FilterCache()
    made = cache.get("SQL92", "a = 1")
    assert cache.get("SQL92", "a = 1") is made
    assert cache.get("TAG", "a") is not made
    made.accepts({"a": "1"})
    made.accepts_bytes(b"a\x01x\x02")
    counts = cache.counts
    assert (counts.compiled, counts.hits, counts.evaluations, counts.errors) == (2, 1, 2, 1)


def test_cache_keeps_refusals():
    """A consumer that tries a bad expression again and again would cost a parse each time."""
    cache = FilterCache()
    refusals = []
    for _ in range(3):
        with pytest.raises(SqlSyntaxError, match="not the end at character 3") as caught:
            cache.get("SQL92", "a =")
        refusals.append(caught.value)
    assert (cache.counts.refused, cache.counts.hits) == (1, 2)
    assert len(set(map(id, refusals))) == 3
    assert {(str(one), one.position, one.expression) for one in refusals} == {(str(refusals[0]), 3, "a =")}


def test_cache_is_bounded():
    """Consumers with ever new expressions would fill the memory."""
    cache = FilterCache(size=2)
    first = cache.get("SQL92", "a = 1")
    cache.get("SQL92", "a = 2")
    assert cache.get("SQL92", "a = 1") is first
    cache.get("SQL92", "a = 3")
    assert len(cache) == 2
    assert cache.get("SQL92", "a = 1") is first
    cache.get("SQL92", "a = 2")
    assert cache.counts.compiled == 4
    with pytest.raises(ValueError, match="at least 1, not 0"):
        FilterCache(size=0)


def test_cache_does_not_keep_what_is_too_long():
    """A hundred expressions of a megabyte each would stay in memory."""
    cache = FilterCache(Limits(text=10))
    for _ in range(2):
        with pytest.raises(LimitExceeded):
            cache.get("SQL92", "a = 1 or b = 2")
    assert (len(cache), cache.counts.refused) == (0, 2)


TEXTS = st.text(st.sampled_from("ab\x01\x02xé"), max_size=12)
NAMES = ["a", "b", "ab", "ba", "TAGS"]


@given(st.lists(st.tuples(st.sampled_from(NAMES), TEXTS)), st.sampled_from(["", "\x02"]), st.booleans())
def test_stored_properties_are_read_as_java_reads_them(entries, end, torn):
    """A property would be found where there is none: in a value, in another name, or in an older entry."""
    stored = "\x02".join(f"{name}\x01{value}" for name, value in entries).encode() + end.encode()
    stored = stored[:-1] if torn else stored
    read = wire_properties.parse(stored)
    for names in (["a"], ["a", "b", "ab"], NAMES):
        made = compile_filter("SQL92", " or ".join(f"{name} contains 'a'" for name in names))
        assert made.accepts_bytes(stored) is any("a" in read.get(name, "") for name in names)


@pytest.mark.parametrize("stored", [b"", b"\x02", b"\x01", b"a\x01", b"a", b"\xff\xfe", b"a\x01\xff\x02"])
def test_odd_properties(stored):
    """A message that somebody stored with damaged properties would stop a consumer."""
    assert compile_filter("SQL92", "a is null").accepts_bytes(stored) is (stored != b"a\x01\xff\x02")
    assert compile_filter("SQL92", "a = '\ufffd'").accepts_bytes(stored) is (stored == b"a\x01\xff\x02")
    assert compile_filter("SQL92", "TRUE").accepts_bytes(stored)
