"""Java's single requests, odd and broken ones too, sent to our servers: they answer the same code."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest_twisted
from twisted.internet.defer import DeferredList
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.task import deferLater

from rmqtw.declare.settings import BrokerSettings, NameserverSettings
from rmqtw.tap import broker, nameserver, wiring
from rmqtw.testing.remoting import RawFactory
from rmqtw.wire.bodies.topics import TopicConfig
from rmqtw.wire.frames import FrameSplitter, MalformedFrame, decode
from tests.golden import probes
from tests.golden.test_replay import create_topics

PAGE = Path(__file__).parents[2] / "docs" / "deviations.md"
SERVED = {
    "broker": {10, 310, 320, 11, 361, 34, 35, 38, 46, 14, 15, 29, 30, 31, 17},
    "namesrv": {103, 104, 105, 106, 322},
}
TOPIC = TopicConfig(topic_name="VecProbe", read_queue_nums=4, write_queue_nums=4, perm=6)
CUT_SHORT = {"310 body 5 MB (over maxMessageSize)"}
"""Recorded without most of its body."""

DEVIATIONS = {
    "103 without body": 1,
    "105 without extFields": 1,
    "105 without topic": 1,
    "310 empty body": 0,
    "310 ROCKETMQ header": 0,
    "310 transaction (sysFlag 4, TRAN_MSG)": 16,
    "310 transaction with delay": 13,
    "310 delay level text": 13,
    "320 broken body": 13,
    "320 empty body": 13,
    "11 SQL": 1,
    "11 SQL broken": 1,
    "11 unknown expression type": 1,
    "46 good": 1,
    "46 bad": 1,
    "15 queue 99": 29,
}
"""Name of the probe -> our code; reasons in docs/deviations.md."""

LIKE_JAVAS_CHANCE = 5
"""Seed with which a message to any queue goes to queue 2, as it did in the recording."""

QUIET_SECONDS = 0.05
"""How long nothing may come before a request counts as unanswered."""


def request_code(probe):
    """The code of a probe's first request; None when it is no frame."""
    try:
        commands = [decode(frame) for frame in FrameSplitter().feed(probe.request)]
    except MalformedFrame:
        return None
    return commands[0].code if commands and commands[0] else None


def chosen():
    """Probes of the codes that are served, and of what is no request at all."""
    for probe in probes():
        code = request_code(probe)
        if probe.name not in CUT_SHORT and (code is None or code in SERVED[probe.receiver]):
            yield probe


async def happened(peer, replies, reactor):
    """Wait until that many commands came, or the connection is closed; five seconds at most."""
    waiting = [peer.when(replies)] if replies else []
    event = DeferredList([*waiting, peer.gone], fireOnOneCallback=True, consumeErrors=True)
    event.addTimeout(5, reactor).addErrback(lambda _: None)
    await event


async def answer_to(probe, address, reactor):
    """(codes of everything that came back, whether the server closed)."""
    host, _, port = address.rpartition(":")
    peer = await HostnameEndpoint(reactor, host, int(port)).connect(RawFactory())
    peer.write(probe.request)
    if probe.replies or probe.closed:
        await happened(peer, len(probe.replies), reactor)
    else:
        await deferLater(reactor, QUIET_SECONDS)
    seen = [command.code for command in peer.got], peer.is_lost
    peer.transport.loseConnection()
    await peer.gone
    return seen


@pytest_twisted.ensureDeferred
async def test_probes_are_answered_as_by_java(monkeypatch):
    """A client that sends something unusual would meet another answer than at Apache's."""
    from twisted.internet import reactor

    monkeypatch.setattr(wiring, "random", lambda: Random(LIKE_JAVAS_CHANCE))

    names = nameserver(NameserverSettings(listen_port=0), reactor)
    names.startService()
    stores = broker(BrokerSettings(
        listen_port=0, namesrv_addr=names.address, store="memory", broker_name="broker-probe"
    ), reactor)
    stores.startService()
    await stores.registered
    addresses = {"namesrv": names.address, "broker": stores.address}
    await create_topics([TOPIC], addresses, reactor)
    differences = {}
    for probe in chosen():
        seen = await answer_to(probe, addresses[probe.receiver], reactor)
        if seen != ([line["code"] for line in probe.replies], probe.closed):
            differences[probe.name] = seen
    await stores.stopService()
    await names.stopService()
    assert differences == {name: ([code], False) for name, code in DEVIATIONS.items()}


def test_every_deviation_is_explained():
    """Somebody whose client behaves differently here would not find the reason."""
    text = PAGE.read_text()
    for name, code in DEVIATIONS.items():
        assert f"| `{name}` | {code} |" in text


def test_enough_is_probed():
    """Data that went missing would let the tests here pass without testing anything."""
    assert len(list(chosen())) > 130
