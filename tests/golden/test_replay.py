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
    ("classic-pull", 32, "earliestMsgStoreTime"): (3, "request type 32"),
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


def difference(pair):
    """What a client would find other than from Java; None when nothing."""
    java, ours = pair.java.line, pair.ours
    if ours is None:
        return "no answer"
    if ours.code != java["code"]:
        return f"code {ours.code} ({ours.remark}) where Java answers {java['code']}"
    if field_names(ours) != set(java.get("extFields") or {}):
        return f"fields {sorted(field_names(ours))} where Java has {sorted(java.get('extFields') or {})}"
    if bool(ours.body) != bool(java["body_len"]):
        return f"a body of {len(ours.body)} bytes where Java's has {java['body_len']}"
    if pair.code == PULL:
        return None if records(ours.body) == records(pair.java.body) else "other records"
    if ours.body and shape(fastjson.loads(ours.body)) != shape(fastjson.loads(pair.java.body)):
        return f"a body of shape {shape(fastjson.loads(ours.body))}"
    return None


@pytest.mark.parametrize("scenario", CLIENTS)
@pytest_twisted.ensureDeferred
async def test_our_servers_answer_like_javas(scenario):
    """An unmodified client would meet an answer that it never met at Apache's."""
    pairs = await replayed(scenario)
    assert len(pairs) >= 14
    found = {}
    for pair in pairs:
        key = (scenario, pair.code, pair.step)
        if key in DEVIATIONS:
            code, remark = DEVIATIONS[key]
            assert pair.ours.code == code
            assert remark in pair.ours.remark
            found[key] = True
        else:
            assert (pair.code, pair.step, difference(pair)) == (pair.code, pair.step, None)
    assert set(found) == {key for key in DEVIATIONS if key[0] == scenario}


def test_every_deviation_is_explained():
    """Somebody whose client behaves differently here would not find the reason."""
    text = PAGE.read_text()
    for scenario, code, step in DEVIATIONS:
        assert f"`{scenario}`" in text
        assert f"| {code} |" in text
        assert step in text
