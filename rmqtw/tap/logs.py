"""The log of a service: flat JSON lines, or Twisted's text lines.

Works for `twistd` (in the foreground and daemonised, `--logfile` and its rotation on SIGUSR1
included) and for `twist`. Bytes are shown by their length, and a field whose name says that it is
secret is not shown at all.
"""

from __future__ import annotations

import json
import math
import re
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import IO, Any

import attrs
from twisted.logger import (
    FileLogObserver,
    FilteringLogObserver,
    ILogObserver,
    LogEvent,
    LogLevel,
    LogLevelFilterPredicate,
    formatEvent,
    formatEventAsClassicLogText,
)
from twisted.python.logfile import LogFile
from twisted.python.usage import Options, UsageError

FORMATS = ("text", "json")
LEVELS = tuple(level.name for level in LogLevel.iterconstants())
_HIDDEN = "(hidden)"
_SECRET_NAMES = ("secret", "password", "passphrase", "token", "signature", "credential", "private_key")
# Fields that the logging system itself puts into events of its older interface.
_PLUMBING = frozenset(("message", "time", "isError", "system", "format", "why", "failure"))
_OWN_KEYS = frozenset(("time", "level", "namespace", "text", "error_type", "error", "traceback"))


def json_line(event: LogEvent) -> str:
    """One event as one JSON object on one line.

    Keys: `time` (ISO 8601, UTC), `level`, `namespace`, `text`, for a failure `error_type`, `error`
    and `traceback`, and every scalar field of the event (a field called like one of these gets a
    trailing underscore).
    """
    event = presentable(event)
    level = event.get("log_level")
    flat: dict[str, Any] = {
        "time": _iso_time(event.get("log_time", 0.0)),
        "level": level.name if level else "info",
        "namespace": _namespace(event),
        "text": formatEvent(event),
    }
    flat.update(_failure_fields(event.get("log_failure")))
    flat.update(_scalars(event))
    line = json.dumps(flat, ensure_ascii=False)
    return line.encode("utf-8", "backslashreplace").decode("utf-8") + "\n"


def text_line(event: LogEvent) -> str | None:
    """One event as Twisted writes it: time, namespace and level, text, traceback indented."""
    return formatEventAsClassicLogText(presentable(event))


def presentable(event: LogEvent) -> LogEvent:
    """The event with bytes as their length and secrets hidden, fit for any log."""
    return {key: _shown(key, value) for key, value in event.items()}


def _shown(key: str, value: Any) -> Any:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"<{len(value)} bytes>"
    if not key.startswith("log_") and any(name in key.lower() for name in _SECRET_NAMES):
        return _HIDDEN
    return value


def _namespace(event: LogEvent) -> str:
    """Where the event comes from; events of the older interface have a system instead."""
    namespace: str = event.get("log_namespace", "")
    return str(event.get("system", "-")) if namespace == "log_legacy" else namespace


def _iso_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _failure_fields(failure: Any) -> dict[str, str]:
    if failure is None:
        return {}
    return {"error_type": f"{failure.type.__module__}.{failure.type.__qualname__}",
            "error": failure.getErrorMessage(), "traceback": failure.getTraceback()}


def _scalars(event: LogEvent) -> dict[str, Any]:
    """Fields that fit into flat JSON, None left out."""
    return {key + "_" if key in _OWN_KEYS else key: _number(value) for key, value in event.items()
            if isinstance(value, (str, int, float)) and not key.startswith("log_") and key not in _PLUMBING}


def _number(value: str | float) -> str | float:
    """JSON knows no NaN and no infinity."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


_LINES: dict[str, Callable[[LogEvent], str | None]] = {"text": text_line, "json": json_line}
# Twisted says of every listening socket that it opens and closes; the services say where they listen.
_NOISE = re.compile(r"RemotingFactory starting on \d+|\(TCP Port \d+ Closed\)")


def file_observer(file: IO[Any], line_format: str) -> FileLogObserver:
    """Writes events to an open file in one of `FORMATS`."""
    write = _LINES[line_format]
    return FileLogObserver(file, lambda event: None if _is_noise(event) else write(event))


def _is_noise(event: LogEvent) -> bool:
    return event.get("log_namespace") == "log_legacy" and _NOISE.fullmatch(formatEvent(event)) is not None


@attrs.define
class _TwistdLog:
    """What `twistd` was told about the log; read by `twistd_observer`."""

    line_format: str = "text"
    level: str = "info"
    logfile: str = ""
    foreground: bool = True
    in_use: bool = False


# `twistd` makes its observer from a name, without arguments, so what was chosen waits here.
_twistd = _TwistdLog()


def use_logs(runner: Options, line_format: str | None, level: str) -> None:
    """Have `twistd` or `twist` (`runner`: its own options) log in a format, from a level up.

    `line_format` None: text, or what `twist` chose for its log file. A log that the user sends
    elsewhere (`twistd --logger` or `--syslog`) is left alone; UsageError when a format was asked for.
    """
    if "fileLogObserverFactory" in runner:
        chosen = line_format or runner.get("logFormat", "text")
        runner["fileLogObserverFactory"] = lambda file: file_observer(file, chosen)
        runner["logLevel"] = LogLevel.levelWithName(level)
    elif "logger" in runner:
        _use_in_twistd(runner, line_format, level)


def _use_in_twistd(runner: Options, line_format: str | None, level: str) -> None:
    elsewhere = next((name for name in ("logger", "syslog") if runner.get(name)), None)
    if elsewhere is None:
        _twistd.line_format, _twistd.level = line_format or "text", level
        _twistd.logfile = runner.get("logfile") or ""
        _twistd.foreground = bool(runner.get("nodaemon") or runner.get("debug"))
        _twistd.in_use = True
        runner["logger"] = "rmqtw.tap.logs.twistd_observer"
    elif line_format is not None:
        raise UsageError(f"--log-format does not go with twistd's --{elsewhere}; leave one out")


def twistd_observer() -> ILogObserver:
    """The observer `twistd` starts with: stdout in the foreground, else the log file."""
    observer = file_observer(_twistd_file(), _twistd.line_format)
    threshold = LogLevelFilterPredicate(defaultLogLevel=LogLevel.levelWithName(_twistd.level))
    return FilteringLogObserver(observer, [threshold])


def is_on_stdout() -> bool:
    """Whether this is a `twistd` in the foreground whose log is seen by whoever started it."""
    return _twistd.in_use and _writes_to_stdout()


def _writes_to_stdout() -> bool:
    return _twistd.foreground and _twistd.logfile in ("", "-")


def _twistd_file() -> IO[Any]:
    if _writes_to_stdout():
        return sys.stdout
    if _twistd.logfile == "-":
        raise SystemExit("a daemon cannot log to stdout; use --nodaemon, or --logfile FILE")
    path = _twistd.logfile or "twistd.log"
    try:
        file: IO[Any] = LogFile.fromFullPath(path)
    except OSError as error:
        raise SystemExit(f"cannot write the log to {path}: {error.strerror}; use --logfile FILE") from None
    _rotate_on_signal(file)
    return file


def _rotate_on_signal(file: Any) -> None:
    """SIGUSR1 starts a new log file, as `twistd` does for its own."""
    if not signal.getsignal(signal.SIGUSR1):
        def rotate(_signal: int, _frame: object) -> None:
            from twisted.internet import reactor

            reactor.callFromThread(file.rotate)  # type: ignore[attr-defined]

        signal.signal(signal.SIGUSR1, rotate)
