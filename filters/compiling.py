"""Expression text in, filter out, for any type of expression; and a cache of what came out."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Protocol

from .counts import Counts
from .errors import FilterError, UnknownExpressionType
from .limits import DEFAULT_LIMITS, Limits
from .propertytext import reader
from .sql92 import SQL92, Sql92Filter
from .tags import TagFilter, parse_tags

TAG = "TAG"
CACHED = 100
_TAGS = "TAGS"


class Filter(Protocol):
    """Judges messages by their properties."""

    @property
    def expression_type(self) -> str:
        """TAG or SQL92."""

    @property
    def expression(self) -> str:
        """The text it was made of."""

    @property
    def names(self) -> frozenset[str]:
        """The properties that it looks at."""

    def accepts(self, properties: Mapping[str, str]) -> bool:
        """Whether a message with these properties is delivered. Never raises."""

    def accepts_bytes(self, properties: bytes) -> bool:
        """The same, of properties as a message carries them."""


class TagExpression:
    """A tag expression as a `Filter`; `tags` is what also judges by the hash of a tag."""

    __slots__ = ("_counts", "_read", "expression", "tags")
    expression_type = TAG
    names = frozenset((_TAGS,))

    def __init__(self, expression: str, tags: TagFilter, counts: Counts) -> None:
        self.expression = expression
        self.tags = tags
        self._read = reader(self.names)
        self._counts = counts

    def accepts(self, properties: Mapping[str, str]) -> bool:
        """Whether a message with this tag is delivered."""
        self._counts.evaluations += 1
        return self.tags.accepts(properties.get(_TAGS))

    def accepts_bytes(self, properties: bytes) -> bool:
        """The same, of properties as a message carries them."""
        return self.accepts(self._read(properties))


def compile_filter(
    expression_type: str | None,
    expression: str | None,
    limits: Limits = DEFAULT_LIMITS,
    counts: Counts | None = None,
) -> Filter:
    """Make a filter of an expression of type `SQL92` or `TAG`; no type, and "", mean `TAG`.

    Raises a `FilterError`: `SqlSyntaxError`, `TagExpressionError`, `LimitExceeded` or
    `UnknownExpressionType`. `limits` are for SQL92. `counts` is told what the filter does.
    """
    counts = Counts() if counts is None else counts
    text = expression or ""
    try:
        made = _make(expression_type or TAG, text, limits, counts)
    except FilterError:
        counts.refused += 1
        raise
    counts.compiled += 1
    return made


def _make(expression_type: str, expression: str, limits: Limits, counts: Counts) -> Filter:
    if expression_type == SQL92:
        return Sql92Filter(expression, limits, counts)
    if expression_type == TAG:
        return TagExpression(expression, parse_tags(expression), counts)
    cause = f"expressions of type {expression_type[:40]!r} are not known, only TAG and SQL92; found"
    raise UnknownExpressionType(cause, expression, 0)


class FilterCache:
    """Filters by type and text; of more than `size`, those that were asked for longest ago are dropped.

    Refusals are kept too: a consumer that asks again with a bad expression costs nothing. One cache,
    like the sqlglot it uses, belongs to one thread. `counts` grow with what its filters do.
    """

    def __init__(self, limits: Limits = DEFAULT_LIMITS, size: int = CACHED) -> None:
        if size < 1:
            raise ValueError(f"a cache of filters holds at least 1, not {size}")
        self.counts = Counts()
        self._limits = limits
        self._size = size
        self._known: OrderedDict[tuple[str, str], Filter | FilterError] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def get(self, expression_type: str | None, expression: str | None) -> Filter:
        """Return the filter of an expression, made now or before. Raises as `compile_filter` does."""
        key = (expression_type or TAG, expression or "")
        known = self._known.get(key)
        if known is None:
            known = self._compiled(*key)
        else:
            self.counts.hits += 1
            self._known.move_to_end(key)
        if isinstance(known, FilterError):
            raise known.again()
        return known

    def _compiled(self, expression_type: str, expression: str) -> Filter | FilterError:
        made: Filter | FilterError
        try:
            made = compile_filter(expression_type, expression, self._limits, self.counts)
        except FilterError as refusal:
            made = refusal.again()
        if len(expression) <= self._limits.text:
            self._known[expression_type, expression] = made
            if len(self._known) > self._size:
                self._known.popitem(last=False)
        return made
