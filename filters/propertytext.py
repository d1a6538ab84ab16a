r"""Reading a few properties out of a message's properties text.

The text is `name \x01 value \x02`, repeated. As in Java the last of two equal names counts, and an
entry with an empty value does not count. Java: `MessageDecoder.string2messageProperties`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

Reader = Callable[[bytes], dict[str, str]]

FEW = 3
"""Up to here looking for each name is quicker than taking the whole text apart."""


def reader(names: Collection[str]) -> Reader:
    r"""Return a function from properties text to a dict, with at least those of `names` that are there.

    Bytes that are no UTF-8 are read as U+FFFD. Names must not hold `\x01` or `\x02`.
    """
    return _few(names) if len(names) <= FEW else _all


def _few(names: Collection[str]) -> Reader:
    needles = [(name, f"\x02{name}\x01".encode()) for name in names]

    def read(properties: bytes) -> dict[str, str]:
        entries, found = b"\x02" + properties, {}
        for name, needle in needles:
            if value := _last(entries, needle):
                found[name] = value.decode("utf-8", "replace")
        return found

    return read


def _last(entries: bytes, needle: bytes) -> bytes:
    """The last value behind `needle` that is not empty."""
    place = entries.rfind(needle)
    while place >= 0:
        start = place + len(needle)
        end = entries.find(b"\x02", start)
        if value := entries[start:] if end < 0 else entries[start:end]:
            return value
        place = entries.rfind(needle, 0, start - 1)
    return b""


def _all(properties: bytes) -> dict[str, str]:
    found = {}
    for entry in str(properties, "utf-8", "replace").split("\x02"):
        name, _, value = entry.partition("\x01")
        if value:
            found[name] = value
    return found
