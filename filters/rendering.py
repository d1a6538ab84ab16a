"""A parsed SQL92 filter as text, with every parenthesis that Java's grammar makes one guess at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import nodes

if TYPE_CHECKING:
    from sqlglot.expressions import Expression

_SYMBOLS = {name: symbol for symbol, name in nodes.BINARY.items()}
_LEAVES = frozenset(("Column", "Literal", "Boolean", "Null"))
_CONNECTIVES = frozenset(("And", "Or"))


def rendered(tree: Expression) -> str:
    """Write a tree as an expression that means the same, with parentheses around what binds first.

    Text that Java ignores is gone: `not a = 3 garbage` is written `(NOT a) = 3`.
    """
    node = nodes.bare(tree)
    kind = nodes.kind(node)
    if kind in _LEAVES:
        return _leaf(node)
    if kind in _CONNECTIVES:
        return _connected(node)
    if kind == "Not":
        return _not(node)
    if kind == "Neg":
        return f"-{_operand(node.this)}"
    return _comparison(node, "")


def _operand(node: Expression) -> str:
    node = nodes.bare(node)
    text = rendered(node)
    return text if nodes.kind(node) in _LEAVES else f"({text})"


def _leaf(node: Expression) -> str:
    kind = nodes.kind(node)
    if kind == "Literal":
        return _quoted(node.this) if node.args["is_string"] else str(node.this)
    if kind == "Boolean":
        return "TRUE" if node.this else "FALSE"
    return "NULL" if kind == "Null" else str(node.name)


def _connected(node: Expression) -> str:
    """`a AND b AND c` without parentheses: their nodes lean to the left."""
    kind, terms = nodes.kind(node), []
    while nodes.kind(node) == kind:
        terms.append(_operand(node.args["expression"]))
        node = node.this
    terms.append(_operand(node))
    return f" {_SYMBOLS[kind]} ".join(reversed(terms))


def _not(node: Expression) -> str:
    kind = nodes.kind(node.this)
    if kind in ("Not", "Paren", *_LEAVES):
        return f"NOT {_operand(node.this)}"
    return _comparison(node.this, "NOT ")


def _comparison(node: Expression, negation: str) -> str:
    left, kind = _operand(node.this), nodes.kind(node)
    if kind == "Is":
        return f"{left} IS {negation}NULL"
    if kind == "In":
        return f"{left} {negation}IN ({', '.join(_quoted(item.this) for item in node.expressions)})"
    if kind == "Between":
        low, high = _operand(node.args["low"]), _operand(node.args["high"])
        return f"{left} {negation}BETWEEN {low} AND {high}"
    return f"{left} {negation}{_SYMBOLS[kind]} {_operand(node.args['expression'])}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
