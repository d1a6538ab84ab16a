"""A cluster in memory and a client of it."""

from __future__ import annotations

import pytest

from rmqtw.testing.clock import ManualTime
from tests.client.cluster import Cluster


@pytest.fixture
def cluster():
    """A cluster in memory; when the client is closed nothing of it may be left."""
    time = ManualTime()
    cluster = Cluster(time)
    yield cluster
    closed = cluster.client.close()
    time.settle()
    time.advance(10, steps=2)
    assert closed.called
    assert time.clock.getDelayedCalls() == []
