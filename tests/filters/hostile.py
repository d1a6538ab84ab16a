"""Expressions that somebody might send to hurt a broker."""
# ruff: noqa: E501, RUF001   (tables; letters that look like others are what is tested)

from __future__ import annotations

_OPENINGS = [
    "(",
    "not ",
    "NOT(",
    "-",
    "- ",
    "+",
    "-(",
    "not(-(+(",
    "a=(",
    "a>(",
    "((a)=",
    "a in (",
    "(a is null and ",
]
_NESTED = [opening * count for opening in _OPENINGS for count in (70, 500, 4000)]
_CLOSED = [f"{'(' * count}a=1{')' * count}" for count in (64, 65, 200, 2000)]
_CHAINS = [
    f"a{link * count}"
    for link in (" = TRUE", " <> b", " is null", " is not null", " contains 'x'", " and a", " or a=1", " not in ('')")
    for count in (40, 130, 400)
]  # fmt: skip
_LONG = [
    "a" * 5000, "a=1" + " " * 5000, "a='" + "x" * 5000 + "'", "a=" + "1" * 5000, "中" * 1400, "a='" + "中" * 1400 + "'",
    "/*" + "*" * 5000, "--" + "-" * 5000, "a in (" + "'x'," * 2000 + "'x')",
]  # fmt: skip
_LISTS = [
    "a in (" + ",".join(["''"] * 1001) + ")", "a in (" + ",".join(["''"] * 1000) + ") =",
    "a in (" + ",".join(["''"] * 1000), "a in (" + ",".join(["''"] * 900) + ",b)", "a in (" + "''," * 900 + ")",
    "a in (" + "'' " * 900 + ")", "a in (" + "''/**/," * 500 + ")", "a in (" + "(" * 500 + "'x'", "a in ()",
    "a in (1)", "a in ('x', NULL)", "a in (select b from c)", "1 in ('1')", "(a=1) in ('x')", "a not in (b)",
]  # fmt: skip
_NUMBERS = [
    "a=" + "9" * 4000, "a=" + "9" * 20, "a=-9223372036854775808", "a=9223372036854775808", "a>1e400", "a>1e-400",
    "a>1e999999999999", "a>" + "9" * 2000 + ".0e9", "a>0.0", "a>0e0", "a>." + "0" * 4000 + "1", "a=1e", "a=1e+",
    "a=0x", "a=0b1=", "a=1_000=", "a=.", "a=..", "a=1..2=", "a=" + "0" * 4000 + " =", "1" * 4096, "0" * 4096, "1e1" * 1300,
    "0e" * 2000, "." * 4000, "a=１", "a=٣", "a=½", "a=²", "a=∞", "a=NaN=1=", "a=Infinity>",
]  # fmt: skip
_CHARACTERS = [
    "\x00", "a=\x00", "a=1 and \x00", "\x00a=1", "a\x00=1", "a=1\x01and b=2", "a=\x0b1", "a=\x1c1", "a=\x7f", "a=\x851",
    "a=\u00a01", "a=\u20281", "a\u200b=1", "\ufeffa=1", "\u202ea=1", "a=\ud800", "\udfff", "a=\U0001f600", "中=1",
    "ａ=1", "a＝1", "é=1", "a and ıs null", "a ıs null", "a iſ null", "Ｎot a", "a and ſelect", "a=‘x’", "a=´x´",
    "a=`x`", "`a`=1", '"a"=1', 'a="x"', 'a=1 and "', "a=1 and '", "'", "''", "a='", "a='''", "a='x''", "a=''''' =",
    "a=1 and \\", "a=1 and #", "a=1;", "a=1 and ;", "a=1 and {# x #} b=2", "{{a}}", "{% if %}", "a=1 and $", "@a=1", "?=1",
    ":a=1", "a::int=1", "a||b=1", "a&1=1", "a|1", "a^1=1 and ^", "a~'x'", "a!='x'", "a==1", "a<=>1", "a->b=1", "a=>1",
    "a=1 and -> b", "a<>=1", "a><1", "a=<1", "a=!1", "a=1 and n'x", "a=N'x' and", "a=x'41' and", "a=b'1' and", "a=$$x$$ and",
]  # fmt: skip
_COMMENTS = [
    "/*", "/**", "a=1 and /*", "a=1 and /* /* */ */", "a= /* ' */ '", "a=1 and --", "a= -- 1\n", "-- a=1", "--\n", "/**/",
    "a=1 and /*+ hint */", "a=1 and */", "a=/", "a=1 and //x", "a=1 and -- x\n/*", "/*/", "a=1 and /*/", "--" * 2000 + "\n",
    "-" * 4096, "/**/" * 1024, "a=1 and " + "/**/" * 1000, "a=1 and " + "--\n" * 1300, "/*" * 2048,
]  # fmt: skip
_STATEMENTS = [
    "", " ", "\n", "(", ")", "()", ",", "=", "and", "or", "not", "null and", "is null", "between 1 and 2", "1", "'x'",
    "-1", "not 1", "a and 1", "1 or a", "a and 'x'", "a = null", "null = a", "a <> null", "true = 1", "false = 'x'",
    "a > 'x'", "a > true", "a > null", "'x' < a", "a >= b >= c", "a between 10 and 0", "a between 1 and 'x'",
    "a between null and 1", "a between 1", "a between 1 or 2", "a between 1 and", "a not between", "a not null", "a not = 1",
    "a is 1", "a is not 1", "a is true", "a is not not null", "a contains", "a contains b", "a contains 1", "a startswith (",
    "a endswith ('x')", "(select 1) = a", "a = (select max(b) from c)", "a = 1 and exists (select 1) = 2",
    "a = count(*) and", "length(a) = 1 and (", "a = cast(b as int) and =", "a and (drop table x", "a = 1 and (1=1; drop table x)",
    "__import__('os')", "a = (lambda: 1)", "a and ${jndi:ldap://x}", "a = 1 union all", "a and (1 union select 2)",
]  # fmt: skip

HOSTILE = [
    *_NESTED, *_CLOSED, *_CHAINS, *_LONG, *_LISTS, *_NUMBERS, *_CHARACTERS, *_COMMENTS, *_STATEMENTS,
]  # fmt: skip
