"""The C++ client of 2019, as the PyPI wheel carries it."""

from __future__ import annotations

import pytest

from tests.interop import plans, remoting, scenarios
from tests.interop.clients import StartDriver
from tests.interop.targets import Cluster

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def topic(cluster: Cluster, name: str) -> str:
    """A topic of eight queues, made as an administrator makes it."""
    with cluster.connect() as broker:
        remoting.create_topic(broker, name, queues=8)
    return name


def test_group_on_an_existing_topic(start_driver: StartDriver, topic: str) -> None:
    """A C++ program sends 10,000 messages to an existing topic; its consumers get what they filter for."""
    driver = start_driver("cpp")
    messages = plans.plan(topic, 10_000, plans.CPP_BLOCK)
    course = scenarios.share_a_group(driver, topic, messages, rate=700)
    scenarios.check(driver, topic, messages, course)


def test_batches(cluster: Cluster, start_driver: StartDriver, topic: str) -> None:
    """Batches of the C++ client, which it sends under code 10 with `batch:"1"`, arrive message by message."""
    if cluster.target == "java":
        pytest.skip("Apache's broker takes such a batch for one message without a tag")
    driver = start_driver("cpp")
    messages = plans.plan(topic, 800, ("sync",) * 4 + ("batch",) * 16)
    scenarios.from_one_to_another(driver, driver, topic, messages)


def test_new_topic(start_driver: StartDriver, name: str) -> None:
    """A C++ program may send to a topic that nobody created, and another receives it."""
    driver = start_driver("cpp")
    scenarios.from_one_to_another(driver, driver, name, plans.plan(name, 400, ("sync",)))
