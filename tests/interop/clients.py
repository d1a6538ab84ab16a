"""The unmodified clients, each behind a driver that obeys commands and prints one JSON object a line."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from tests.interop import plans, toolchain
from tests.interop.processes import Running, wait_until
from tests.interop.targets import Cluster

Event = dict[str, Any]
JVM = ("-Xms64m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
BINARY = "-Drocketmq.serialize.type=ROCKETMQ"


def _java(version: str, *more: str) -> Callable[[Path], list[str]]:
    def command(directory: Path) -> list[str]:
        options = [*JVM, f"-Duser.home={directory}", *more]
        return [*toolchain.java(f"client-{version}", "client", options), "Driver"]

    return command


def _cpp(directory: Path) -> list[str]:
    return [str(toolchain.cpp_python()), str(toolchain.HERE / "cpp_driver.py"), str(directory)]


CLIENTS: dict[str, Callable[[Path], list[str]]] = {
    "java-5.3.3": _java("5.3.3"),
    "java-5.3.3-binary": _java("5.3.3", BINARY),
    "cpp": _cpp,
}


class Driver:
    """A client process; collects what its clients report, in the order they reported it."""

    def __init__(self, client: str, cluster: Cluster, directory: Path) -> None:
        self.client, self.cluster, self.directory = client, cluster, directory
        self.events: list[Event] = []
        argv = CLIENTS[client](directory)
        self._running = Running(argv, directory / "driver.log", {"HOME": str(directory)}, pipes=True)
        self._collector = threading.Thread(target=self._collect, daemon=True)
        self._collector.start()
        self.wait("ready", lambda: bool(self.having("ready")), 60)

    def having(self, event: str, **values: object) -> list[Event]:
        """The reports of a kind whose fields have these values."""
        return [e for e in self.events.copy() if e["event"] == event and values.items() <= e.items()]

    def wait(self, what: str, ready: Callable[[], bool], seconds: float) -> None:
        """Wait until the reports say so."""
        wait_until(f"{self.client}: {what}", ready, seconds, self._running)

    def send(self, topic: str, messages: list[plans.Planned], rate: float) -> None:
        """Start sending a plan, `rate` messages a second at most; returns when the first is answered."""
        path = plans.write(messages, self.directory / f"{topic}.plan")
        self._tell("send", topic=topic, group=f"P_{topic}", plan=path, rate=rate)
        self.wait("first answer", lambda: bool(self.having("sent") or self.having("failed")), 30)

    def consume(self, name: str, topic: str, group: str, expression: str = plans.FILTER) -> Event:
        """Start a push consumer; returns its report once it runs."""
        self._tell("consume", name=name, topic=topic, group=group, expression=expression)
        self.wait(f"{name} to start", lambda: bool(self.having("consuming", name=name)), 60)
        return self.having("consuming", name=name)[0]

    def stop(self, name: str) -> Event:
        """Shut a push consumer down as a program would; returns its report."""
        self._tell("stop", name=name)
        self.wait(f"{name} to stop", lambda: bool(self.having("stopped", name=name)), 60)
        return self.having("stopped", name=name)[0]

    def close(self) -> None:
        """End of commands: the driver stops what still runs and ends."""
        process = self._running.process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._collector.join()
        process.stdout.close()

    def _tell(self, command: str, **options: object) -> None:
        words = [command, f"namesrv={self.cluster.namesrv}", *(f"{k}={v}" for k, v in options.items())]
        stdin = self._running.process.stdin
        assert stdin is not None
        stdin.write(("\t".join(words) + "\n").encode())
        stdin.flush()

    def _collect(self) -> None:
        output = self._running.process.stdout
        assert output is not None
        with (self.directory / "driver.out").open("w", encoding="utf-8") as copy:
            for line in output:
                self._report(line.decode(errors="replace"), copy)

    def _report(self, line: str, copy: TextIO) -> None:
        copy.write(line)
        if line.startswith("{"):
            self.events.append(json.loads(line))


StartDriver = Callable[[str], Driver]


def skipped() -> set[str]:
    """Clients that RMQTW_INTEROP_SKIP (comma-separated names or beginnings, such as `java`) leaves out."""
    words = [word for word in os.environ.get("RMQTW_INTEROP_SKIP", "").split(",") if word]
    return {client for client in CLIENTS if client.startswith(tuple(words))} if words else set()
