"""What a bad filter expression raises, and a message that a filter cannot judge."""

from __future__ import annotations

from typing import Self


class FilterError(ValueError):
    """An expression cannot be used. `str()` names the cause and where it is."""

    def __init__(self, cause: str, expression: str, position: int) -> None:
        super().__init__(f"{cause} at character {position}: {_shown(expression)}")
        self.cause = cause
        self.expression = expression
        self.position = position

    def again(self) -> Self:
        """Return an equal error that was never raised, and so holds on to no frame."""
        fresh = type(self).__new__(type(self), *self.args)
        fresh.__dict__.update(self.__dict__)
        return fresh


class TagExpressionError(FilterError):
    """A tag expression names no tag at all, such as `||`, or is longer than allowed."""


class SqlSyntaxError(FilterError):
    """Text that is no SQL92 filter, or one that Java's parser refuses for what it compares."""


class LimitExceeded(FilterError):
    """An expression is longer, deeper or dearer than `Limits` allow. `limit` is the name of the limit."""

    def __init__(self, cause: str, expression: str, position: int, limit: str) -> None:
        super().__init__(cause, expression, position)
        self.limit = limit


class UnknownExpressionType(FilterError):
    """An expression type other than TAG and SQL92."""


class EvaluationError(ValueError):
    """A message cannot be judged, such as one whose property is no number. It is not delivered."""


def _shown(expression: str, limit: int = 80) -> str:
    """The expression for an error message: quoted, and cut when long."""
    return repr(expression) if len(expression) <= limit else repr(expression[:limit]) + "..."
