import io
import json
import time

import pytest
from twisted.logger import Logger, LogLevel, LogPublisher
from twisted.python.failure import Failure

from rmqtw.tap.logs import FORMATS, file_observer, json_line, text_line


@pytest.fixture
def written():
    """Log one event through a real observer; the lines written."""

    def log(line_format, level, log_format, /, **fields):
        file = io.StringIO()
        publisher = LogPublisher(file_observer(file, line_format))
        Logger(namespace="rmqtw.test", observer=publisher).emit(level, log_format, **fields)
        return file.getvalue()

    return log


def test_a_line_is_one_flat_object(written):
    """A log collector reads every line alone: time, level, where from, text, and the event's fields."""
    line = written("json", LogLevel.warn, "broker {broker} is slow:\n{millis} ms", broker="b-ü", millis=7,
                   ratio=0.5, ok=True, nothing=None, nested={"a": 1})
    assert line.endswith("\n")
    assert line.count("\n") == 1
    found = json.loads(line)
    assert found.pop("time").endswith("Z")
    assert found == {"level": "warn", "namespace": "rmqtw.test", "text": "broker b-ü is slow:\n7 ms",
                     "broker": "b-ü", "millis": 7, "ratio": 0.5, "ok": True}


def test_time_is_utc_with_milliseconds():
    """Lines of machines in different time zones sort together."""
    assert json.loads(json_line({"log_time": 1.5}))["time"] == "1970-01-01T00:00:01.500Z"


def test_a_failure_comes_with_type_text_and_traceback():
    """What went wrong, and where, is in the one line that reports it."""
    try:
        raise LookupError("no such queue")
    except LookupError:
        event = {"log_failure": Failure(), "log_format": "reading", "log_level": LogLevel.critical}
    found = json.loads(json_line(event))
    assert (found["error_type"], found["error"]) == ("builtins.LookupError", "no such queue")
    assert "test_logs.py" in found["traceback"]
    assert "no such queue" in text_line(event)


@pytest.mark.parametrize("line_format", FORMATS)
@pytest.mark.parametrize("name", ["secret_key", "password", "accessToken", "signature"])
def test_secrets_do_not_reach_the_log(written, line_format, name):
    """A field that is called a secret is never written, not even inside the text."""
    line = written(line_format, LogLevel.info, "with {" + name + "}", **{name: "s3cret"})
    assert "s3cret" not in line
    assert "(hidden)" in line


@pytest.mark.parametrize("line_format", FORMATS)
@pytest.mark.parametrize("body", [kind(b"customer data") for kind in (bytes, bytearray, memoryview)])
def test_bytes_are_shown_by_their_length(written, line_format, body):
    """Message bodies stay out of the log."""
    line = written(line_format, LogLevel.info, "got {body}", body=body)
    assert "<13 bytes>" in line
    assert "customer" not in line


def test_awkward_values_still_make_json(written):
    """Half a surrogate pair, an infinite number or a field called `text` loses no line."""
    line = written("json", LogLevel.info, "odd {name}", name="\udcff", load=float("inf"), text="mine")
    found = json.loads(line.encode("utf-8"))
    assert (found["load"], found["text_"]) == ("inf", "mine")
    assert found["text"].startswith("odd ")


@pytest.mark.parametrize("line_format", FORMATS)
def test_events_of_the_older_interface_are_written(line_format):
    """Lines of libraries that use `twisted.python.log` are not lost."""
    from twisted.python import log

    file = io.StringIO()
    observer = file_observer(file, line_format)
    seen = []
    publisher = log.LogPublisher(publishPublisher=LogPublisher(seen.append, observer))
    publisher.msg("old", "style", size=3)
    assert "old style" in file.getvalue()
    if line_format == "json":
        found = json.loads(file.getvalue())
        assert set(found) == {"time", "level", "namespace", "text", "size"}
        assert found["namespace"] == "-"


def objects(text):
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("command", ["twistd -n", "twist", "twist --log-format=text"])
def test_json_under_both_runners(run_probe, command):
    """`--log-format json` after the service's name works with `twistd` and with `twist`."""
    done = run_probe(*command.split(), "probe", "--log-format", "json")
    found = {line["text"]: line for line in objects(done.stdout)}
    assert found["on FastEPollReactor"]["body"] == "<5 bytes>"
    assert "s3cret" not in done.stdout
    assert found["went wrong"]["error_type"] == "builtins.KeyError"
    assert "a detail" not in found


@pytest.mark.parametrize("command", [["twistd", "-n"], ["twist"]], ids=" ".join)
def test_the_level_decides_what_is_written(run_probe, command):
    """`--log-level` shows more, or less, under both runners."""
    assert "a detail" in run_probe(*command, "probe", "--log-level", "debug").stdout
    quiet = run_probe(*command, "probe", "--log-level", "error").stdout
    assert "went wrong" in quiet
    assert "on FastEPollReactor" not in quiet


def test_a_daemon_writes_json_to_its_log_file(run_probe, tmp_path):
    """`twistd` in the background writes the same lines to --logfile."""
    done = run_probe("twistd", "--logfile", "service.log", "probe", "--log-format", "json")
    assert done.returncode == 0, done.stderr
    log = tmp_path / "service.log"
    deadline = time.monotonic() + 20
    while "Server Shut Down" not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert {"on FastEPollReactor", "Server Shut Down."} <= {line["text"] for line in objects(log.read_text())}


def test_an_unwritable_log_file_is_one_clear_line(run_probe):
    """A daemon that cannot log says so and ends with an error, without a traceback."""
    done = run_probe("twistd", "-n", "--logfile", "/nowhere/x.log", "probe")
    assert done.returncode == 1
    assert done.stderr == (
        "cannot write the log to /nowhere/x.log: No such file or directory; use --logfile FILE\n")


@pytest.mark.parametrize("elsewhere", ["--syslog", "--logger twisted.logger.globalLogPublisher"])
def test_a_log_that_goes_elsewhere_takes_no_format(run_probe, elsewhere):
    """`--log-format` is refused, not ignored, where it could have no effect."""
    done = run_probe("twistd", "-n", *elsewhere.split(), "probe", "--log-format", "json")
    assert done.returncode == 1
    assert f"--log-format does not go with twistd's {elsewhere.split()[0]}" in done.stderr
