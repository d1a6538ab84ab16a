"""How much an expression may ask for."""

from __future__ import annotations

from dataclasses import dataclass

DEEPEST = 100
"""Parsing takes six Python frames a level; more levels than this could exhaust the stack."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What `compile_filter` allows; whatever is beyond is refused with `LimitExceeded`.

    `text`: bytes of the expression in UTF-8. `depth`: levels of parentheses, prefix operators and
    chained comparisons, at most 100. `list`: strings in one IN list. `steps`: operators and
    parentheses of an expression, BETWEEN counting twice. As each is evaluated at most once for a
    message, it is also the most that a message may cost. Raises `ValueError` for a limit below 1.
    """

    text: int = 4096
    depth: int = 64
    list: int = 1000
    steps: int = 128

    def __post_init__(self) -> None:
        for name in ("text", "depth", "list", "steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"the limit {name} must be at least 1, not {getattr(self, name)}")
        if self.depth > DEEPEST:
            raise ValueError(f"the limit depth must be at most {DEEPEST}, not {self.depth}")


DEFAULT_LIMITS = Limits()
