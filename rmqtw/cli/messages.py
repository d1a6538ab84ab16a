"""`rmqtw msg send` and `rmqtw msg tail`."""

from __future__ import annotations

from typing import Any

import click

from rmqtw.cli import arguments
from rmqtw.cli.problems import OK, Problem, explained
from rmqtw.cli.running import run

_CONTEXT = {"help_option_names": ["-h", "--help"]}
_SEND_EPILOG = """\b
Examples:
  rmqtw send Greetings "hello" --tag A --key order-1
  rmqtw send Greetings --property region=eu < message.json
"""
_TAIL_EPILOG = """\b
Examples:
  rmqtw tail Greetings --tag "A || B" --from first -n 10
  rmqtw tail Greetings -o json | jq .body
"""


@click.command(context_settings=_CONTEXT, epilog=_SEND_EPILOG, short_help="Send one message.")
@click.argument("topic", callback=arguments.topic_name)
@click.argument("body", required=False)
@click.option("--tag", metavar="T", help="The message's tag, by which readers can filter.")
@click.option("--key", "keys", metavar="K", multiple=True, help="A key to find it by; repeatable.")
@click.option(
    "--property", "named", metavar="NAME=VALUE", multiple=True, callback=arguments.properties,
    help="A property of your own; repeatable.",
)  # fmt: skip
@arguments.namesrv_option
@arguments.format_option
@click.option(
    "--timeout", "seconds", metavar="S", type=click.FloatRange(min=0.1), default=3.0, show_default=True,
    help="Seconds to try.",
)  # fmt: skip
def send(body: str | None, **options: Any) -> int:
    """Send one message to TOPIC and say where it was stored.

    Without BODY, or with - for it, the message is what comes on standard input. Write -- before a BODY
    that begins with a dash.
    """
    from rmqtw.cli.sending import send_one
    from rmqtw.wire.messages import BODY_LIMIT

    arguments.check_properties(options["tag"], options["keys"], options["named"])
    content = arguments.body_of(body, BODY_LIMIT)
    if len(content) > BODY_LIMIT:
        raise Problem(f"the body is longer than {BODY_LIMIT} bytes; send it in parts")
    return _run(lambda reactor: send_one(reactor, content, **options))


@click.command(context_settings=_CONTEXT, epilog=_TAIL_EPILOG, short_help="Print messages as they arrive.")
@click.argument("topic", callback=arguments.topic_name)
@click.option(
    "--tag", metavar="EXPR", callback=arguments.tag_expression,
    help='Only messages with one of these tags: "A", "A || B".',
)  # fmt: skip
@click.option(
    "--from", "start", type=click.Choice(["first", "last"]), default="last", show_default=True,
    help="Begin with the first message there is, or with the next that arrives.",
)  # fmt: skip
@click.option("-n", "count", metavar="N", type=click.IntRange(min=1), help="End after N messages.")
@arguments.namesrv_option
@arguments.format_option
def tail(**options: Any) -> int:
    """Print the messages of TOPIC, one a line, until Ctrl-C.

    A line is topic, broker:queue, offset, tag, keys and body, with tabs between them; - stands for none.
    What a terminal might obey is escaped. Nothing is consumed: offsets of consumer groups stay as they
    are. A broker that goes away is waited for.
    """
    from rmqtw.cli.tailing import follow

    return _run(lambda reactor: follow(reactor, **options))


def _run(work: Any) -> int:
    try:
        return int(run(work) or OK)
    except Exception as error:
        if (problem := explained(error)) is None:
            raise
        raise problem from error


@click.group(context_settings=_CONTEXT, invoke_without_command=True, short_help="Messages: send, tail.")
@click.pass_context
def msg(context: click.Context) -> None:
    """Send and read messages."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


msg.add_command(send)
msg.add_command(tail)
