"""Tag expressions: `*`, one tag, or tags joined by `||`.

Java: `FilterAPI.buildSubscriptionData`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .errors import TagExpressionError
from .javahash import tags_code

SUB_ALL = "*"
EXPRESSION_LIMIT = 65536


@dataclass(frozen=True, slots=True)
class TagFilter:
    """Takes messages that carry one of `tags`; no tags at all means every message.

    `codes` are the tags' Java hashes. Two tags may share a code: a message taken by
    `accepts_code` still has to pass `accepts`, which the consumer applies.
    """

    tags: frozenset[str]
    codes: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", frozenset(map(tags_code, self.tags)))

    @property
    def takes_all(self) -> bool:
        """True for `*` and for an empty expression."""
        return not self.tags

    def accepts_code(self, code: int) -> bool:
        """Whether a message with this tag hash may match (0: it has no tag)."""
        return not self.codes or code in self.codes

    def accepts(self, tag: str | None) -> bool:
        """Whether a message with this tag matches; None or "" is a message without one."""
        return not self.tags or tag in self.tags


ALL = TagFilter(frozenset())


def parse_tags(expression: str | None, limit: int = EXPRESSION_LIMIT) -> TagFilter:
    """Read a tag expression: None, "" and "*" take everything, else tags joined by `||`.

    Blanks around a tag do not count, empty places between two `||` are skipped. Raises
    `TagExpressionError` when no tag is left, or when the text is longer than `limit` characters.
    """
    if expression is None or expression.strip() in ("", SUB_ALL):
        return ALL
    if len(expression) > limit:
        raise TagExpressionError(f"longer than {limit} characters", expression, limit)
    tags = frozenset(filter(None, (part.strip() for part in expression.split("||"))))
    if not tags:
        raise TagExpressionError("no tag in the expression", expression, 0)
    return TagFilter(tags)
