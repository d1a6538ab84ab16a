"""Java's numbers: which texts are one, which value they have, and how values compare."""
# ruff: noqa: RUF001, E501   (digits of other scripts are what is tested)

from __future__ import annotations

import math

import pytest

from rmqtw.filters import EvaluationError
from rmqtw.filters.javavalues import (
    Long,
    compare,
    compare_doubles,
    equal,
    literal,
    to_boolean,
    to_double,
    to_int,
    to_long,
)

NO_INTEGERS = [
    "",
    "+",
    "-",
    "+-1",
    "--1",
    " 1",
    "1 ",
    "1.0",
    "1L",
    "1_0",
    "0x1",
    "x",
    "１x",
    "𝟙",
    "²",
    "½",
    "1\n",
]
NO_DOUBLES = [
    "", " ", ".", "+", "e5", "1e", "1_0", "nan", "inf", "infinity", "INFINITY", "0x1", "0xp1", "1ff", "１", "1,5",
    "NaNd", "\u00a01", "--1", "1 2",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-0", 0),
        ("+7", 7),
        ("007", 7),
        ("2147483647", 2**31 - 1),
        ("-2147483648", -(2**31)),
        ("0" * 5000 + "1", 1),
        ("-" + "0" * 5000, 0),
        ("１２", 12),
        ("-٣", -3),
        ("０" * 5000 + "１", 1),
    ],
)
def test_integers(text, value):
    """A property that Java reads as a number would fail here, and the message not be delivered."""
    assert to_int(text) == to_long(text) == value


@pytest.mark.parametrize("text", NO_INTEGERS)
def test_no_integers(text):
    """Python would read a number where Java throws, and deliver a message that Java does not."""
    for convert in (to_int, to_long):
        with pytest.raises(EvaluationError, match=r"is no (32|64)-bit integer"):
            convert(text)


def test_width_of_integers():
    """A number that does not fit would be compared although Java throws."""
    for text in ("2147483648", "-2147483649", "3000000000"):
        assert to_long(text) == int(text)
        with pytest.raises(EvaluationError, match="32-bit"):
            to_int(text)
    assert to_long("-9223372036854775808") == -(2**63)
    for text in ("9223372036854775808", "-9223372036854775809", "9" * 30000):
        with pytest.raises(EvaluationError, match="64-bit"):
            to_long(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1.0),
        ("-1.5", -1.5),
        ("1.", 1.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1E-3", 0.001),
        (" 2 ", 2.0),
        ("\x00\t2\n", 2.0),
        ("2d", 2.0),
        ("2F", 2.0),
        ("2.e1D", 20.0),
        ("Infinity", math.inf),
        ("-Infinity", -math.inf),
        ("1e400", math.inf),
        ("0x1p3", 8.0),
        ("-0X.8P1f", -1.0),
        ("0x1.8p0", 1.5),
        ("0x1p5000", math.inf),
        ("-0x1p5000", -math.inf),
        ("4.9e-324", 5e-324),
        ("9" * 30000, math.inf),
    ],
)
def test_doubles(text, value):
    """A property that Java reads as a double would fail here."""
    assert to_double(text) == value


def test_not_a_number():
    """`a > 1.0` would not deliver NaN, which Java holds for the greatest number."""
    assert math.isnan(to_double("NaN"))
    assert math.isnan(to_double("-NaN"))
    assert compare_doubles(math.nan, math.inf) == 1
    assert compare_doubles(-math.inf, math.nan) == -1
    assert compare_doubles(math.nan, math.nan) == 0


def test_zeros_of_doubles_differ():
    """Two properties -0.0 and 0.0 would be ordered otherwise than in Java."""
    assert compare_doubles(-0.0, 0.0) == -1
    assert compare_doubles(0.0, -0.0) == 1
    assert compare_doubles(0.0, 0.0) == 0


@pytest.mark.parametrize("text", NO_DOUBLES)
def test_no_doubles(text):
    """Python would read a number where Java throws."""
    with pytest.raises(EvaluationError, match="is no number"):
        to_double(text)


def test_errors_are_short():
    """A property of 32 KB would fill the log."""
    with pytest.raises(EvaluationError) as failure:
        to_double("x" * 30000)
    assert len(str(failure.value)) < 80


def test_booleans():
    """`a = TRUE` would miss a property `True`."""
    assert [to_boolean(text) for text in ("true", "TRUE", "tRuE", "yes", "", " true")] == [True] * 3 + [
        False
    ] * 3


def test_literals():
    """A constant would have another type, and with it another width, than in Java."""
    assert [type(literal(text)) for text in ("2147483647", "2147483648", "1.0")] == [int, Long, float]
    assert literal("9223372036854775807") == 2**63 - 1
    assert literal("4.9e-324") == 5e-324
    for text in (
        "9223372036854775808",
        "9" * 5000,
        "0.0",
        "0e5",
        "1e400",
        "4.9e-325",
        "1.7976931348623159e308",
    ):
        assert literal(text) is None, text


@pytest.mark.parametrize(
    ("left", "right", "sign"),
    [
        (1, Long(2**40), -1),
        (Long(2**40), 1, 1),
        (1, 1.0, 0),
        (Long(9007199254740993), 9007199254740992.0, 0),
        (1.5, 1, 1),
        (1, "2", -1),
        ("2", 1, 1),
        (Long(2**40), "1099511627776", 0),
        ("1.5", 1.5, 0),
        ("true", True, 0),
        ("x", True, -1),
        (True, 1, -1),
        (1, True, -1),
        ("a", "b", -1),
        (False, True, -1),
    ],
)
def test_comparisons(left, right, sign):
    """Constants and properties of different types would compare otherwise than in Java."""
    assert compare(left, right) == sign


def test_a_boolean_before_a_text_fails():
    """`TRUE = a` would deliver messages; Java throws."""
    with pytest.raises(EvaluationError, match="boolean on the left"):
        compare(True, "true")


def test_null_is_equal_to_null_only():
    """`a = b` of a message without either would not be delivered, as it is by Java."""
    assert [equal(None, None), equal(None, "x"), equal("x", None)] == [True, None, False]
