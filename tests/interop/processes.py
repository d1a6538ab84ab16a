"""Start processes on loopback, wait for what they promise, stop them, keep what they printed."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

HOST = "127.0.0.1"


class ProcessDied(Exception):
    """A process ended that should run; the text holds the end of its log."""


def wait_until(what: str, ready: Callable[[], bool], seconds: float, process: Running | None = None) -> None:
    """Poll until ready; raises TimeoutError naming `what`, or ProcessDied when the process ended."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process is not None:
            process.check()
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s for {what}" + (process.tail() if process else ""))
        time.sleep(0.05)


def free_base(offsets: Iterable[int], low: int = 20000, high: int = 30000) -> int:
    """A port that can be bound on loopback, and it plus every offset; below the kernel's own range."""
    wanted = list(offsets)
    for _ in range(200):
        base = random.randrange(low, high)
        if all(_is_free(base + offset) for offset in wanted):
            return base
    raise OSError(f"no free ports found between {low} and {high}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """What is started inside runs on one core, all its threads included (None: wherever it likes)."""
    before = os.sched_getaffinity(0)
    if core is not None:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Running:
    """One child process; its standard output and error go to a file."""

    def __init__(
        self,
        argv: Sequence[str],
        log: Path,
        env: dict[str, str] | None = None,
        core: int | None = None,
        pipes: bool = False,
    ) -> None:
        self.log = log
        with log.open("ab") as output, pinned(core):
            self.process = subprocess.Popen(
                list(argv),
                env={**os.environ, **(env or {})},
                start_new_session=True,
                stdin=subprocess.PIPE if pipes else subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipes else output,
                stderr=output,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self.process.pid

    def check(self) -> None:
        """Raise ProcessDied unless the process runs."""
        if self.process.poll() is not None:
            raise ProcessDied(f"exit code {self.process.returncode}{self.tail()}")

    def tail(self, lines: int = 25) -> str:
        """The end of what it printed."""
        text = self.log.read_text(errors="replace").splitlines()[-lines:]
        return f"\n--- {self.log}\n" + "\n".join(text)

    def stop(self, seconds: float = 20.0) -> int:
        """SIGTERM, wait, SIGKILL if it must be; the exit code (negative: the signal that ended it)."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
