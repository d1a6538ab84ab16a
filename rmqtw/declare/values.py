"""Settings as text: units, numbers with a suffix, and the nearest known name.

Text comes from files and flags; numbers in Java's form (plain decimal) are always accepted.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

BYTES = "bytes"
MILLISECONDS = "ms"
SECONDS = "s"
PATH = "path"
ADDRESS = "address"

# unit -> suffix -> factor; the first suffix that divides a value is the one it is shown with.
_SUFFIXES: dict[str, dict[str, int]] = {
    BYTES: {"GiB": 2**30, "MiB": 2**20, "KiB": 2**10, "B": 1},
    MILLISECONDS: {"h": 3_600_000, "min": 60_000, "s": 1000, "ms": 1},
    SECONDS: {"h": 3600, "min": 60, "s": 1},
}
_TRUTHS = {"true": True, "false": False}


def parse_bool(text: str) -> bool:
    """Read `true` or `false` in any case; ValueError otherwise."""
    try:
        return _TRUTHS[text.strip().lower()]
    except KeyError:
        raise ValueError("must be true or false") from None


def parse_int(text: str, unit: str | None = None) -> int:
    """Read a whole number, with a suffix of its unit if it has one (`64MiB`, `5 s`)."""
    text = text.strip()
    suffixes = _SUFFIXES.get(unit or "", {})
    for suffix in sorted(suffixes, key=len, reverse=True):
        if text.lower().endswith(suffix.lower()):
            return _whole(text[: -len(suffix)].strip(), suffixes) * suffixes[suffix]
    return _whole(text, suffixes)


def _whole(text: str, suffixes: Iterable[str]) -> int:
    digits = text[1:] if text[:1] in ("-", "+") else text
    if digits.isascii() and digits.isdigit() and len(digits) <= 19:
        return int(text)
    suffix_hint = ", ".join(reversed(list(suffixes)))
    raise ValueError("must be a whole number" + (f", maybe with one of {suffix_hint}" if suffix_hint else ""))


def parse_like(example: object, text: str, unit: str | None = None) -> object:
    """Read `text` as a value of `example`'s type: bool, int or str."""
    if isinstance(example, bool):
        return parse_bool(text)
    if isinstance(example, int):
        return parse_int(text, unit)
    return text.strip()


def plain(value: object) -> str:
    """A value as a file holds it, in Java's form: `true`, `1073741824`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def show(value: object, unit: str | None = None) -> str:
    """A value as people read it: `1 GiB`, `30 s`, `true`; `(empty)` for an empty text."""
    suffixes = _SUFFIXES.get(unit or "")
    if suffixes is None or not isinstance(value, int) or isinstance(value, bool):
        return plain(value) or "(empty)"
    for suffix, factor in suffixes.items():
        if value and value % factor == 0:
            return f"{value // factor} {suffix}"
    return f"{value} {list(suffixes)[-1]}"


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean X?` for the known name most like `name`, or nothing when none is close."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return f"; did you mean {by_lower[close[0]]}?" if close else ""
