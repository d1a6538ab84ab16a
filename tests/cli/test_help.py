"""Help that is quick, and says what there is."""

from __future__ import annotations

import subprocess
import sys

import pytest

from rmqtw import __version__
from tests.cli.conftest import ROOT, SCRIPTS


def run(*arguments):
    """Run `rmqtw`."""
    return subprocess.run(
        [SCRIPTS / "rmqtw", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ((), ("Examples:", "rmqtw tail", "Exit codes:", "send", "tail", "msg")),
        (("--help",), ("Examples:", "rmqtw send", "Exit codes:")),
        (("msg",), ("send", "tail")),
        (("send", "-h"), ("--tag", "--key", "--property", "NAMESRV_ADDR", "127.0.0.1:9876", "Examples:")),
        (("msg", "tail", "--help"), ("--from", "first", "-n N", "Examples:")),
    ],
)
def test_help_shows_what_there_is(arguments, shown):
    """A user would have to guess."""
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert [text for text in shown if text not in done.stdout] == []


def test_the_version_is_the_packages():
    """A bug report would name the wrong version."""
    assert run("--version").stdout == f"rmqtw {__version__}\n"


def test_help_imports_nothing_that_is_slow():
    """`rmqtw --help` would take longer than a user waits."""
    check = (
        "import sys; from rmqtw.cli.main import main; main(['--help'], standalone_mode=False);"
        "print({'twisted', 'sqlglot', 'rich', 'asyncio', 'msgspec'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines()[-1] == "set()"
