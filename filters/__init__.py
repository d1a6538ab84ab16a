"""Message filters: expression text in, a filter out. Knows no broker.

`parse_tags` reads tag expressions (`TagA || TagB`); `java_hash` is the hash that the broker keeps
for each message's tag, so that most messages are filtered without reading them.
"""

from .errors import FilterError, TagExpressionError
from .javahash import java_hash, tags_code
from .tags import TagFilter, parse_tags

__all__ = ["FilterError", "TagExpressionError", "TagFilter", "java_hash", "parse_tags", "tags_code"]
