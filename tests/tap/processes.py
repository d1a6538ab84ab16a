"""Services in processes of their own, as a person starts them."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(sys.executable).parent
FREE = ("--namesrv-listen-port", "0", "--listen-port", "0")
RUNNERS = (("twistd", "-n"), ("twist",))


def environment():
    """The environment without what would lead a service elsewhere."""
    kept = {name: value for name, value in os.environ.items() if name not in ("NAMESRV_ADDR", "COLUMNS")}
    return {**kept, "PYTHONPATH": str(ROOT)}


def finished(folder, *command):
    """A command that ends by itself."""
    return subprocess.run([SCRIPTS / command[0], *command[1:]], cwd=folder, env=environment(),
                          capture_output=True, text=True, timeout=60, check=False)


class Service:
    """A started service; its output is in `<folder>/out`."""

    def __init__(self, folder, *command):
        self.output = Path(folder) / "out"
        with self.output.open("w") as out:
            self.process = subprocess.Popen([SCRIPTS / command[0], *command[1:]], cwd=folder,
                                            env=environment(), stdout=out, stderr=subprocess.STDOUT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def text(self):
        """What it has said."""
        return self.output.read_text()

    def wait_for(self, pattern):
        """Wait until it says something; the match."""
        deadline = time.monotonic() + 30
        while not (found := re.search(pattern, self.text())):
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.02)
        return found

    def stop(self, number=signal.SIGTERM):
        """Signal it and wait; the exit status."""
        self.process.send_signal(number)
        return self.process.wait(30)


def is_listening(port):
    """Whether anybody takes connections on this port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def listed(folder):
    """Every path below a folder, and the bytes of files."""
    return {path: path.read_bytes() if path.is_file() else None for path in sorted(Path(folder).rglob("*"))}
