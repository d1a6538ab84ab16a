r"""A reader of the JSON dialect that fastjson writes and accepts. `rmqtw.wire.fastjson` decides when.

Beside strict JSON it takes bare objects, numbers and identifiers as keys, single quotes, surplus
commas, and the escapes `\'`, `\v`, `\x41`, `\0` to `\7`. A lone surrogate becomes U+FFFD.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_BLANK = re.compile(r"[\s\ufeff]*")
_FILLER = re.compile(r"[\s,]*")
_QUOTED = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"|' + r"'([^'\\]*(?:\\.[^'\\]*)*)'", re.DOTALL)
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?(?![\w.])")
_WORD = re.compile(r"[^\W\d][\w$]*|\$[\w$]*")
_SIMPLE_KEY = re.compile(r'(?:"([^"\\]*)"|([^\W\d][\w$]*))\s*:\s*')
_SIMPLE_VALUE = {
    closing: re.compile(rf'\s*(?:"([^"\\]*)"|(-?\d{{1,18}})|(true|false|null))\s*(?=[,\{closing}])')
    for closing in "]}"
}
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPED = {**{mark: mark for mark in "\"'\\/"}, **dict(zip("bfnrtv", "\b\f\n\r\t\v", strict=True))}
_ESCAPED |= {str(digit): chr(digit) for digit in range(8)}
_LITERALS = {"true": True, "false": False, "null": None}
_SIMPLE_KINDS: dict[int | None, Callable[[str], Any]] = {1: str, 2: int, 3: _LITERALS.__getitem__}


class MalformedJson(ValueError):
    """Text that is not JSON, not even fastjson's. `str()` says what was expected, and where."""


class LenientReader:
    """Reads one text. `key_text` turns an object used as a key into text."""

    def __init__(self, text: str, depth: int, key_text: Callable[[Any], str]) -> None:
        self._text = text
        self._depth = depth
        self._key_text = key_text
        self._position = 0

    def read(self) -> Any:
        """Return the text's value. Raises `MalformedJson`."""
        value = self._value(0)
        if self._peek():
            raise self._expected("the end")
        return value

    def _value(self, depth: int) -> Any:
        mark = self._peek()
        if mark == "{":
            return self._object(depth + 1)
        if mark == "[":
            return self._array(depth + 1)
        if mark in ('"', "'"):
            return self._string()
        return self._word() if mark.isalpha() else self._number()

    def _object(self, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        self._enter(depth)
        while self._peek(_FILLER) != "}":
            key = self._key(depth)
            members[key] = self._item(depth, "}")
        self._position += 1
        return members

    def _array(self, depth: int) -> list[Any]:
        items: list[Any] = []
        self._enter(depth)
        while self._peek(_FILLER) != "]":
            items.append(self._item(depth, "]"))
        self._position += 1
        return items

    def _item(self, depth: int, closing: str) -> Any:
        """Take a value and look for what follows it; most values in one step."""
        match = _SIMPLE_VALUE[closing].match(self._text, self._position)
        if match is not None:
            self._position = match.end()
            return _SIMPLE_KINDS[match.lastindex](match[match.lastindex or 0])
        value = self._value(depth)
        if self._peek() not in (",", closing):
            raise self._expected(f"',' or '{closing}'")
        return value

    def _key(self, depth: int) -> str:
        """Take a key and its colon; most in one step."""
        match = _SIMPLE_KEY.match(self._text, self._position)
        if match is not None:
            self._position = match.end()
            return match[1] or match[2] or ""
        key = self._odd_key(depth)
        self._take(":")
        return key

    def _odd_key(self, depth: int) -> str:
        mark = self._peek()
        if mark in ('"', "'"):
            return self._string()
        if mark in ("{", "["):
            return self._key_text(self._value(depth))
        return self._match(_NUMBER if mark in "-0123456789" else _WORD, "a key").group()

    def _string(self) -> str:
        match = self._match(_QUOTED, "the end of a text")
        raw: str = match[1] if match[2] is None else match[2]
        return self._unescape(raw) if "\\" in raw else raw

    def _unescape(self, raw: str) -> str:
        text = _ESCAPE.sub(self._escaped, raw)
        if "\\u" in raw:
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return text

    def _escaped(self, match: re.Match[str]) -> str:
        code, mark = match[1] or match[2], match[3]
        if code:
            return chr(int(code, 16))
        if mark not in _ESCAPED:
            raise self._expected(f"an escape, not \\{mark}, in the text before")
        return _ESCAPED[mark]

    def _number(self) -> int | float:
        match = self._match(_NUMBER, "a value")
        if match[1] or match[2]:
            return float(match.group())
        try:
            return int(match.group())
        except ValueError:
            raise self._expected("a number of fewer digits before") from None

    def _word(self) -> bool | None:
        word = self._match(_WORD, "a value").group()
        if word not in _LITERALS:
            self._position -= len(word)
            raise self._expected("a value")
        return _LITERALS[word]

    def _enter(self, depth: int) -> None:
        if depth > self._depth:
            raise self._expected(f"at most {self._depth} levels of nesting")
        self._position += 1

    def _take(self, mark: str) -> None:
        if self._peek() != mark:
            raise self._expected(f"'{mark}'")
        self._position += 1

    def _peek(self, skip: re.Pattern[str] = _BLANK) -> str:
        """Skip blanks, and return the character that comes then; empty at the end."""
        match = skip.match(self._text, self._position)
        self._position = match.end() if match else self._position
        return self._text[self._position : self._position + 1]

    def _match(self, pattern: re.Pattern[str], what: str) -> re.Match[str]:
        match = pattern.match(self._text, self._position)
        if match is None:
            raise self._expected(what)
        self._position = match.end()
        return match

    def _expected(self, what: str) -> MalformedJson:
        near = self._text[self._position : self._position + 20]
        found = f"found {near!r}" if near else "the text ends"
        return MalformedJson(f"expected {what} at character {self._position}: {found}")
