"""Message filters: expression text in, a filter out. Knows no broker.

`compile_filter` makes a filter of a tag expression (`TagA || TagB`) or of a SQL92 expression
(`a > 5 AND b = 'x'`), `FilterCache` remembers what was made. `java_hash` is the hash that the broker
keeps for each message's tag, so that most messages are filtered without reading them.
"""

from .compiling import TAG, Filter, FilterCache, TagExpression, compile_filter
from .counts import Counts
from .errors import (
    EvaluationError,
    FilterError,
    LimitExceeded,
    SqlSyntaxError,
    TagExpressionError,
    UnknownExpressionType,
)
from .javahash import java_hash, tags_code
from .limits import Limits
from .sql92 import SQL92, Sql92Filter
from .tags import TagFilter, parse_tags

__all__ = [
    "SQL92",
    "TAG",
    "Counts",
    "EvaluationError",
    "Filter",
    "FilterCache",
    "FilterError",
    "LimitExceeded",
    "Limits",
    "Sql92Filter",
    "SqlSyntaxError",
    "TagExpression",
    "TagExpressionError",
    "TagFilter",
    "UnknownExpressionType",
    "compile_filter",
    "java_hash",
    "parse_tags",
    "tags_code",
]
