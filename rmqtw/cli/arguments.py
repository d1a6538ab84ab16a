"""What the arguments of commands may be; each is refused where it is read."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

import click

NAMESRV_VARIABLE = "NAMESRV_ADDR"
DEFAULT_NAMESRV = "127.0.0.1:9876"


def topic_name(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """A name that a topic may have."""
    from rmqtw.wire.errors import InvalidParameter
    from rmqtw.wire.names import check_topic

    try:
        check_topic(value)
    except InvalidParameter as problem:
        raise click.BadParameter(str(problem).rstrip(".")) from None
    return value


def nameservers(_context: click.Context, _parameter: click.Parameter, value: str) -> list[str]:
    """Addresses of nameservers."""
    from rmqtw.tap.clients import addresses_of

    try:
        return addresses_of(value)
    except ValueError as problem:
        raise click.BadParameter(str(problem)) from None


def properties(_context: click.Context, _parameter: click.Parameter, values: Sequence[str]) -> dict[str, str]:
    """NAME=VALUE, any number of them."""
    named = {}
    for value in values:
        name, separator, text = value.partition("=")
        if not separator:
            raise click.BadParameter(f"{value!r} is no NAME=VALUE")
        named[name] = text
    return named


def check_properties(tag: str | None, keys: Sequence[str], named: Mapping[str, str]) -> None:
    """Refuse what cannot be written into a message."""
    from rmqtw.client.outgoing import message_properties

    try:
        message_properties("-", tag, keys, named)
    except ValueError as problem:
        raise click.UsageError(str(problem)) from None


def tag_expression(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Tags to read."""
    from rmqtw.filters import FilterError, parse_tags

    try:
        parse_tags(value)
    except FilterError as problem:
        raise click.BadParameter(str(problem)) from None
    return value


def body_of(value: str | None, limit: int) -> bytes:
    """The message's body: the argument, or standard input for `-` and for none.

    At most `limit` + 1 bytes are read.
    """
    if value is not None and value != "-":
        return value.encode("utf-8", "surrogateescape")
    stdin = sys.stdin
    if stdin is None or (value is None and stdin.isatty()):
        raise click.UsageError("no BODY is given; name it, or pipe it to standard input")
    return stdin.buffer.read(limit + 1)


namesrv_option = click.option(
    "--namesrv",
    metavar="HOST:PORT;...",
    envvar=NAMESRV_VARIABLE,
    default=DEFAULT_NAMESRV,
    show_default=True,
    show_envvar=True,
    callback=nameservers,
    help="Nameservers to ask.",
)
format_option = click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Lines for people, or one JSON object a line.",
)
