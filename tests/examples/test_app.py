"""The example of embedding runs as it stands."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.tap.processes import SCRIPTS, environment, finished, is_listening

ROOT = Path(__file__).parents[2]
PORTS = (9876, 10911, 10921)


@pytest.fixture
def offset():
    """A port offset at which all ports of the example are free."""
    return next(step for step in range(20000 + os.getpid() % 10000, 55000, 50)
                if not any(is_listening(port + step) for port in PORTS))


@pytest.fixture
def start(tmp_path, offset):
    """Start the example in a folder of its own."""
    started = []

    def start():
        shutil.copy(ROOT / "examples" / "app.tac", tmp_path)
        process = subprocess.Popen(
            [SCRIPTS / "twistd", "--pidfile=", "-ny", "app.tac"], cwd=tmp_path, text=True,
            env={**environment(), "PORT_OFFSET": str(offset)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_the_example_of_embedding_works(start, offset, tmp_path):
    """Somebody who copies the example gets a nameserver, brokers that it knows, and the fast reactor."""
    program = start()
    deadline = time.monotonic() + 30
    while not all(is_listening(port + offset) for port in PORTS) and time.monotonic() < deadline:
        time.sleep(0.05)
    namesrv = ("--namesrv", f"127.0.0.1:{9876 + offset}")
    for number in range(8):
        assert finished(tmp_path, "rmqtw", "send", "Both", f"m{number}", *namesrv).returncode == 0
    read = finished(tmp_path, "rmqtw", "tail", "Both", "--from", "first", "-n", "8", *namesrv)
    assert all(f"m{number}" in read.stdout for number in range(8))
    program.send_signal(signal.SIGTERM)
    output, errors = program.communicate(timeout=30)
    assert program.returncode == -signal.SIGTERM
    assert "FastEPollReactor" in output
    assert "Traceback" not in output + errors
    for name in ("broker-a", "broker-b"):
        assert (tmp_path / "data" / name / "config" / "topics.json").exists()
        assert not (tmp_path / "data" / name / "abort").exists()


def test_the_example_tells_a_taken_port_in_one_line(start, offset):
    """An embedding program that cannot start does not bury the cause in a traceback."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 10921 + offset))
        other.listen()
        _, errors = start().communicate(timeout=30)
    assert errors.startswith(f"rmqtw cannot start: broker: 127.0.0.1:{10921 + offset} is taken")
    assert errors.count("\n") == 1
