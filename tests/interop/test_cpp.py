"""The C++ client of 2019, as the PyPI wheel carries it."""

from __future__ import annotations

import pytest

from tests.interop import plans, remoting, scenarios
from tests.interop.conftest import StartDriver
from tests.interop.targets import Cluster

pytestmark = pytest.mark.timeout(400)

BLOCK = ("sync",) * 14 + ("async",) * 8 + ("oneway",) * 6 + ("orderly",) * 4 + ("batch",) * 8


def test_group_on_an_existing_topic(cluster: Cluster, start_driver: StartDriver, name: str) -> None:
    """A C++ program sends 10,000 messages to a topic made by an administrator; its consumers get what they filter for."""
    with cluster.connect() as broker:
        remoting.create_topic(broker, name, queues=8)
    driver = start_driver("cpp")
    messages = plans.plan(name, 10_000, BLOCK)
    course = scenarios.share_a_group(driver, name, messages, rate=700)
    scenarios.check(driver, name, messages, course)
