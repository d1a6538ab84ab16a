"""The real command, against real servers in a process of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(sys.executable).parent
ADDRESS = re.compile(r"^\s+(?:nameserver|broker)\s+(\S+:\d+)$", re.MULTILINE)
LAST = re.compile(r"rmqtw tail ")


class Servers:
    """`twistd rmq` in a folder; `namesrv` and `broker` are its addresses."""

    def __init__(self, folder, *options):
        self._options = ("--store-path-root-dir", str(folder / "data"), *options)
        self._folder = folder
        self.data = folder / "data"
        self._ports = ("--namesrv-listen-port", "0", "--listen-port", "0")
        self.start()

    def start(self):
        """Start; the second time on the ports of the first."""
        command = [SCRIPTS / "twistd", "-n", "--pidfile=", "rmq", *self._options, *self._ports]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        log = []
        for line in self._process.stdout:
            log.append(line)
            if LAST.search(line):
                break
        else:
            pytest.fail("the servers did not start:\n" + "".join(log))
        self.namesrv, self.broker = ADDRESS.findall("".join(log))
        self._ports = (
            "--namesrv-listen-port", self.namesrv.rpartition(":")[2],
            "--listen-port", self.broker.rpartition(":")[2],
        )  # fmt: skip

    def stop(self):
        """End them as an operator does."""
        self._process.terminate()
        self._process.communicate(timeout=30)


@attrs.frozen
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self):
        """What it printed, by line."""
        return self.out.splitlines()


def environment(namesrv):
    """The environment of a user who has named a nameserver, or none."""
    inherited = {name: value for name, value in os.environ.items() if name != "NAMESRV_ADDR"}
    return {**inherited, "PYTHONPATH": str(ROOT), **({"NAMESRV_ADDR": namesrv} if namesrv else {})}


@pytest.fixture(scope="session")
def servers(tmp_path_factory):
    """A nameserver and a broker for all tests that leave them running; topics tell the tests apart."""
    servers = Servers(tmp_path_factory.mktemp("servers"))
    yield servers
    servers.stop()


@pytest.fixture
def rmqtw(servers):
    """Run `rmqtw` with arguments and bytes on its standard input; how it ended."""

    def run(*arguments, stdin=b"", namesrv=servers.namesrv):
        done = subprocess.run(
            [SCRIPTS / "rmqtw", *arguments], input=stdin, env=environment(namesrv),
            capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def start(servers):
    """Start `rmqtw` and leave it running; ended after the test."""
    started = []

    def begin(*arguments, namesrv=servers.namesrv, **options):
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        started.append(
            subprocess.Popen([SCRIPTS / "rmqtw", *arguments], env=environment(namesrv), text=True, **options)
        )
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()
