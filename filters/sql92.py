"""A SQL92 filter, ready to judge messages."""

from __future__ import annotations

from collections.abc import Mapping

from .closures import condition
from .counts import Counts
from .errors import EvaluationError
from .grammar import parse_sql92
from .limits import DEFAULT_LIMITS, Limits
from .propertytext import reader

SQL92 = "SQL92"


class Sql92Filter:
    """Takes the messages for which an expression is true: not those for which it is null or fails.

    `names` are the properties it looks at, `steps` the most that one message costs (see `Limits`).
    `ignored_from` is where the text begins that Java's grammar ignores, its length when nothing is.
    Raises `SqlSyntaxError` and `LimitExceeded`. Evaluations and errors are counted in `counts`.
    """

    __slots__ = ("_condition", "_counts", "_read", "expression", "ignored_from", "names", "steps")
    expression_type = SQL92

    def __init__(
        self, expression: str, limits: Limits = DEFAULT_LIMITS, counts: Counts | None = None
    ) -> None:
        parsed = parse_sql92(expression, limits)
        self.expression = expression
        self.names = parsed.names
        self.steps = parsed.steps
        self.ignored_from = parsed.end
        self._condition = condition(parsed.tree)
        self._read = reader(parsed.names)
        self._counts = Counts() if counts is None else counts

    @property
    def ignored(self) -> str:
        """The text that has no effect, "" when all of it has."""
        return self.expression[self.ignored_from :]

    def evaluate(self, properties: Mapping[str, str]) -> bool | None:
        """Return what the expression is for a message: None for null. Raises `EvaluationError`."""
        return self._condition(properties)

    def accepts(self, properties: Mapping[str, str]) -> bool:
        """Whether a message with these properties is delivered."""
        self._counts.evaluations += 1
        try:
            return self._condition(properties) is True
        except EvaluationError:
            self._counts.errors += 1
            return False

    def accepts_bytes(self, properties: bytes) -> bool:
        """Like `accepts`, of properties as a message carries them; no more is read of them than is needed."""
        return self.accepts(self._read(properties))
