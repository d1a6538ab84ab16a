"""The client against a real nameserver and a real broker, over loopback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.utils import getProcessOutputAndValue

from rmqtw.client.consumer.reader import Reader, Start
from rmqtw.client.errors import NoNameserver
from rmqtw.client.producer import Producer
from rmqtw.declare.settings import BrokerSettings, NameserverSettings
from rmqtw.tap import broker, client, nameserver
from rmqtw.wire.errors import NoPermission

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "send_and_read.py"


@pytest_twisted.async_yield_fixture
async def namesrv():
    """The address of a nameserver at which a broker, with its messages in memory, is registered."""
    from twisted.internet import reactor

    names = nameserver(NameserverSettings(listen_port=0), reactor)
    names.startService()
    stores = broker(BrokerSettings(listen_port=0, namesrv_addr=names.address, store="memory"), reactor)
    stores.startService()
    await stores.registered
    yield names.address
    await stores.stopService()
    await names.stopService()


@pytest_twisted.async_yield_fixture
async def rmq(namesrv):
    """A client of it."""
    from twisted.internet import reactor

    rmq = client(namesrv, reactor)
    yield rmq
    await rmq.close()


def reading(rmq, topic, count, **options):
    """Read until `count` messages are there."""
    taken = []

    def take(message):
        taken.append(message)
        if len(taken) == count:
            reader.stop()

    reader = Reader(rmq, topic, take, **options)
    return reader.run().addCallback(lambda _: taken)


@pytest_twisted.ensureDeferred
async def test_what_is_sent_at_once_is_read_once(rmq):
    """Messages would be lost, doubled, or put in another order within a queue."""
    producer = Producer(rmq, timeout=20)
    sent = await gatherResults([producer.send("Many", b"%d" % number) for number in range(500)])
    taken = await reading(rmq, "Many", 500, start=Start.FIRST)
    assert sorted(message.message_id for message in taken) == sorted(result.message_id for result in sent)
    assert len({message.message_id for message in taken}) == 500
    for queue in {message.queue for message in taken}:
        offsets = [message.queue_offset for message in taken if message.queue == queue]
        assert offsets == list(range(len(offsets)))
    assert {message.message_id: (message.queue, message.queue_offset) for message in taken} == {
        result.message_id: (result.queue, result.queue_offset) for result in sent
    }


@pytest_twisted.ensureDeferred
async def test_a_waiting_reader_gets_messages_as_they_are_sent(rmq):
    """A message would arrive when the long poll ends, 15 seconds later."""
    from twisted.internet import reactor

    producer = Producer(rmq)
    await producer.send("Slow", b"before", tags="B")
    waiting = reading(rmq, "Slow", 2, tags="A || B")
    pause = Deferred()
    reactor.callLater(0.3, pause.callback, None)
    await pause
    before = reactor.seconds()
    for tag in ("C", "A", "B"):
        await producer.send("Slow", tag.encode(), tags=tag, keys=["k"], user_properties={"n": "1"})
    taken = await waiting
    assert [message.tags for message in taken] in (["A", "B"], ["B", "A"])
    assert taken[0].properties["n"] == "1"
    assert reactor.seconds() - before < 3


@pytest_twisted.ensureDeferred
async def test_a_large_body_arrives_whole(rmq):
    """Bytes would be lost between frames."""
    body = bytes(range(256)) * 4096
    await Producer(rmq).send("Large", body)
    (message,) = await reading(rmq, "Large", 1, start=Start.FIRST)
    assert message.content() == body


@pytest_twisted.ensureDeferred
async def test_a_topic_that_clients_may_not_write_is_refused(rmq):
    """A message for the broker's own topics would be stored, or vanish."""
    with pytest.raises(NoPermission):
        await Producer(rmq).send("RMQ_SYS_TRANS_HALF_TOPIC", b"x")


@pytest_twisted.ensureDeferred
async def test_nobody_there_is_said():
    """A wrong address would look like a program that hangs."""
    from twisted.internet import reactor

    rmq = client("127.0.0.1:1", reactor)
    with pytest.raises(NoNameserver, match=r"127\.0\.0\.1:1"):
        await Producer(rmq).send("T", b"x")
    await rmq.close()


@pytest.mark.parametrize("address", ["", ";", "host", "host:", ":9876", "host:0", "host:65536", "host:x"])
def test_an_address_that_is_none_is_refused(address):
    """A mistyped address would fail at the first send, or never."""
    with pytest.raises(ValueError, match="HOST:PORT"):
        client(address, None)


@pytest_twisted.ensureDeferred
async def test_the_example_runs(namesrv):
    """Whoever copies the example would have to find out why it does not run."""
    out, err, code = await getProcessOutputAndValue(
        sys.executable, [str(EXAMPLE), namesrv, "Example"], {"PYTHONPATH": str(ROOT)}
    )
    assert (code, err) == (0, b"")
    assert out.count(b"sent ") == out.count(b"read ") == 8


def test_the_client_needs_no_reactor_to_be_imported():
    """A program that installs a reactor of its own would find another one installed."""
    modules = "rmqtw.client.producer, rmqtw.client.consumer.reader, rmqtw.tap.clients, sys"
    check = f"import {modules}; assert 'twisted.internet.reactor' not in sys.modules"
    subprocess.run([sys.executable, "-c", check], cwd=ROOT, check=True)
