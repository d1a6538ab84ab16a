"""The Java client 5.3.3, with JSON and with ROCKETMQ headers."""

from __future__ import annotations

import pytest

from tests.interop import plans, remoting, scenarios
from tests.interop.clients import StartDriver
from tests.interop.targets import Cluster

pytestmark = pytest.mark.timeout(400)

JAVA = (("java-5.3.3", "JSON"), ("java-5.3.3-binary", "ROCKETMQ"))


@pytest.mark.parametrize(("client", "headers"), JAVA)
def test_group_on_a_new_topic(
    client: str, headers: str, cluster: Cluster, start_driver: StartDriver, name: str
) -> None:
    """A Java program sends 10,000 messages to a new topic; its consumers get what they filter for."""
    with remoting.Connection(cluster.namesrv) as namesrv:
        assert not remoting.has_route(namesrv, name)
    driver = start_driver(client)
    assert driver.having("ready", headers=headers)
    messages = plans.plan(name, 10_000)
    course = scenarios.share_a_group(driver, name, messages, rate=700)
    scenarios.check(driver, name, messages, course)
