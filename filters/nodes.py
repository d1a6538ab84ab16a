"""The stock nodes of sqlglot that make up a SQL92 filter; sqlglot is imported with the first of them.

The tree keeps parentheses. So `Not` right above `In`, `Between`, `Contains`, `StartsWith` or
`EndsWith` is the infix form (`a NOT IN ...`), which Java evaluates differently from NOT before
parentheses.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlglot.expressions import Expression

BINARY = {
    "AND": "And", "OR": "Or", "=": "EQ", "<>": "NEQ", ">": "GT", ">=": "GTE", "<": "LT", "<=": "LTE",
    "CONTAINS": "Contains", "STARTSWITH": "StartsWith", "ENDSWITH": "EndsWith",
}  # fmt: skip
"""Operators of two operands, and their nodes."""

UNARY = {"NOT": "Not", "-": "Neg", "(": "Paren"}
"""Prefix operators, and their nodes."""


@cache
def _exp() -> Any:
    from sqlglot import exp

    return exp


@cache
def _class(name: str) -> Any:
    return getattr(_exp(), name)


def binary(symbol: str, left: Expression, right: Expression) -> Expression:
    """An operator of `BINARY` between two operands."""
    node: Expression = _class(BINARY[symbol])(this=left, expression=right)
    return node


def unary(symbol: str, operand: Expression) -> Expression:
    """An operator of `UNARY` before its operand."""
    node: Expression = _class(UNARY[symbol])(this=operand)
    return node


def column(name: str) -> Expression:
    """A property of the message."""
    node: Expression = _class("Column")(this=_class("Identifier")(this=name, quoted=False))
    return node


def string(value: str) -> Expression:
    """A string."""
    node: Expression = _class("Literal")(this=value, is_string=True)
    return node


def number(text: str) -> Expression:
    """A number as it was written, without a suffix."""
    node: Expression = _class("Literal")(this=text, is_string=False)
    return node


def constant(keyword: str) -> Expression:
    """TRUE, FALSE or NULL."""
    exp = _exp()
    node: Expression = exp.Null() if keyword == "NULL" else exp.Boolean(this=keyword == "TRUE")
    return node


def is_null(operand: Expression) -> Expression:
    """`operand IS NULL`."""
    node: Expression = _class("Is")(this=operand, expression=_class("Null")())
    return node


def between(operand: Expression, low: Expression, high: Expression) -> Expression:
    """`operand BETWEEN low AND high`."""
    node: Expression = _class("Between")(this=operand, low=low, high=high)
    return node


def in_list(operand: Expression) -> Expression:
    """`operand IN ()`, whose strings are to come with `set_list`."""
    node: Expression = _class("In")(this=operand)
    return node


def set_list(node: Expression, values: Sequence[str]) -> None:
    """Give the strings to a node of `in_list`."""
    node.set("expressions", [string(value) for value in values])


def kind(node: Expression) -> str:
    """The name of a node's class, such as `EQ`."""
    return type(node).__name__


def bare(node: Expression) -> Expression:
    """What is inside of all parentheses around a node."""
    while kind(node) == "Paren":
        node = node.this
    return node
