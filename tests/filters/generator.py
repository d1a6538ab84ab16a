"""Expressions and messages made up at random from a seed: mostly right, often odd, sometimes broken."""
# ruff: noqa: RUF001, E501   (tables; letters that look like others are what is tested)

from __future__ import annotations

NAMES = ["a", "b", "c", "$d", "_e", "TAGS", "select", "now"]
NUMBERS = [
    "0", "1", "2", "10", "3L", "2147483647", "2147483648", "9223372036854775807", "007", "1.0", ".5", "5.",
    "2.5E1", "4.9e-324", "9007199254740992.0",
]  # fmt: skip
STRINGS = ["''", "'x'", "'1'", "'it''s'", "'true'", "'TRUE'", "'中'", "'a b'", "'\\'", "'2.50'", "'-- x'"]
VALUES = [
    "", "x", "X", "1", "2", "3", "5", "-3", "-1", "01", "+1", "-0", "-0.0", "0", "10", "1.0", "2.5", " 2 ", "2d",
    "NaN", "-Infinity", "0x1p3", "3000000000", "99999999999999999999", "1e400", "true", "TRUE", "yes", "it's",
    "中", "１",
]  # fmt: skip
BLANKS = [" ", " ", " ", " ", "  ", "\t", "\n", "\r\n", "\f", "/* c */", "/* ' */", "-- c'\n"]
JUNK = [
    "'", '"', "`", ";", "!", "#", "%", "&", "(", ")", ",", ".", "--", "/*", "*/", "=", "<", ">", "<=>", "!=",
    "||", "@", "?", ":", "{#", "{{", "\\", "é", "\u00a0", "\x00", "ı", "\ud800", "𝟙", "L", "e", "0x", "NOT",
    "IS", "NULL", "IN", "AND", "between", "like", "select", "n'x'", "1e", "1.2.3", "\v", "\x1c",
]  # fmt: skip


class Generator:
    """Draws from a `random.Random`."""

    def __init__(self, random):
        self._random = random
        self._pick = random.choice

    def expression(self):
        """One expression; every third has been damaged."""
        text = self._condition(self._random.randint(0, 4))
        if self._random.random() < 0.33:
            for _ in range(self._random.randint(1, 3)):
                text = self._damaged(text)
        return text

    def properties(self):
        """The properties of one message; most names have a value."""
        return {name: self._pick(VALUES) for name in NAMES if self._random.random() < 0.75}

    def _condition(self, depth):
        if depth == 0:
            return self._comparison()
        return self._pick([self._connected, self._prefixed, self._bracketed, self._connected])(depth - 1)

    def _connected(self, depth):
        operator = self._pick(["AND", "OR", "and", "Or", "AND", "OR", "=", "<>"])
        return self._spaced(self._condition(depth), operator, self._condition(depth))

    def _prefixed(self, depth):
        prefix = self._pick(["NOT", "not", "NOT", "+", "-"])
        return self._spaced(prefix, self._pick([self._bracketed, self._bracketed, self._condition])(depth))

    def _bracketed(self, depth):
        return self._spaced("(", self._condition(depth), ")")

    def _comparison(self):
        forms = [self._ordered, self._ordered, self._equal, self._equal, self._between, self._in]
        return self._pick([*forms, self._search, self._null, lambda: self._operand(NAMES)])()

    def _operand(self, *sorts):
        """Of these sorts of values; one in ten is anything."""
        anything = [*NUMBERS, *STRINGS, "TRUE", "false", "NULL"]
        sort = self._pick(sorts) if self._random.random() < 0.9 else anything
        value = self._pick(sort)
        return self._pick([value, value, value, value, value, value, f"({value})", f"-{value}", f"+{value}"])

    def _ordered(self):
        left, right = self._operand(NAMES), self._operand(NAMES, NUMBERS, NUMBERS)
        if self._random.random() < 0.2:
            left, right = right, left
        return self._spaced(left, self._pick([">", ">=", "<", "<="]), right)

    def _equal(self):
        left, right = self._operand(NAMES), self._operand(NAMES, NUMBERS, STRINGS, STRINGS, ["TRUE", "false"])
        return self._spaced(left, self._pick(["=", "<>"]), right)

    def _between(self):
        low, high = (
            self._operand(["0", "1", ".5"], NAMES),
            self._operand(["2", "10", "3000000000", "2.5E1"], NAMES),
        )
        return self._spaced(self._operand(NAMES), self._maybe_not(), "BETWEEN", low, "AND", high)

    def _in(self):
        values = self._spaced(*[self._pick(STRINGS) for _ in range(self._random.randint(1, 6))], by=",")
        return self._spaced(self._pick(NAMES), self._maybe_not(), "IN", "(", values, ")")

    def _search(self):
        operator = self._pick(["CONTAINS", "startswith", "EndsWith"])
        return self._spaced(self._operand(NAMES), self._maybe_not(), operator, self._pick(STRINGS))

    def _null(self):
        return self._spaced(self._operand(NAMES), "IS", self._maybe_not(), "NULL")

    def _maybe_not(self):
        return self._pick(["", "NOT"])

    def _spaced(self, *parts, by=""):
        gaps = [self._pick(BLANKS) for _ in parts]
        return by.join(part + gap for part, gap in zip(parts, gaps, strict=True))

    def _damaged(self, text):
        start = self._random.randint(0, len(text))
        end = start + self._pick([0, 0, 1, 3])
        return text[:start] + self._pick([*JUNK, ""]) + text[end:]
