"""`rmqtw filter check`: what a broker makes of a SQL92 expression."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from rmqtw.cli import arguments
from rmqtw.cli.output import note, printable, write_line
from rmqtw.cli.problems import OK, Problem

NOT_DELIVERED = 1
BAD_EXPRESSION = 2

_CONTEXT = {"help_option_names": ["-h", "--help"]}
_WORDS = {True: "true", False: "false", None: "null"}
_ADVICE = "join conditions with AND or OR, or take it away"
_EPILOG = """\b
Examples:
  rmqtw filter check "price > 100 AND region IN ('eu', 'us')"
  rmqtw filter check "not price = 3" price=3
  rmqtw filter check --strict "a LIKE 'x%'" -o json

\b
Exit codes, as grep's:
  0 good, and a message with these properties is delivered, if there are any
  1 good, but such a message is not delivered: false, null or an error
  2 the expression is refused, or wrong usage
"""


@click.command(context_settings=_CONTEXT, epilog=_EPILOG, short_help="Check a SQL92 expression.")
@click.argument("expression", metavar="EXPR")
@click.argument("named", metavar="[NAME=VALUE]...", nargs=-1, callback=arguments.properties)
@click.option("--strict", is_flag=True, help="Refuse text that a broker would ignore.")
@arguments.format_option
def check(expression: str, named: Mapping[str, str], strict: bool, form: str) -> int:
    """Show how a broker reads the SQL92 expression EXPR, and whether it takes a message.

    The parsed form has a parenthesis around whatever binds first: NOT binds tighter than =, as in
    RocketMQ's grammar. That grammar has no end: behind a complete expression the rest of the text is
    ignored, which is warned of. With NAME=VALUE, the properties of a message, the verdict is
    shown too; null (a property is missing) and an error (it is no number) do not deliver. An empty VALUE
    is no property, as in stored messages. No server is asked. Write -- before an EXPR that begins with a
    dash.
    """
    about = _explained(expression, strict)
    if named:
        about.update(_verdict(expression, named))
    if form == "json":
        write_line(json.dumps(about).replace("\x7f", "\\u007f"))
    else:
        _show(about)
    if about["ignored"]:
        note(f"{_ignored(about['ignoredFrom'], about['ignored'])}; {_ADVICE}")
    return OK if about.get("delivered", True) else NOT_DELIVERED


def _explained(expression: str, strict: bool) -> dict[str, Any]:
    from rmqtw.filters import FilterError
    from rmqtw.filters.grammar import parse_sql92
    from rmqtw.filters.rendering import rendered

    try:
        parsed = parse_sql92(expression)
    except FilterError as refusal:
        raise Problem(f"refused: {refusal}; change the expression there", BAD_EXPRESSION) from None
    ignored = expression[parsed.end :]
    if strict and ignored:
        raise Problem(f"refused: {_ignored(parsed.end, ignored)}; {_ADVICE}", BAD_EXPRESSION)
    return {
        "parsed": rendered(parsed.tree),
        "names": sorted(parsed.names),
        "steps": parsed.steps,
        "ignored": ignored,
        "ignoredFrom": parsed.end if ignored else None,
    }


def _verdict(expression: str, named: Mapping[str, str]) -> dict[str, Any]:
    from rmqtw.filters import EvaluationError, Sql92Filter

    try:
        found = Sql92Filter(expression).evaluate({name: value for name, value in named.items() if value})
    except EvaluationError as failure:
        return {"verdict": "error", "reason": str(failure), "delivered": False}
    return {"verdict": _WORDS[found], "delivered": found is True}


def _ignored(start: int, text: str, limit: int = 60) -> str:
    shown = text if len(text) <= limit else f"{text[:limit]}..."
    return f"from character {start} on the text is ignored: '{shown}'"


def _show(about: Mapping[str, Any]) -> None:
    write_line(f"parsed   {printable(about['parsed'])}")
    write_line(f"names    {' '.join(about['names']) or '-'}")
    write_line(f"steps    {about['steps']}")
    if "verdict" in about:
        delivery = "delivered" if about["delivered"] else "not delivered"
        reason = f" ({printable(about['reason'])})" if "reason" in about else ""
        write_line(f"verdict  {about['verdict']}, {delivery}{reason}")


@click.group("filter", context_settings=_CONTEXT, invoke_without_command=True, short_help="Filters: check.")
@click.pass_context
def filters(context: click.Context) -> None:
    """Try filter expressions."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


filters.add_command(check)
