"""`rmqtw store`: looking at a stopped store, ours or Apache's, and mending it."""

from __future__ import annotations

from typing import Any

import click

from rmqtw.cli import arguments
from rmqtw.cli.output import note, write_line
from rmqtw.cli.problems import OK, Problem

FOUND = 1
UNUSABLE = 3

_CONTEXT = {"help_option_names": ["-h", "--help"]}
_FOLDER = click.Path(file_okay=False)
_CODES = """\b
Exit codes:
  0 sound   1 there are findings   2 wrong usage
  3 the store cannot be read, or a broker works on it
"""
_CHECK_EPILOG = f"""\\b
Examples:
  rmqtw store check ~/rmqtw-data
  rmqtw store check /var/lib/rocketmq/store -o json

{_CODES}"""
_DUMP_EPILOG = """\b
Examples:
  rmqtw store dump ~/rmqtw-data --topic Orders -n 10
  rmqtw store dump ~/rmqtw-data --what queues
  rmqtw store dump ~/rmqtw-data -o json | jq .body
"""
_REPAIR_EPILOG = f"""\\b
Examples:
  rmqtw store repair ~/rmqtw-data
  rmqtw store repair ~/rmqtw-data --yes

{_CODES}"""


@click.command(context_settings=_CONTEXT, epilog=_CHECK_EPILOG, short_help="Check a stopped store.")
@click.argument("folder", metavar="DIR", type=_FOLDER)
@arguments.format_option
def check(folder: str, form: str) -> int:
    """Check the store in DIR: whether log, queues, index and checkpoint are whole and say the same.

    The store is only read, and must not be in use. Each record's magic, size, place and checksum are
    verified; each unit of a queue and each entry of the index must point to its record; each message must be
    in its queue and in the index. What the next start of a broker puts right is shown, but is no finding
    for the exit code.
    """
    from rmqtw.cli.storetext import Bar, report_json, report_lines
    from rmqtw.store.checking import check_store

    with Bar("checking") as progress:
        report = _tried(lambda: check_store(_read_only(folder), progress))
    for line in [report_json(report)] if form == "json" else report_lines(report):
        write_line(line)
    return OK if report.sound else FOUND


@click.command(context_settings=_CONTEXT, epilog=_DUMP_EPILOG, short_help="Print what is in a stopped store.")
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.option(
    "--what", type=click.Choice(["log", "queues", "index"]), default="log", show_default=True,
    help="Records of the log, the queues with their bounds, or entries of the index.",
)  # fmt: skip
@click.option("--topic", metavar="T", help="Only this topic.")
@click.option("--queue", "queue_id", metavar="Q", type=click.IntRange(min=0), help="Only this queue.")
@click.option(
    "--from", "position", metavar="POSITION", type=click.IntRange(min=0),
    help="Begin with the record at this place of the log.",
)  # fmt: skip
@click.option("-n", "count", metavar="N", type=click.IntRange(min=1), help="End after N lines.")
@arguments.format_option
def dump(folder: str, form: str, **options: Any) -> int:
    """Print what is in the store in DIR, one thing a line; the store is only read, and must not be in use.

    A record's line is position, size, topic:queue, offset, store time, tag, keys and body, with tabs between
    them; - stands for none. Records that cannot be read are told on standard error, and passed over.
    """
    from rmqtw.cli.storedump import dump_lines

    damaged: list[str] = []
    lines = dump_lines(_read_only(folder), form, damaged.append, **options)
    while (line := _tried(lambda: next(lines, None))) is not None:
        write_line(line)
        for one in damaged:
            note(one)
        damaged.clear()
    for one in damaged:
        note(one)
    return OK


@click.command(context_settings=_CONTEXT, epilog=_REPAIR_EPILOG, short_help="Mend a stopped store.")
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.option("--yes", is_flag=True, help="Do it; else it is only said what would be done.")
@arguments.format_option
def repair(folder: str, yes: bool, form: str) -> int:
    """Say what would be done to mend the store in DIR, and with --yes, do it.

    It is what a broker's start does, and more: queues are compared with all of the log, a damaged index is
    made again, a damaged document of config/ gives way to its .bak. Damaged records of the log stay as
    they are; brokers read on behind them. Keep a copy of the folder before. The exit code tells of what is
    left afterwards.
    """
    from rmqtw.cli.storetext import Bar, mended_json, mended_lines
    from rmqtw.store.checking import check_store
    from rmqtw.store.mending import mend, would_mend

    clock, wall = _clock()
    with Bar("reading") as progress:
        if yes:
            mended = _tried(lambda: mend(_writable(folder), clock, wall, progress))
            left = _tried(lambda: check_store(_read_only(folder), progress))
        else:
            mended = _tried(lambda: would_mend(_read_only(folder), clock, wall, progress))
            left = mended.before
    for line in [mended_json(mended, left, yes)] if form == "json" else mended_lines(mended, left, yes):
        write_line(line)
    return OK if left.sound else FOUND


def _read_only(folder: str) -> Any:
    from rmqtw.store.files import RealFiles

    return RealFiles(folder, read_only=True)


def _writable(folder: str) -> Any:
    from rmqtw.store.files import RealFiles

    return RealFiles(folder)


def _clock() -> tuple[Any, Any]:
    """A clock that stands still, since nothing here happens by time; the wall clock."""
    from twisted.internet.task import Clock

    from rmqtw.tap.surroundings import wall

    return Clock(), wall


def _tried(work: Any) -> Any:
    from rmqtw.store.errors import StoreError

    try:
        return work()
    except StoreError as problem:
        raise Problem(str(problem), UNUSABLE) from problem
    except OSError as problem:
        named = f"{problem.filename}: " if problem.filename else ""
        raise Problem(f"{named}{problem.strerror}; check the disk and permissions", UNUSABLE) from problem


@click.group(
    context_settings=_CONTEXT, invoke_without_command=True, short_help="Data folders: check, dump, repair."
)
@click.pass_context
def store(context: click.Context) -> None:
    """Check, print and mend stores that no broker works on."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for _command in (check, dump, repair):
    store.add_command(_command)
