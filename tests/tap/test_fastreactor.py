import subprocess
import sys

import pytest

FAST, STOCK = "on FastEPollReactor", "on EPollReactor"


@pytest.mark.parametrize(("command", "expected"), [
    (["twistd", "-n", "probe"], FAST),
    (["twist", "probe"], FAST),
    (["twistd", "-n", "--reactor", "epoll", "probe"], STOCK),
    (["twist", "--reactor", "epoll", "probe"], STOCK),
    (["twistd", "-n", "--reactor", "rmqtw", "probe"], FAST),
    (["twist", "--reactor", "rmqtw", "probe"], FAST),
], ids=" ".join)
def test_services_get_the_fast_reactor_unless_told_otherwise(run_probe, command, expected):
    """A plain `twistd rmq-broker` is as fast as it can be; `--reactor` is obeyed without a word."""
    done = run_probe(*command)
    assert done.returncode == 0, done.stderr
    assert expected in done.stdout
    assert "cost more CPU time" not in done.stdout


EMBEDDED = """
import sys
from twisted.internet import pollreactor
pollreactor.install()
from twisted.logger import globalLogPublisher, formatEvent
globalLogPublisher.addObserver(lambda event: print(event["log_level"].name, formatEvent(event)))
from rmqtw.tap.fastreactor import install_fast_reactor
print(install_fast_reactor(), install_fast_reactor())
print(install_fast_reactor(chosen=True))
"""


def test_another_reactor_stays_and_is_warned_of_once():
    """An application that brought its own reactor keeps it, and is told once what that costs."""
    done = subprocess.run([sys.executable, "-c", EMBEDDED], capture_output=True, text=True, check=True)
    warning = "warn PollReactor was installed before the options were read"
    assert done.stdout.splitlines() == [
        f"{warning}; sending and receiving cost more CPU time with it", "False False", "False"]


def test_importing_the_options_installs_nothing():
    """A program that only imports rmqtw still chooses its reactor itself."""
    code = "import sys, rmqtw.tap.options; print('twisted.internet.reactor' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
