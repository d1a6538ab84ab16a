"""A SQL92 tree evaluated the plain way: node by node, value by value, as Java's classes read.

Slow and literal, so that one can see that it is right; the closures of the product must agree.
"""

from __future__ import annotations

import math

from rmqtw.filters import EvaluationError
from rmqtw.filters.javavalues import to_double, to_int, to_long

INTEGER, LONG, DOUBLE, STRING, BOOLEAN = "Integer", "Long", "Double", "String", "Boolean"
NULL = None
"""A value is NULL or a pair of Java's class and the value."""

TESTS = {
    "GT": lambda sign: sign > 0,
    "GTE": lambda sign: sign >= 0,
    "LT": lambda sign: sign < 0,
    "LTE": lambda sign: sign <= 0,
}
RANKS = {INTEGER: 0, LONG: 1, DOUBLE: 2}


def verdict(tree, properties):
    """What Java would find: "true", "false", "null" or "error"."""
    try:
        result = truth(tree, properties)
    except EvaluationError:
        return "error"
    return {True: "true", False: "false", None: "null"}[result]


def truth(node, properties):
    """A node where a condition is needed: any text counts as false."""
    value = evaluate(node, properties)
    if value is NULL:
        return None
    return value[1] if value[0] == BOOLEAN else False


def boolean(value):
    """A condition's result as a value."""
    return NULL if value is None else (BOOLEAN, value)


def evaluate(node, properties):
    """The value of any node."""
    return globals()[f"on_{type(node).__name__.lower()}"](node, properties)


def on_paren(node, properties):
    return evaluate(node.this, properties)


def on_column(node, properties):
    text = properties.get(node.name)
    return NULL if text is None else (STRING, text)


def on_literal(node, _properties):
    if node.args["is_string"]:
        return (STRING, node.this)
    if node.this.isdigit():
        number = int(node.this)
        return (INTEGER if number < 2**31 else LONG, number)
    return (DOUBLE, float(node.this))


def on_boolean(node, _properties):
    return (BOOLEAN, node.this)


def on_null(_node, _properties):
    return NULL


def on_and(node, properties):
    left = truth(node.this, properties)
    if left is False:
        return (BOOLEAN, False)
    right = truth(node.expression, properties)
    if right is False:
        return (BOOLEAN, False)
    return NULL if None in (left, right) else (BOOLEAN, True)


def on_or(node, properties):
    left = truth(node.this, properties)
    if left is True:
        return (BOOLEAN, True)
    right = truth(node.expression, properties)
    if right is True:
        return (BOOLEAN, True)
    return NULL if None in (left, right) else (BOOLEAN, False)


def on_not(node, properties):
    kind = type(node.this).__name__
    if kind == "In":
        return is_in(node.this, properties, wanted=False)
    if kind == "Between":
        return not_between(node.this, properties)
    if kind in ("Contains", "StartsWith", "EndsWith"):
        return search(node.this, properties, wanted=False)
    value = truth(node.this, properties)
    return NULL if value is None else (BOOLEAN, not value)


def on_neg(node, properties):
    value = evaluate(node.this, properties)
    return NULL if value is NULL or value[0] not in RANKS else (value[0], -value[1])


def on_eq(node, properties):
    return equal(evaluate(node.this, properties), evaluate(node.expression, properties))


def on_neq(node, properties):
    value = on_eq(node, properties)
    return NULL if value is NULL else (BOOLEAN, not value[1])


def on_is(node, properties):
    return (BOOLEAN, evaluate(node.this, properties) is NULL)


def equal(left, right):
    if left is NULL and right is not NULL:
        return NULL
    if left is not NULL and right is NULL:
        return (BOOLEAN, False)
    if left is NULL:
        return (BOOLEAN, True)
    return (BOOLEAN, compare(left, right) == 0)


def ordered(node, properties):
    return order(node.this, type(node).__name__, node.expression, properties)


on_gt = on_gte = on_lt = on_lte = ordered


def order(left, kind, right, properties):
    first = evaluate(left, properties)
    if first is NULL:
        return NULL
    second = evaluate(right, properties)
    if second is NULL:
        return NULL
    if first[0] == second[0] == STRING:
        first, second = (DOUBLE, to_double(first[1])), (DOUBLE, to_double(second[1]))
    return (BOOLEAN, TESTS[kind](compare(first, second)))


def compare(left, right):
    """`ComparisonExpression.__compare`."""
    if left[0] != right[0]:
        if left[0] == BOOLEAN and right[0] == STRING:
            raise EvaluationError("ClassCastException")
        if left[0] == STRING:
            left = converted(left[1], right[0])
        elif right[0] == STRING:
            right = converted(right[1], left[0])
        elif BOOLEAN in (left[0], right[0]):
            return -1
        elif DOUBLE in (left[0], right[0]):
            left, right = (DOUBLE, float(left[1])), (DOUBLE, float(right[1]))
    if left[0] == DOUBLE:
        return compare_doubles(left[1], right[1])
    return (left[1] > right[1]) - (left[1] < right[1])


def converted(text, kind):
    if kind == BOOLEAN:
        return (BOOLEAN, text.casefold() == "true")
    return (kind, {INTEGER: to_int, LONG: to_long, DOUBLE: to_double}[kind](text))


def compare_doubles(left, right):
    if left < right:
        return -1
    if left > right:
        return 1
    if math.isnan(left) or math.isnan(right):
        return math.isnan(left) - math.isnan(right)
    return int(math.copysign(1, left) - math.copysign(1, right)) if left == 0 else 0


def on_between(node, properties):
    return both(
        lambda: order(node.this, "GTE", node.args["low"], properties),
        lambda: order(node.this, "LTE", node.args["high"], properties),
    )


def both(left, right):
    first = left()
    if first == (BOOLEAN, False):
        return first
    second = right()
    if second == (BOOLEAN, False):
        return second
    return NULL if NULL in (first, second) else (BOOLEAN, True)


def not_between(node, properties):
    first = order(node.this, "LT", node.args["low"], properties)
    if first == (BOOLEAN, True):
        return first
    second = order(node.this, "GT", node.args["high"], properties)
    if second == (BOOLEAN, True):
        return second
    return NULL if NULL in (first, second) else (BOOLEAN, False)


def on_in(node, properties):
    return is_in(node, properties, wanted=True)


def is_in(node, properties, *, wanted):
    value = evaluate(node.this, properties)
    if value is NULL:
        return NULL
    return (BOOLEAN, (value[1] in [item.this for item in node.expressions]) == wanted)


def on_contains(node, properties):
    return search(node, properties, wanted=True)


on_startswith = on_endswith = on_contains


def search(node, properties, *, wanted):
    part = node.expression.this
    if not part:
        return (BOOLEAN, False)
    value = evaluate(node.this, properties)
    if value is NULL or value[0] != STRING:
        return (BOOLEAN, False)
    text = value[1]
    found = {
        "Contains": text.find(part) >= 0,
        "StartsWith": text[: len(part)] == part,
        "EndsWith": len(part) <= len(text) and text[len(text) - len(part) :] == part,
    }
    return (BOOLEAN, found[type(node).__name__] == wanted)
