r"""Tokens of a SQL92 filter, as Java's lexer would read them, one stretch of text at a time.

sqlglot's tokenizer reads operators and words. It differs from Java's lexer in blanks, comments,
quotes, numbers and letters beyond ASCII, so it is shown only stretches that hold none of these
differences, and words are read once more for where one number ends and a name begins.
Nothing behind the token that is asked for is looked at further than that stretch: Java's grammar
has no end, and whatever follows a complete expression need not even be made of tokens.
Java: `SelectorParser.jj`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from .errors import LimitExceeded, SqlSyntaxError

if TYPE_CHECKING:
    from sqlglot import Token as RawToken
    from sqlglot import Tokenizer

NAME, STRING, INTEGER, FLOAT, END, BAD = "name", "string", "integer", "float", "end", "bad"
KEYWORDS = frozenset(
    "NOT AND OR BETWEEN IN TRUE FALSE NULL IS CONTAINS STARTSWITH ENDSWITH".split()  # noqa: SIM905
)
_SYMBOLS = {
    "EQ": "=", "NEQ": "<>", "GT": ">", "GTE": ">=", "LT": "<", "LTE": "<=",
    "L_PAREN": "(", "R_PAREN": ")", "COMMA": ",", "PLUS": "+", "DASH": "-",
}  # fmt: skip

_PLAIN_BLANK = r"[ \t\n\r\f]|/\*.*?\*/"
_LINE_COMMENT = r"--[^\n\r]*(?:\r\n|\n|\r)"
_BLANK = rf"(?>{_PLAIN_BLANK}|{_LINE_COMMENT})*+"
_QUOTED = r"'((?:''|[^'])*)'"
_FLOAT = r"[0-9]++\.[0-9]*+(?:[eE][+-]?[0-9]++)?|\.[0-9]++(?:[eE][+-]?[0-9]++)?|[0-9]++[eE][+-]?[0-9]++"
_INTEGER = r"0|[1-9][0-9]*[lL]?"
_NAME = r"[A-Za-z_$][A-Za-z0-9_$]*"

_STRING = re.compile(_QUOTED)
_ITEM = re.compile(f"{_BLANK}{_QUOTED}{_BLANK}", re.DOTALL)
_WORD = re.compile(f"(?P<float>{_FLOAT})|(?P<integer>{_INTEGER})|(?P<name>{_NAME})")


class _Lines(NamedTuple):
    """What separates tokens, and a stretch of tokens that sqlglot reads as Java does."""

    blanks: re.Pattern[str]
    stretch: re.Pattern[str]


def _lines(blank: str, dash: str) -> _Lines:
    number = f"(?:{_FLOAT}|{_INTEGER})"
    token = rf"{number}(?![A-Za-z0-9_$.])|{_NAME}|[<>=]+|[(),+]|[ \t\n\r\f]+|{dash}"
    return _Lines(re.compile(blank, re.DOTALL), re.compile(f"(?:{token}){{1,32}}|{number}"))


_INNER = _lines(_BLANK, "-(?!-)")
_LAST = _lines(f"(?>{_PLAIN_BLANK})*+", "-")
"""In the last line nothing ends a comment, so that `--` is two minus signs."""


class Token(NamedTuple):
    """A token: `kind` is an operator, a keyword in capitals, or one of this module's constants."""

    kind: str
    text: str
    start: int


@cache
def _tokenizer_class() -> type[Tokenizer]:
    """sqlglot's tokenizer without keywords, comments and commands, for what a stretch lets through."""
    from sqlglot import Tokenizer, TokenType

    class Operators(Tokenizer):
        KEYWORDS = {"<>": TokenType.NEQ, ">=": TokenType.GTE, "<=": TokenType.LTE}  # noqa: RUF012
        COMMENTS = []  # noqa: RUF012
        COMMANDS = set()  # noqa: RUF012

    return Operators


