r"""Reading a few properties out of a message's properties text, without reading all of it.

The text is `name \x01 value \x02`, repeated. As in Java the last of two equal names counts, and an
entry with an empty value does not count. Java: `MessageDecoder.string2messageProperties`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

Reader = Callable[[bytes], dict[str, str]]


def reader(names: Iterable[str]) -> Reader:
    """Return a function from properties text to a dict of those of `names` that are there.

    Bytes that are no UTF-8 are read as U+FFFD.
    """
    wanted = "|".join(map(re.escape, sorted(names)))
    if not wanted:
        return lambda _properties: {}
    find = re.compile(f"(?:^|\x02)({wanted})\x01([^\x02]+)").findall
    return lambda properties: dict(find(str(properties, "utf-8", "replace")))
