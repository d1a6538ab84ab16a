"""The command `rmqtw`.

Nothing that a reactor or a client needs is imported before a command runs: `rmqtw --help` is quick.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import click

from rmqtw import __version__
from rmqtw.cli.filters import filters
from rmqtw.cli.messages import msg, send, tail
from rmqtw.cli.output import note
from rmqtw.cli.problems import INTERRUPTED, OK, Interrupted, OutputClosed, Problem
from rmqtw.cli.store import store

_EPILOG = """\b
Examples:
  rmqtw send Greetings "hello" --tag A
  rmqtw tail Greetings --from first -n 1
  NAMESRV_ADDR="ns1:9876;ns2:9876" rmqtw tail Orders -o json

\b
Exit codes:
  0 done   1 refused, or a body cannot be read   2 wrong usage
  3 nobody answers   130 Ctrl-C
"""


class _Program(click.Group):
    """A group whose errors are one line: `rmqtw: cause; next step`."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = "rmqtw",
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command; as a program (`standalone_mode`), end the process with its exit code."""
        run = partial(super().main, args, prog_name, complete_var, standalone_mode=False, **extra)
        return sys.exit(_exit_code(run)) if standalone_mode else run()


def _exit_code(command: Callable[[], Any]) -> int:
    try:
        return int(command() or OK)
    except OutputClosed:
        return OK
    except (Interrupted, click.Abort):
        return INTERRUPTED
    except Problem as problem:
        note(str(problem))
        return problem.exit_code
    except click.UsageError as problem:
        note(_usage(problem))
        return problem.exit_code


def _usage(problem: click.UsageError) -> str:
    path = problem.ctx.command_path if problem.ctx is not None else "rmqtw"
    return f"{problem.format_message().rstrip('.')}; see {path} --help"


@click.group(
    cls=_Program,
    name="rmqtw",
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
    epilog=_EPILOG,
)
@click.version_option(__version__, prog_name="rmqtw", message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Work with RocketMQ-compatible nameservers and brokers.

    send and tail are short for msg send and msg tail.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for _command in (filters, msg, send, store, tail):
    main.add_command(_command)