class Lexemes:
    """The tokens of a text, read when they are asked for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._place = 0
        self._ready: deque[Token] = deque()
        self._last_line = max(text.rfind("\n"), text.rfind("\r")) + 1
        self._tokenizer = _tokenizer_class()()

    def peek(self) -> Token:
        """Return the next token and leave it. Raises `SqlSyntaxError` where there is none."""
        if not self._ready:
            self._read()
        token = self._ready[0]
        if token.kind == BAD:
            raise SqlSyntaxError(token.text, self.text, token.start)
        return token

    def take(self) -> Token:
        """Return the next token and go on; the end can be taken any number of times."""
        token = self.peek()
        if token.kind != END:
            self._ready.popleft()
        return token

    def take_strings(self, limit: int) -> list[str]:
        """Read `'x', 'y')`: the strings of a list, whose opening parenthesis was taken.

        Raises `SqlSyntaxError` for anything else, `LimitExceeded` for more than `limit` strings.
        """
        found: list[str] = []
        while True:
            item = None if self._ready else _ITEM.match(self.text, self._place)
            if item is None:
                raise self._unexpected("a string")
            if len(found) == limit:
                cause = f"a list of more than {limit} strings"
                raise LimitExceeded(cause, self.text, item.start(1) - 1, "list")
            found.append(item[1].replace("''", "'"))
            self._place = item.end()
            if not self.text.startswith(",", self._place):
                break
            self._place += 1
        if self.peek().kind != ")":
            raise self._unexpected("a comma or a closing parenthesis")
        self.take()
        return found

    def _unexpected(self, wanted: str) -> SqlSyntaxError:
        token = self.peek()
        return SqlSyntaxError(f"{wanted} is expected, not {shown(token)}", self.text, token.start)

    def _read(self) -> None:
        """Make at least one token ready."""
        lines = _INNER if self._place < self._last_line else _LAST
        blanks = lines.blanks.match(self.text, self._place)
        start = blanks.end() if blanks else self._place
        if start == len(self.text):
            self._ready.append(Token(END, "", start))
        elif self.text[start] == "'":
            self._read_string(start)
        else:
            self._read_stretch(start, lines.stretch)

    def _read_string(self, start: int) -> None:
        found = _STRING.match(self.text, start)
        if found is None:
            self._ready.append(Token(BAD, "a string that does not end", start))
        else:
            self._ready.append(Token(STRING, found[1].replace("''", "'"), start))
            self._place = found.end()

    def _read_stretch(self, start: int, pattern: re.Pattern[str]) -> None:
        stretch = pattern.match(self.text, start)
        if stretch is None:
            self._ready.append(Token(BAD, _complaint(self.text, start), start))
        else:
            self._ready.extend(self._tokens(self._tokenizer.tokenize(stretch[0]), start))
            self._place = stretch.end()

    def _tokens(self, raw: Sequence[RawToken], base: int) -> Iterator[Token]:
        begin = end = base
        for token in raw:
            symbol = _SYMBOLS.get(token.token_type.name)
            start = base + token.start
            if symbol is not None or start != end:
                yield from self._words(begin, end)
                begin = start
            end = base + token.end + 1
            if symbol is not None:
                yield Token(symbol, symbol, start)
                begin = end
        yield from self._words(begin, end)

    def _words(self, begin: int, end: int) -> Iterator[Token]:
        """Yield the numbers and names of text without blanks and operators."""
        for word in _WORD.finditer(self.text, begin, end):
            kind, text = word.lastgroup or NAME, word[0]
            if kind == NAME and text.upper() in KEYWORDS:
                kind = text.upper()
            yield Token(kind, text, word.start())


def shown(token: Token) -> str:
    """A token for an error message."""
    if token.kind == END:
        return "the end"
    return f"the string {token.text!r}" if token.kind == STRING else repr(token.text)


def _complaint(text: str, start: int) -> str:
    if text.startswith("/*", start):
        return "a comment that does not end"
    return f"{text[start]!r}, which cannot stand outside of quotes,"
