"""What Java's clients said to Apache's servers, said to ours: the same codes, fields and bodies."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytest_twisted
from twisted.internet.task import deferLater

from rmqtw.declare.settings import BrokerSettings, NameserverSettings
from rmqtw.net.connections import Connections
from rmqtw.tap import broker, nameserver
from rmqtw.tap.surroundings import dial, wall
from rmqtw.wire import fastjson
from rmqtw.wire.commands import GET_ROUTEINFO_BY_TOPIC, UPDATE_AND_CREATE_TOPIC
from rmqtw.wire.errors import TopicNotExist
from rmqtw.wire.headers.route import GetRouteInfoRequest
from rmqtw.wire.headers.topic import CreateTopicRequest
from tests.golden.replaying import PULL, Replay, field_names, first_topics, records, shape

CLIENTS = {
    "producer-send": "client",
    "producer-unknown-topic": "client",
    "push-concurrent": "client",
    "classic-pull": "client",
    "broker-register": "broker",
}
DEVIATIONS = {
    ("producer-send", 310, "send with delay level 1 (1 s)"): (13, "delayed delivery"),
    ("producer-send", 310, "send with delay level 99 (above the highest)"): (13, "delayed delivery"),
    ("classic-pull", 36, "sendMessageBack from a pull consumer"): (3, "request type 36"),
}
"""(scenario, request code, step) -> our code and what our remark says; reasons in docs/deviations.md."""

PAGE = Path(__file__).parents[2] / "docs" / "deviations.md"


async def create_topics(topics, addresses, reactor):
    """Make topics as an administrator would, and wait until the nameserver has them."""
    connections = Connections(reactor, dial(reactor), wall=wall)
    for topic in topics:
        header = CreateTopicRequest(
            topic=topic.topic_name, default_topic="TBW102", read_queue_nums=topic.read_queue_nums,
            write_queue_nums=topic.write_queue_nums, perm=topic.perm, topic_filter_type="SINGLE_TAG",
            order=False,
        )
        await connections.call(addresses["broker"], UPDATE_AND_CREATE_TOPIC, header)
        await until_known(connections, addresses["namesrv"], topic.topic_name, reactor)
    await connections.close()


async def until_known(connections, namesrv, topic, reactor):
    """Wait until the nameserver has a route for the topic."""
    for _ in range(500):
        try:
            await connections.call(namesrv, GET_ROUTEINFO_BY_TOPIC, GetRouteInfoRequest(topic=topic))
        except TopicNotExist:
            await deferLater(reactor, 0.01)
        else:
            return
    raise AssertionError(f"the nameserver does not hear of {topic}")


async def replayed(scenario):
    """The conversation with our servers."""
    from twisted.internet import reactor

    names = nameserver(NameserverSettings(listen_port=0), reactor)
    names.startService()
    stores = broker(
        BrokerSettings(listen_port=0, namesrv_addr=names.address, store="memory", broker_name="broker-j"),
        reactor,
    )
    stores.startService()
    await stores.registered
    addresses = {"namesrv": names.address, "broker": stores.address}
    topics = [topic for topic in first_topics(scenario) if topic.topic_name != "TBW102"]
    await create_topics(topics, addresses, reactor)
    if CLIENTS[scenario] == "broker":
        del addresses["broker"]
    pairs = await Replay(scenario, CLIENTS[scenario], addresses, reactor).run()
    await stores.stopService()
    await names.stopService()
    return pairs


def seen_by_a_client(code, answer_code, fields, body):
    """What a client makes of an answer to a request of this code."""
    if code == PULL:
        return answer_code, fields, records(body)
    return answer_code, fields, shape(fastjson.loads(body)) if body else None


@pytest.mark.parametrize("scenario", CLIENTS)
@pytest_twisted.ensureDeferred
async def test_our_servers_answer_like_javas(scenario):
    """An unmodified client would meet an answer that it never met at Apache's."""
    pairs = await replayed(scenario)
    assert len(pairs) >= 14
    found = {}
    for pair in pairs:
        assert pair.ours is not None, f"no answer to {pair.code} in {pair.step}"
        key = (scenario, pair.code, pair.step)
        if key in DEVIATIONS:
            code, remark = DEVIATIONS[key]
            assert pair.ours.code == code
            assert remark in pair.ours.remark
            found[key] = True
        else:
            java = pair.java.line
            expected = seen_by_a_client(
                pair.code, java["code"], set(java.get("extFields") or {}), pair.java.body
            )
            ours = seen_by_a_client(pair.code, pair.ours.code, field_names(pair.ours), pair.ours.body)
            assert (pair.code, pair.step, ours) == (pair.code, pair.step, expected)
    assert set(found) == {key for key in DEVIATIONS if key[0] == scenario}


def test_every_deviation_is_explained():
    """Somebody whose client behaves differently here would not find the reason."""
    text = PAGE.read_text()
    for scenario, code, step in DEVIATIONS:
        assert f"`{scenario}`" in text
        assert f"| {code} |" in text
        assert step in text
