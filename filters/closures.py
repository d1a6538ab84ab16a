"""SQL92 filters, tree to closure: each node becomes a function of the message's properties.

Closures are made for what their operands are: most filters compare a property with a constant.
A closure returns True, False or None (null) and raises `EvaluationError` where Java throws.
Java: `evaluate` of the classes in `org.apache.rocketmq.filter.expression`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from . import nodes
from .javavalues import Long, Value, equal, literal, negative, order, to_boolean, to_double, to_int, to_long

if TYPE_CHECKING:
    from sqlglot.expressions import Expression

Properties: TypeAlias = Mapping[str, str]
Condition: TypeAlias = Callable[[Properties], bool | None]
Evaluate: TypeAlias = Callable[[Properties], Any]


class Constant(NamedTuple):
    """An operand that is the same for every message."""

    value: Value


class Property(NamedTuple):
    """An operand that is a property of the message."""

    name: str


Operand: TypeAlias = Constant | Property | Evaluate


def condition(node: Expression) -> Condition:
    """Make the closure of a tree that `parse_sql92` made; raises `TypeError` for a foreign node."""
    operand = _operand(node)
    if isinstance(operand, Property):
        return _truth_of_property(operand.name)
    return _evaluate(operand)


def _operand(node: Expression) -> Operand:
    node = nodes.bare(node)
    make = _MAKERS.get(nodes.kind(node))
    if make is None:
        raise TypeError(f"{nodes.kind(node)} is no part of SQL92 filters")
    return make(node)


def _evaluate(operand: Operand) -> Evaluate:
    """Any operand as a closure of its value."""
    if isinstance(operand, Constant):
        value = operand.value
        return lambda _properties: value
    if isinstance(operand, Property):
        name = operand.name
        return lambda properties: properties.get(name)
    return operand


def _truth_of_property(name: str) -> Condition:
    """A property where a condition is needed: a text is no boolean, so never true."""
    return lambda properties: None if properties.get(name) is None else False


# -- leaves ------------------------------------------------------------------------------------------


def _column(node: Expression) -> Operand:
    return Property(node.name)


def _literal(node: Expression) -> Operand:
    return Constant(node.this if node.args["is_string"] else literal(node.this))


def _boolean(node: Expression) -> Operand:
    return Constant(bool(node.this))


def _null(_node: Expression) -> Operand:
    return Constant(None)


# -- connectives -------------------------------------------------------------------------------------


def _and(node: Expression) -> Operand:
    terms = _chain(node)
    return _both(*terms) if len(terms) == 2 else _all(terms)


def _or(node: Expression) -> Operand:
    terms = _chain(node)
    return _either(*terms) if len(terms) == 2 else _any(terms)


def _chain(node: Expression) -> tuple[Condition, ...]:
    """The terms of `a AND b AND c`, whose nodes lean to the left, in order."""
    kind, terms = nodes.kind(node), []
    while nodes.kind(node) == kind:
        terms.append(condition(node.args["expression"]))
        node = node.this
    terms.append(condition(node))
    return tuple(reversed(terms))


def _both(first: Condition, second: Condition) -> Condition:
    def both(properties: Properties) -> bool | None:
        left = first(properties)
        if left is False:
            return False
        right = second(properties)
        return right if left or right is False else None

    return both


def _either(first: Condition, second: Condition) -> Condition:
    def either(properties: Properties) -> bool | None:
        left = first(properties)
        if left:
            return True
        right = second(properties)
        return right if left is False or right else None

    return either


def _all(terms: tuple[Condition, ...]) -> Condition:
    def every(properties: Properties) -> bool | None:
        result: bool | None = True
        for term in terms:
            value = term(properties)
            if value is False:
                return False
            if value is None:
                result = None
        return result

    return every


def _any(terms: tuple[Condition, ...]) -> Condition:
    def some(properties: Properties) -> bool | None:
        result: bool | None = False
        for term in terms:
            value = term(properties)
            if value:
                return True
            if value is None:
                result = None
        return result

    return some


def _not(node: Expression) -> Operand:
    infix = _NEGATED.get(nodes.kind(node.this))
    return infix(node.this) if infix else _opposite(condition(node.this))


def _opposite(inner: Condition) -> Condition:
    def opposite(properties: Properties) -> bool | None:
        value = inner(properties)
        return None if value is None else not value

    return opposite


def _neg(node: Expression) -> Operand:
    operand = _operand(node.this)
    if isinstance(operand, Constant):
        return Constant(negative(operand.value))
    inner = _evaluate(operand)
    return lambda properties: negative(inner(properties))


# -- equality ----------------------------------------------------------------------------------------


def _eq(node: Expression) -> Operand:
    left, right = _operand(node.this), _operand(node.args["expression"])
    if isinstance(left, Property) and isinstance(right, Constant):
        if type(right.value) is str:
            return _text_is(left.name, right.value)
        if type(right.value) in _CONVERT:
            return _converted_is(left.name, _CONVERT[type(right.value)], right.value)
    return _general_eq(_evaluate(left), _evaluate(right))


def _neq(node: Expression) -> Operand:
    return _opposite(_evaluate(_eq(node)))


def _text_is(name: str, wanted: str) -> Condition:
    def text_is(properties: Properties) -> bool | None:
        text = properties.get(name)
        return None if text is None else text == wanted

    return text_is


def _converted_is(name: str, convert: Callable[[str], Any], wanted: Value) -> Condition:
    def converted_is(properties: Properties) -> bool | None:
        text = properties.get(name)
        return None if text is None else convert(text) == wanted

    return converted_is


def _general_eq(left: Evaluate, right: Evaluate) -> Condition:
    return lambda properties: equal(left(properties), right(properties))


def _is(node: Expression) -> Operand:
    operand = _operand(node.this)
    if isinstance(operand, Property):
        name = operand.name
        return lambda properties: properties.get(name) is None
    inner = _evaluate(operand)
    return lambda properties: inner(properties) is None


# -- order -------------------------------------------------------------------------------------------

_CONVERT: dict[type, Callable[[str], Any]] = {
    int: to_int, Long: to_long, float: to_double, bool: to_boolean,
}  # fmt: skip
_FLIPPED = {"GT": "LT", "GTE": "LTE", "LT": "GT", "LTE": "GTE"}


def _ordered(node: Expression) -> Operand:
    return _order(nodes.kind(node), _operand(node.this), _operand(node.args["expression"]))


def _order(kind: str, left: Operand, right: Operand) -> Condition:
    if isinstance(left, Property) and isinstance(right, Constant) and _is_number(right):
        return _number_order(kind, left.name, right.value)
    if isinstance(right, Property) and isinstance(left, Constant) and _is_number(left):
        return _number_order(_FLIPPED[kind], right.name, left.value)
    return _general_order(_TESTS[kind], _evaluate(left), _evaluate(right))


def _is_number(operand: Constant) -> bool:
    return type(operand.value) in (int, Long, float)


def _number_order(kind: str, name: str, limit: Any) -> Condition:
    return _NUMBER_ORDERS[kind](name, _CONVERT[type(limit)], limit)


# A constant is neither zero nor NaN when it is a double, so that only a property can be NaN, which
# Java holds for the greatest number. Hence `not <=` and `not <`.


def _gt(name: str, convert: Callable[[str], Any], limit: Any) -> Condition:
    def gt(properties: Properties) -> bool | None:
        text = properties.get(name)
        return None if text is None else not convert(text) <= limit

    return gt


def _gte(name: str, convert: Callable[[str], Any], limit: Any) -> Condition:
    def gte(properties: Properties) -> bool | None:
        text = properties.get(name)
        return None if text is None else not convert(text) < limit

    return gte


def _lt(name: str, convert: Callable[[str], Any], limit: Any) -> Condition:
    def lt(properties: Properties) -> bool | None:
        text = properties.get(name)
        return None if text is None else convert(text) < limit

    return lt


def _lte(name: str, convert: Callable[[str], Any], limit: Any) -> Condition:
    def lte(properties: Properties) -> bool | None:
        text = properties.get(name)
        return None if text is None else convert(text) <= limit

    return lte


_NUMBER_ORDERS = {"GT": _gt, "GTE": _gte, "LT": _lt, "LTE": _lte}
_TESTS: dict[str, Callable[[int], bool]] = {
    "GT": lambda sign: sign > 0,
    "GTE": lambda sign: sign >= 0,
    "LT": lambda sign: sign < 0,
    "LTE": lambda sign: sign <= 0,
}


def _general_order(test: Callable[[int], bool], left: Evaluate, right: Evaluate) -> Condition:
    def ordered(properties: Properties) -> bool | None:
        first = left(properties)
        if first is None:
            return None
        second = right(properties)
        return None if second is None else test(order(first, second))

    return ordered


def _between(node: Expression) -> Operand:
    value, low, high = _operand(node.this), _operand(node.args["low"]), _operand(node.args["high"])
    return _both(_order("GTE", value, low), _order("LTE", value, high))


def _not_between(node: Expression) -> Operand:
    value, low, high = _operand(node.this), _operand(node.args["low"]), _operand(node.args["high"])
    return _either(_order("LT", value, low), _order("GT", value, high))


# -- texts -------------------------------------------------------------------------------------------


def _in(node: Expression) -> Operand:
    name, values = nodes.bare(node.this).name, _strings(node)

    def is_in(properties: Properties) -> bool | None:
        text = properties.get(name)
        return None if text is None else text in values

    return is_in


def _not_in(node: Expression) -> Operand:
    name, values = nodes.bare(node.this).name, _strings(node)

    def not_in(properties: Properties) -> bool | None:
        text = properties.get(name)
        return None if text is None else text not in values

    return not_in


def _strings(node: Expression) -> frozenset[str]:
    return frozenset(item.this for item in node.expressions)


_FINDS: dict[str, Callable[[str, str], bool]] = {
    "Contains": str.__contains__,
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
}


def _search(node: Expression) -> Operand:
    return _found(node, wanted=True)


def _not_search(node: Expression) -> Operand:
    return _found(node, wanted=False)


def _found(node: Expression, *, wanted: bool) -> Condition:
    """CONTAINS and its like are never null: both forms are false for what is no text, and for ''."""
    inner, part = _evaluate(_operand(node.this)), node.args["expression"].this
    find = _FINDS[nodes.kind(node)]
    if not part:
        return lambda _properties: False

    def found(properties: Properties) -> bool:
        text = inner(properties)
        return type(text) is str and find(text, part) is wanted

    return found


_MAKERS: dict[str, Callable[[Expression], Operand]] = {
    "Column": _column, "Literal": _literal, "Boolean": _boolean, "Null": _null,
    "And": _and, "Or": _or, "Not": _not, "Neg": _neg, "EQ": _eq, "NEQ": _neq, "Is": _is,
    "GT": _ordered, "GTE": _ordered, "LT": _ordered, "LTE": _ordered, "Between": _between,
    "In": _in, "Contains": _search, "StartsWith": _search, "EndsWith": _search,
}  # fmt: skip
_NEGATED: dict[str, Callable[[Expression], Operand]] = {
    "In": _not_in, "Between": _not_between,
    "Contains": _not_search, "StartsWith": _not_search, "EndsWith": _not_search,
}  # fmt: skip
"""Makers of the infix forms, `a NOT IN ...`: see `nodes`."""
