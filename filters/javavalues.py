"""Java's numbers and comparisons: how texts become numbers, and what happens when types differ.

A value is None, bool, str, int (Java's Integer), `Long` or float (Java's Double). Message properties
are always str. Java: `ComparisonExpression.__compare`, `Integer.valueOf`, `Double.valueOf`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, NoReturn, TypeAlias

from .errors import EvaluationError


class Long(int):
    """Java's Long: a constant that does not fit into 32 bits."""

    __slots__ = ()


Value: TypeAlias = bool | str | int | float | None

_INT_MAX = 2**31 - 1
_LONG_MAX = 2**63 - 1
_DIGITS = re.compile(r"[+-]?[0-9]+")
_DOUBLE = re.compile(r"[+-]?(?:NaN|Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fFdD]?)")
_HEX_DOUBLE = re.compile(r"([+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+)[fFdD]?")
_BLANKS = "".join(map(chr, range(33)))
"""What Java's `String.trim` takes away."""


def literal(text: str) -> int | float | None:
    """The value of a number in an expression; None when Java has no number for it.

    Beyond 64 bits, beyond the largest double, and zero as a double (Java takes only what is at
    least `Double.MIN_VALUE`) are None. Java: `ConstantExpression.createFromDecimal`, `createFloat`.
    """
    if not text.isdigit():
        value = float(text)
        return value if 0 < value < math.inf else None
    if len(text) > 19 or int(text) > _LONG_MAX:
        return None
    return int(text) if int(text) <= _INT_MAX else Long(text)


def to_int(text: str) -> int:
    """Java's `Integer.valueOf`. Raises `EvaluationError`."""
    if len(text) < 10 and text.isascii() and text.isdigit():
        return int(text)
    return _integer(text, _INT_MAX, "32-bit")


def to_long(text: str) -> int:
    """Java's `Long.valueOf`. Raises `EvaluationError`."""
    return _integer(text, _LONG_MAX, "64-bit")


def _integer(text: str, largest: int, width: str) -> int:
    """Digits of any script count, as in Java's `Character.digit`, but not those beyond U+FFFF."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    if _DIGITS.fullmatch(text) or (digits.isdecimal() and max(digits) <= "\uffff"):
        significant = digits.lstrip("0") if digits.isascii() else _significant(digits)
        if len(significant) < 20:
            value = int(significant or "0") * (-1 if text[0] == "-" else 1)
            if -largest - 1 <= value <= largest:
                return value
    raise EvaluationError(f"{_shown(text)} is no {width} integer")


def _significant(digits: str) -> str:
    """Digits of any script without the zeros before them."""
    first = next((place for place, digit in enumerate(digits) if int(digit)), len(digits))
    return digits[first:]


def to_double(text: str) -> float:
    """Java's `Double.valueOf`: blanks around it, hexadecimal, NaN and a suffix are allowed.

    Raises `EvaluationError`.
    """
    text = text.strip(_BLANKS)
    if _DOUBLE.fullmatch(text):
        return float(text if text[-1] not in "fFdD" else text[:-1])
    found = _HEX_DOUBLE.fullmatch(text)
    if found is None:
        raise EvaluationError(f"{_shown(text)} is no number")
    try:
        return float.fromhex(found[1])
    except OverflowError:
        return -math.inf if text[0] == "-" else math.inf


def to_boolean(text: str) -> bool:
    """Java's `Boolean.valueOf`: `true` in any case, all else is false."""
    return text.lower() == "true"


def compare(left: Any, right: Any) -> int:
    """Java's `__compare` of two values, neither None: negative, 0 or positive.

    Texts become what the other side is. Types that do not go together count as less. Raises
    `EvaluationError`.
    """
    types = (type(left), type(right))
    if types[0] is not types[1]:
        align = _ALIGN.get(types)
        if align is None:
            return -1
        left, right = align(left, right)
    return compare_doubles(left, right) if type(left) is float else (left > right) - (left < right)


def compare_doubles(left: float, right: float) -> int:
    """Java's `Double.compare`: NaN equals itself and is the greatest; -0.0 is less than 0.0."""
    if left != right or left == 0:
        left_key, right_key = _double_key(left), _double_key(right)
        return (left_key > right_key) - (left_key < right_key)
    return 0


def _double_key(value: float) -> tuple[bool, float, float]:
    if math.isnan(value):
        return (True, 0.0, 0.0)
    return (False, value, math.copysign(1.0, value))


def equal(left: Value, right: Value) -> bool | None:
    """Java's `=`: None only when the left is null and the right is not. Raises `EvaluationError`."""
    if left is None or right is None:
        return True if left is right else (None if left is None else False)
    return compare(left, right) == 0


def order(left: Value, right: Value) -> int:
    """What `<` and its like look at: two texts are compared as doubles. Raises `EvaluationError`."""
    if type(left) is str and type(right) is str:
        return compare_doubles(to_double(left), to_double(right))
    return compare(left, right)


def negative(value: Value) -> Value:
    """Java's unary minus: null for whatever is no number."""
    if type(value) is Long:
        return Long(-value)
    return -value if type(value) in (int, float) else None  # type: ignore[operator]


def _no_cast(_left: Any, right: Any) -> NoReturn:
    raise EvaluationError(f"a boolean on the left cannot be compared with the text {_shown(right)}")


def _text_left(convert: Callable[[str], Any]) -> Callable[[Any, Any], tuple[Any, Any]]:
    return lambda left, right: (convert(left), right)


def _text_right(convert: Callable[[str], Any]) -> Callable[[Any, Any], tuple[Any, Any]]:
    return lambda left, right: (left, convert(right))


def _as_integers(left: int, right: int) -> tuple[int, int]:
    return int(left), int(right)


def _as_doubles(left: float, right: float) -> tuple[float, float]:
    return float(left), float(right)


_ALIGN: dict[tuple[type, type], Callable[[Any, Any], tuple[Any, Any]]] = {
    (bool, str): _no_cast,
    (int, Long): _as_integers,
    (Long, int): _as_integers,
    (int, float): _as_doubles,
    (Long, float): _as_doubles,
    (float, int): _as_doubles,
    (float, Long): _as_doubles,
    (int, str): _text_right(to_int),
    (Long, str): _text_right(to_long),
    (float, str): _text_right(to_double),
    (str, int): _text_left(to_int),
    (str, Long): _text_left(to_long),
    (str, float): _text_left(to_double),
    (str, bool): _text_left(to_boolean),
}


def _shown(text: str, limit: int = 40) -> str:
    return repr(text) if len(text) <= limit else repr(text[:limit]) + "..."
