"""Where Java's lexer and sqlglot's tokenizer part ways, filters are read as Java reads them."""

from __future__ import annotations

import pytest

from rmqtw.filters import Limits, SqlSyntaxError
from rmqtw.filters.grammar import parse_sql92
from rmqtw.filters.rendering import rendered


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a = -- 1", "a = (-(-1))"),
        ("a = --1 -- b", "a = (-(-1))"),
        ("a = --1\n2", "a = 2"),
        ("a = 1 -- c\r\nand b = 2", "(a = 1) AND (b = 2)"),
        ("a = 1 -- it's\rand b = 2", "(a = 1) AND (b = 2)"),
        ("-- first\n-- second\na", "a"),
        ("a = 1 ---- c\nand b", "(a = 1) AND b"),
        ("a/* x */=/**/1", "a = 1"),
        ("a = /* ' */ 'x'", "a = 'x'"),
        ("a = /* * ** */ 1 /***/", "a = 1"),
        ("a = '-- x' and b = '/* y */'", "(a = '-- x') AND (b = '/* y */')"),
        ("a in /* x */ ( /* y */ 'x' -- z\n , 'y' /* ) */ )", "a IN ('x', 'y')"),
        ("a in ('x')and b", "(a IN ('x')) AND b"),
        ("a=1and b=.5or c", "((a = 1) AND (b = .5)) OR c"),
        ("a=1e5", "a = 1e5"),
        ("a=1.e+5", "a = 1.e+5"),
        ("a=5.", "a = 5."),
        ("a = 3lx", "a = 3"),
        ("a = 1e-", "a = 1"),
        ("a = 010.5", "a = 010.5"),
        ("a = 08", "a = 0"),
        ("a = 1_000", "a = 1"),
        ("a = n'x'", "a = n"),
        ("a contains'x'", "a CONTAINS 'x'"),
        ("a = 'x\n y'", "a = 'x\n y'"),
        ("a<>b", "a <> b"),
        ("a<=-b", "a <= (-b)"),
        ("a = 'x' \"never 'read", None),
        ("a = 1 b'never read", "a = 1"),
        ("a = 1) \x00 `", "a = 1"),
        ("a b\u4e2d", "a"),
        ("$ = _", "$ = _"),
    ],
)
def test_tokens(text, shown):
    """A filter would be read otherwise than by a Java broker."""
    if shown is None:
        with pytest.raises(SqlSyntaxError, match="cannot stand outside of quotes"):
            parse_sql92(text)
    else:
        assert rendered(parse_sql92(text).tree) == shown


@pytest.mark.parametrize(
    "text",
    [
        "a = 'x''",
        "a /* x /* y */ */ = 1",
        "a = /* x */ 1 /* y",
        "a in ('x' /* a */ x */ , 'y')",
        "a in ('x' -- a\n b, 'y')",
        "a \v= 1",
        "a = 1\u2028and b",
        "a \u0131s null and b",
        "a = 1 { # x # } and b",
    ],
)
def test_what_is_no_token_is_refused(text):
    """A filter that Java refuses would be accepted, and deliver something."""
    with pytest.raises(SqlSyntaxError):
        parse_sql92(text)


def test_a_long_text_is_read_in_stretches():
    """A number, name or operator would be cut where one stretch of text ends and the next begins."""
    term = "abc1 >= 1.5e+10 and x_9<>'it''s' or not(- y <=0.25)"
    wide = Limits(text=10**6, steps=10**5)
    whole = parse_sql92(" or ".join([term] * 50), wide)
    one = rendered(parse_sql92(term).tree)
    first, second = one.split(" OR ", 1)
    assert rendered(whole.tree) == " OR ".join([first, second] * 50)
    assert whole.names == {"abc1", "x_9", "y"}
    for blanks in range(70):
        text = " " * 3 + "(" * 20 + "+" * blanks + "1e+5 <= a" + ")" * 20
        assert rendered(parse_sql92(text, Limits(depth=100)).tree) == "1e+5 <= a"
