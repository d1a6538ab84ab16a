"""What a bad filter expression raises."""

from __future__ import annotations


class FilterError(ValueError):
    """An expression cannot be used. `str()` names the cause and where it is."""

    def __init__(self, cause: str, expression: str, position: int) -> None:
        super().__init__(f"{cause} at character {position}: {_shown(expression)}")
        self.cause = cause
        self.expression = expression
        self.position = position


class TagExpressionError(FilterError):
    """A tag expression names no tag at all, such as `||`, or is longer than allowed."""


def _shown(expression: str, limit: int = 80) -> str:
    """The expression for an error message: quoted, and cut when long."""
    return repr(expression) if len(expression) <= limit else repr(expression[:limit]) + "..."
