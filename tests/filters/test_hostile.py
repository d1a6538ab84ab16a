"""Expressions that somebody might send to hurt a broker: refused with a reason, or cheap to evaluate.

How long a refusal takes is measured by `python -m tests.bench.filters_micro`.
"""

from __future__ import annotations

import pytest

from rmqtw.filters import FilterError, LimitExceeded, Limits, Sql92Filter, SqlSyntaxError
from tests.filters.hostile import HOSTILE
from tests.filters.interpreter import verdict
from tests.filters.test_vectors import answer, parse_sql92


def test_there_are_enough_of_them():
    """The list would have shrunk unnoticed."""
    assert len(set(HOSTILE)) >= 200


@pytest.mark.parametrize("expression", HOSTILE, ids=lambda text: repr(text[:40]))
def test_is_refused_or_bounded(expression):
    """One consumer's expression would crash a broker, or slow it down for everybody."""
    try:
        made = Sql92Filter(expression)
    except FilterError as refusal:
        told = refusal
    else:
        assert made.steps <= Limits().steps
        assert made.accepts({"a": "1"}) is (verdict(parse_sql92(expression).tree, {"a": "1"}) == "true")
        return
    assert told.cause
    assert told.cause in str(told)
    assert 0 <= told.position <= len(expression)
    assert len(str(told)) < 400


@pytest.mark.parametrize(
    ("limits", "inside", "beyond", "position"),
    [
        (Limits(text=10), "a = '1234'", "a = '12345'", 10),
        (Limits(text=10), "a = '中1'", "a = '中12'", 8),
        (Limits(depth=3), "(((a)))", "((((a))))", 3),
        (Limits(depth=3), "not - + a = b", "not - + + a = b", 8),
        (Limits(depth=3), "a is null is null is null", "a is null is null is null is null", 26),
        (Limits(depth=3), "a = 1 = TRUE = TRUE and b = 1 = TRUE = TRUE", "a = 1 = TRUE = TRUE = TRUE", 20),
        (Limits(list=2), "a in ('x', 'y')", "a in ('x', 'y', 'z')", 16),
        (Limits(steps=3), "a and b or c and d", "a and b or c and d and e", 19),
        (Limits(steps=2), "a between 1 and 2", "a between 1 and 2 or b", 18),
        (Limits(steps=1), "a in ('x', 'y', 'z')", "(a in ('x'))", 3),
    ],
)
def test_limits(limits, inside, beyond, position):
    """An operator's limit would hold one too early or one too late, or the error point elsewhere."""
    assert answer_within(inside, limits) != "refused"
    with pytest.raises(LimitExceeded) as refusal:
        Sql92Filter(beyond, limits)
    assert refusal.value.position == position
    assert getattr(limits, refusal.value.limit) < 11


def answer_within(expression, limits):
    """What a filter with these limits finds for a message without properties."""
    try:
        return Sql92Filter(expression, limits).evaluate({})
    except SqlSyntaxError:
        return "no condition"
    except LimitExceeded:
        return "refused"


@pytest.mark.parametrize("name", ["text", "depth", "list", "steps"])
def test_limits_below_one_make_no_sense(name):
    """A setting of 0 would refuse every filter, silently."""
    with pytest.raises(ValueError, match=f"{name} must be at least 1, not 0"):
        Limits(**{name: 0})


def test_depth_is_within_pythons():
    """A generous setting would let an expression exhaust the stack."""
    with pytest.raises(ValueError, match="at most 100, not 101"):
        Limits(depth=101)
    deep = Limits(depth=100, steps=1000)
    assert Sql92Filter("(" * 99 + "a is null" + ")" * 99, Limits(depth=100, steps=100)).steps == 100
    assert Sql92Filter("not " * 98 + "(a is null)", deep).evaluate({}) is True


def test_long_chains_do_not_nest():
    """A generous setting of steps would make a chain of ORs exhaust the stack."""
    wide = Limits(text=10**6, steps=10**5)
    chain = Sql92Filter(" or ".join(["a = 1"] * 5000), wide)
    assert chain.evaluate({"a": "2"}) is False
    assert chain.evaluate({"a": "1"}) is True


@pytest.mark.parametrize(
    ("expression", "reason", "position"),
    [
        ("", "not the end", 0),
        ("a = ", "not the end", 4),
        ("a = 1 and 'x'", "a condition is expected, and this is a value", 10),
        ("(1)", "a condition is expected, and this is a value", 0),
        ("a = 'x", "a string that does not end", 4),
        ("a = 1 /* x", "a comment that does not end", 6),
        ("a = \u00a01", "'\\xa0', which cannot stand outside of quotes", 4),
        ("a.b = 1", "'.', which cannot stand outside of quotes", 1),
        ("a = null", "NULL can only be compared with IS NULL and IS NOT NULL", 2),
        ("true = 1", "TRUE or FALSE cannot be compared with a constant that is neither", 5),
        ("a > 'x'", "only numbers and properties can be compared by >", 2),
        ("a between 10 and 0", "the lower end is greater than the upper", 2),
        ("a between 1 or 2", "AND is expected, not 'or'", 12),
        ("a = 9223372036854775808", "the number 9223372036854775808 is beyond 64 bits", 4),
        ("a > 0.0", "the number 0.0 is zero, or too small or large for a double", 4),
        ("a in ('x', 1)", "a string is expected, not '1'", 11),
        ("a in ('x'", "a comma or a closing parenthesis is expected, not the end", 9),
        ("a in (\u00a0", "'\\xa0', which cannot stand", 6),
        ("1 in ('x')", "only a property can stand before IN", 2),
        ("a not = 3", "BETWEEN or CONTAINS or ENDSWITH or IN or STARTSWITH is expected, not '='", 6),
        ("a is true", "NULL is expected, not 'true'", 5),
        ("a contains b", "string is expected, not 'b'", 11),
        ("not a > 3", "only numbers and properties can be compared by >", 6),
    ],
)
def test_reason_and_position(expression, reason, position):
    """Whoever wrote the expression would have to guess what is wrong with it, and where."""
    with pytest.raises(SqlSyntaxError) as refusal:
        Sql92Filter(expression)
    assert reason in refusal.value.cause
    assert refusal.value.position == position
    assert answer(expression, {}) == "rejected"
