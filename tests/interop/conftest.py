"""Fixtures: one cluster for all runs, and drivers of real clients."""

from __future__ import annotations

import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop import targets
from tests.interop.clients import Driver, StartDriver, skipped
from tests.interop.targets import Cluster

# twistd ends itself by the signal that stopped it, after an orderly shutdown; a JVM says 128 + 15.
CLEAN_EXITS = (0, -signal.SIGTERM, 128 + signal.SIGTERM)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A nameserver and a broker; at the end they still run, stop cleanly and have logged no traceback."""
    running = targets.start(tmp_path_factory.mktemp("cluster"))
    yield running
    alive = running.process.process.poll() is None
    code = running.process.stop()
    assert alive, f"the servers ended during the runs{running.process.tail()}"
    assert "Traceback" not in running.log(), running.process.tail(60)
    assert code in CLEAN_EXITS, f"exit code {code} on SIGTERM{running.process.tail()}"
    assert not list(running.directory.rglob("abort")), "an abort marker was left, as after a crash"


@pytest.fixture
def start_driver(cluster: Cluster, tmp_path: Path) -> Iterator[StartDriver]:
    """A function that starts a client's driver by the client's name; skips when the environment says so."""
    started: list[Driver] = []

    def start(client: str) -> Driver:
        if client in skipped():
            pytest.skip(f"RMQTW_INTEROP_SKIP leaves {client} out")
        directory = tmp_path / f"{client}-{len(started)}"
        directory.mkdir()
        started.append(Driver(client, cluster, directory))
        return started[-1]

    yield start
    for driver in started:
        driver.close()


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A topic and group name that nobody used before."""
    return f"{request.node.originalname}-{uuid.uuid4().hex[:8]}"
