"""Java's properties syntax (`java.util.Properties`): comments, continuations, escapes.

`parse` returns entries with line numbers, `render` writes what `parse` reads back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import attrs

_BLANK = " \t\f"
_KEY = re.compile(r"((?:[^\\=: \t\f]|\\.)*)[ \t\f]*[=:]?[ \t\f]*(.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_LINE_END = re.compile(r"\r\n|\r|\n")
_CONTROL = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_ESCAPED = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\f": "\\f"}


class MalformedProperties(ValueError):
    """The text is no properties file. `str()` names the line."""


@attrs.frozen
class Entry:
    """One key and value; `line` is where it starts, counted from 1."""

    line: int
    key: str
    value: str


def decode(data: bytes) -> str:
    """Text of a properties file: UTF-8, or ISO-8859-1 where it is not (Java's reading)."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("iso-8859-1")


def parse(text: str) -> list[Entry]:
    """Entries in file order, repeated keys included. `MalformedProperties` for a bad escape."""
    return [_entry(number, line) for number, line in _logical_lines(text)]


def render(items: Iterable[tuple[str, str]]) -> str:
    """One `key=value` line each, escaped."""
    return "".join(f"{_escape_key(key)}={_escape_value(value)}\n" for key, value in items)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with continuations joined; comments and blank lines left out."""
    start, parts = 0, ""
    for number, raw in enumerate(_LINE_END.split(text), 1):
        line = raw.lstrip(_BLANK)
        if not start and (not line or line[0] in "#!"):
            continue
        start = start or number
        if _continues(line):
            parts += line[:-1]
            continue
        yield start, parts + line
        start, parts = 0, ""
    if parts:
        yield start, parts


def _continues(line: str) -> bool:
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _entry(number: int, line: str) -> Entry:
    match = _KEY.fullmatch(line)
    key, value = match.groups() if match else (line, "")
    return Entry(number, _unescape(number, key), _unescape(number, value))


def _unescape(number: int, text: str) -> str:
    def replaced(match: re.Match[str]) -> str:
        escape = match[1]
        if escape == "u":
            raise MalformedProperties(f"line {number}: \\u needs four hexadecimal digits")
        return chr(int(escape[1:], 16)) if len(escape) > 1 else _CONTROL.get(escape, escape)

    plain = _ESCAPE.sub(replaced, text) if "\\" in text else text
    return _joined_surrogates(number, plain)


def _joined_surrogates(number: int, text: str) -> str:
    """Java escapes a character beyond U+FFFF as two; make it one again."""
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise MalformedProperties(f"line {number}: half of a surrogate pair") from None


def _escape_value(text: str) -> str:
    escaped = "".join(_ESCAPED.get(character, character) for character in text)
    lead = len(escaped) - len(escaped.lstrip(" "))
    return "\\ " * lead + escaped[lead:]


def _escape_key(text: str) -> str:
    escaped = "".join(_ESCAPED.get(character, character) for character in text)
    return re.sub(r"([ =:#!])", r"\\\1", escaped)
