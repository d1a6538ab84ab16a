"""What one client sends, another receives."""

from __future__ import annotations

import pytest

from tests.interop import plans, remoting, scenarios
from tests.interop.clients import StartDriver
from tests.interop.targets import Cluster

pytestmark = pytest.mark.timeout(400)

PAIRS = (("java-5.3.3", "cpp", plans.BLOCK), ("cpp", "java-5.3.3", plans.CPP_BLOCK))


@pytest.mark.parametrize(("sender", "receiver", "block"), PAIRS)
def test_from_one_to_another(
    sender: str, receiver: str, block: tuple[str, ...], cluster: Cluster, start_driver: StartDriver, name: str
) -> None:
    """Messages of a Java program reach a C++ program and the reverse, deflated bodies included."""
    with cluster.connect() as broker:
        remoting.create_topic(broker, name, queues=4)
    scenarios.from_one_to_another(
        start_driver(sender), start_driver(receiver), name, plans.plan(name, 1000, block)
    )
