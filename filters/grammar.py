"""SQL92 filters, text to tree: Java's grammar as recursive descent.

What surprises is Java's: NOT binds tighter than `=`, and nothing has to follow a complete
expression but a token that does not continue it. Java: `SelectorParser.jj` for the grammar,
`ComparisonExpression.create...` for what may be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from . import nodes
from .errors import LimitExceeded, SqlSyntaxError
from .javavalues import compare, literal
from .lexis import FLOAT, INTEGER, NAME, STRING, Lexemes, Token, shown
from .limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from sqlglot.expressions import Expression

_ORDER = frozenset((">", ">=", "<", "<="))
_EQUALITY = frozenset(("=", "<>", "IS"))
_SEARCH = frozenset(("CONTAINS", "STARTSWITH", "ENDSWITH"))
_NEGATABLE = _SEARCH | {"BETWEEN", "IN"}
_COMPARISON = _ORDER | _NEGATABLE | {"NOT"}
_PREFIXES = frozenset(("+", "-", "NOT"))
_KEYWORD_CONSTANTS = frozenset(("TRUE", "FALSE", "NULL"))


class Parsed(NamedTuple):
    """What was read: the tree, the properties it names, its steps, and where reading ended.

    `end` is less than the text's length when Java's grammar ignores the rest.
    """

    tree: Expression
    names: frozenset[str]
    steps: int
    end: int


def parse_sql92(expression: str, limits: Limits = DEFAULT_LIMITS) -> Parsed:
    """Read a SQL92 filter. Raises `SqlSyntaxError` and `LimitExceeded`."""
    start = expression[: limits.text + 1].encode("utf-8", "surrogatepass")
    if len(start) > limits.text:
        position = len(start[: limits.text].decode("utf-8", "ignore"))
        raise LimitExceeded(f"longer than {limits.text} bytes", expression, position, "text")
    return _Cursor(expression, limits).parse()


class _Cursor:
    """One text being read; the methods are the rules of the grammar, loosest first."""

    def __init__(self, text: str, limits: Limits) -> None:
        self._text = text
        self._limits = limits
        self._lexemes = Lexemes(text)
        self._names: set[str] = set()
        self._lists: list[tuple[Expression, list[str]]] = []
        self._depth = 0
        self._steps = 0

    def parse(self) -> Parsed:
        start = self._lexemes.peek().start
        tree = self._or()
        self._check_condition(tree, start)
        for node, values in self._lists:  # only now: a thousand nodes cost more than reading their text
            nodes.set_list(node, values)
        return Parsed(tree, frozenset(self._names), self._steps, self._lexemes.peek().start)

    def _or(self) -> Expression:
        return self._connected("OR", self._and)

    def _and(self) -> Expression:
        return self._connected("AND", self._equality)

    def _connected(self, keyword: str, operand: Callable[[], Expression]) -> Expression:
        start = self._lexemes.peek().start
        left = operand()
        while self._lexemes.peek().kind == keyword:
            self._step(self._lexemes.take())
            second = self._lexemes.peek().start
            right = operand()
            self._check_condition(left, start)
            self._check_condition(right, second)
            left = nodes.binary(keyword, left, right)
        return left

    def _equality(self) -> Expression:
        left = self._comparison()
        depth = self._depth
        while self._lexemes.peek().kind in _EQUALITY:
            operator = self._lexemes.take()
            self._deeper(operator)
            left = self._is(left) if operator.kind == "IS" else self._equal(left, operator)
        self._depth = depth
        return left

    def _equal(self, left: Expression, operator: Token) -> Expression:
        right = self._comparison()
        self._check_equal(left, right, operator)
        return nodes.binary(operator.kind, left, right)

    def _is(self, left: Expression) -> Expression:
        negated = self._lexemes.peek().kind == "NOT"
        if negated:
            self._lexemes.take()
        self._expect("NULL")
        return _negated(nodes.is_null(left), negated=negated)

    def _comparison(self) -> Expression:
        left = self._unary()
        depth = self._depth
        while self._lexemes.peek().kind in _COMPARISON:
            operator = self._lexemes.take()
            self._deeper(operator)
            read = self._ordered if operator.kind in _ORDER else self._negatable
            left = read(left, operator)
        self._depth = depth
        return left

    def _ordered(self, left: Expression, operator: Token) -> Expression:
        right = self._unary()
        self._check_ordered(operator, left, right)
        return nodes.binary(operator.kind, left, right)

    def _negatable(self, left: Expression, operator: Token) -> Expression:
        negated = operator.kind == "NOT"
        if negated:
            operator = self._expect(*_NEGATABLE)
        if operator.kind == "IN":
            return _negated(self._in(left, operator), negated=negated)
        if operator.kind == "BETWEEN":
            return _negated(self._between(left, operator, negated=negated), negated=negated)
        wanted = nodes.string(self._expect(STRING).text)
        return _negated(nodes.binary(operator.kind, left, wanted), negated=negated)

    def _in(self, left: Expression, operator: Token) -> Expression:
        self._expect("(")
        values = self._lexemes.take_strings(self._limits.list)
        if nodes.kind(nodes.bare(left)) != "Column":
            self._refuse("only a property can stand before IN", operator)
        node = nodes.in_list(left)
        self._lists.append((node, values))
        return node

    def _between(self, left: Expression, operator: Token, *, negated: bool) -> Expression:
        self._step(operator)
        low = self._unary()
        self._expect("AND")
        high = self._unary()
        self._check_ordered(operator, left, low, high)
        if not negated and _is_number(low) and _is_number(high) and _compare(high, low) < 0:
            self._refuse("the lower end is greater than the upper in BETWEEN", operator)
        return nodes.between(left, low, high)

    def _unary(self) -> Expression:
        token = self._lexemes.peek()
        if token.kind not in _PREFIXES:
            return self._primary()
        self._deeper(self._lexemes.take())
        start = self._lexemes.peek().start
        operand = self._unary()
        self._depth -= 1
        if token.kind == "NOT":
            self._check_condition(operand, start)
        return operand if token.kind == "+" else nodes.unary(token.kind, operand)

    def _primary(self) -> Expression:
        token = self._lexemes.take()
        if token.kind == NAME:
            self._names.add(token.text)
            return nodes.column(token.text)
        if token.kind == STRING:
            return nodes.string(token.text)
        if token.kind in (INTEGER, FLOAT):
            return self._number(token)
        if token.kind in _KEYWORD_CONSTANTS:
            return nodes.constant(token.kind)
        if token.kind == "(":
            return self._parenthesis(token)
        raise self._unexpected("a property, a constant or a parenthesis", token)

    def _parenthesis(self, opening: Token) -> Expression:
        self._deeper(opening)
        inner = self._or()
        self._expect(")")
        self._depth -= 1
        return nodes.unary("(", inner)

    def _number(self, token: Token) -> Expression:
        text = token.text.rstrip("lL")
        if literal(text) is None:
            what = "beyond 64 bits" if token.kind == INTEGER else "zero, or too small or large for a double"
            self._refuse(f"the number {_cut(text)} is {what}", token)
        return nodes.number(text)

    def _expect(self, *kinds: str) -> Token:
        token = self._lexemes.peek()
        if token.kind not in kinds:
            raise self._unexpected(" or ".join(sorted(kinds)), token)
        return self._lexemes.take()

    def _step(self, token: Token) -> None:
        self._steps += 1
        if self._steps > self._limits.steps:
            cause = f"more than {self._limits.steps} operators and parentheses"
            raise LimitExceeded(cause, self._text, token.start, "steps")

    def _deeper(self, token: Token) -> None:
        self._step(token)
        self._depth += 1
        if self._depth > self._limits.depth:
            cause = f"nested or chained more than {self._limits.depth} levels deep"
            raise LimitExceeded(cause, self._text, token.start, "depth")

    def _check_condition(self, node: Expression, start: int) -> None:
        if nodes.kind(nodes.bare(node)) in ("Literal", "Neg"):
            raise SqlSyntaxError("a condition is expected, and this is a value", self._text, start)

    def _check_equal(self, left: Expression, right: Expression, operator: Token) -> None:
        kinds = [nodes.kind(nodes.bare(node)) for node in (left, right)]
        if "Null" in kinds:
            self._refuse("NULL can only be compared with IS NULL and IS NOT NULL", operator)
        if kinds == ["Boolean", "Literal"]:
            self._refuse("TRUE or FALSE cannot be compared with a constant that is neither", operator)

    def _check_ordered(self, operator: Token, *operands: Expression) -> None:
        for operand in operands:
            if not (_is_number(operand) or nodes.kind(nodes.bare(operand)) in ("Column", "Neg")):
                self._refuse(f"only numbers and properties can be compared by {operator.kind}", operator)

    def _refuse(self, cause: str, token: Token) -> NoReturn:
        raise SqlSyntaxError(cause.removesuffix(""), self._text, token.start)

    def _unexpected(self, wanted: str, token: Token) -> SqlSyntaxError:
        return SqlSyntaxError(f"{wanted} is expected, not {shown(token)}", self._text, token.start)


def _negated(node: Expression, *, negated: bool) -> Expression:
    return nodes.unary("NOT", node) if negated else node


def _is_number(node: Expression) -> bool:
    inside = nodes.bare(node)
    return nodes.kind(inside) == "Literal" and not inside.args["is_string"]


def _compare(left: Expression, right: Expression) -> int:
    return compare(literal(nodes.bare(left).this), literal(nodes.bare(right).this))


def _cut(text: str, limit: int = 40) -> str:
    return text if len(text) <= limit else f"{text[:limit]}..."
