"""What `rmqtw store` says: progress, reports, and what was mended."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import attrs

from rmqtw.cli.output import printable

if TYPE_CHECKING:
    from rmqtw.store.findings import Finding, Report
    from rmqtw.store.mending import Mended

_LATER = "the next start mends it"


class Bar:
    """A progress bar on standard error, if that is a terminal; call it with what is done and all there is."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress

            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task(self._what, total=None)
            self._bar.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, done: int, total: int) -> None:
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total)


def report_lines(report: Report) -> list[str]:
    """A report for people: a table, then the findings, one a line."""
    lines = [f"{name:<12}{value}" for name, value in _summary(report)]
    lines += [finding_line(one) for one in report.findings]
    untold = report.counts.total() - len(report.findings)
    if untold:
        lines.append(f"and {untold} more")
    return lines


def _summary(report: Report) -> list[tuple[str, str]]:
    files = f"{report.log_files} files, {report.log_start} to {report.log_end}"
    return [
        ("store", printable(report.root)),
        ("stopped", "cleanly" if report.clean else f"by a kill, or still open; {_LATER}"),
        ("log", f"{files}, {report.records} records{_between(report)}{_told(report, 'log')}"),
        ("queues", f"{report.queues}, {report.units} units{_told(report, 'queues')}"),
        ("index", f"{report.index_files} files, {report.index_entries} entries{_told(report, 'index')}"),
        ("checkpoint", _told(report, "checkpoint").removeprefix(": ") or "sound"),
        ("config", f"{report.documents} documents{_told(report, 'config')}"),
        ("result", "sound" if report.sound else f"{report.damage.total()} findings"),
    ]


def _between(report: Report) -> str:
    if not report.records:
        return ""
    return f", stored {time_text(report.first_time)} to {time_text(report.last_time)}"


def _told(report: Report, kind: str) -> str:
    count = report.counts[kind]
    return f": {count} findings" if count else ""


def finding_line(one: Finding) -> str:
    """A finding for people."""
    return printable(f"{one.kind}: {one.where}: {one.what}{f' ({_LATER})' if one.mends else ''}")


def time_text(milliseconds: int) -> str:
    """A time in UTC, as ISO 8601; the number when it is no time."""
    try:
        moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return str(milliseconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def report_json(report: Report) -> str:
    """A report as one JSON object."""
    return _json(_report(report))


def _report(report: Report) -> dict[str, Any]:
    return {
        "store": report.root,
        "sound": report.sound,
        "stoppedCleanly": report.clean,
        "log": {
            "files": report.log_files, "start": report.log_start, "end": report.log_end,
            "records": report.records, "firstStoreTime": report.first_time, "lastStoreTime": report.last_time,
        },
        "queues": {"count": report.queues, "units": report.units},
        "index": {"files": report.index_files, "entries": report.index_entries},
        "documents": report.documents,
        "findingCounts": dict(report.counts),
        "findings": [attrs.asdict(one) for one in report.findings],
    }  # fmt: skip


def mended_lines(mended: Mended, left: Report, done: bool) -> list[str]:
    """What was mended, or would be, for people."""
    steps = mended.lines()
    lines = [printable(line) for line in steps] or ["nothing has to be mended"]
    lines += [f"{change.kind} {printable(change.path)}, {change.size} bytes" for change in mended.changes]
    if done:
        lines.append("done; the store is sound" if left.sound else "done; what is left:")
        lines += [finding_line(one) for one in left.findings if not one.mends]
    elif steps:
        lines.append("nothing was changed; --yes does it")
    return lines


def mended_json(mended: Mended, left: Report, done: bool) -> str:
    """The same as one JSON object."""
    return _json({
        "done": done,
        "steps": mended.lines(),
        "files": [change._asdict() for change in mended.changes],
        "left" if done else "before": _report(left),
    })


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value).replace("\x7f", "\\u007f")
