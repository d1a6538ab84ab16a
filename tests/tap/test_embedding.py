"""Servers inside a Twisted program: `rmqtw.tap.broker` and `rmqtw.tap.nameserver`."""

import socket

import attrs
import pytest
import pytest_twisted
from twisted.application.service import IService, MultiService
from twisted.internet.defer import gatherResults
from twisted.internet.task import deferLater
from twisted.logger import globalLogPublisher
from zope.interface.verify import verifyObject

from rmqtw.client.consumer.reader import Reader, Start
from rmqtw.client.producer import Producer
from rmqtw.declare.settings import BrokerSettings, NameserverSettings
from rmqtw.net.connections import Connections
from rmqtw.tap import broker, client, nameserver
from rmqtw.tap.errors import StartError
from rmqtw.tap.surroundings import dial, wall
from rmqtw.wire.commands import GET_BROKER_CLUSTER_INFO, GET_MAX_OFFSET, PULL_MESSAGE
from rmqtw.wire.errors import RequestCodeNotSupported
from rmqtw.wire.headers.pull import GetMaxOffsetRequest, PullMessageRequest


@pytest.fixture
def reactor():
    from twisted.internet import reactor

    return reactor


@pytest_twisted.async_yield_fixture
async def names(reactor):
    """A running nameserver."""
    service = nameserver(NameserverSettings(listen_port=0), reactor)
    service.startService()
    yield service
    await service.stopService()


@pytest_twisted.async_yield_fixture
async def make(reactor, names, tmp_path):
    """Make a broker that registers at the nameserver; its folder is called like it."""
    made = []

    def make(name, **values):
        settings = {"listen_port": 0, "namesrv_addr": names.address, "broker_name": name,
                    "store_path_root_dir": str(tmp_path / name), **values}
        made.append(broker(BrokerSettings(**settings), reactor))
        return made[-1]

    yield make
    for service in made:
        await service.stopService()


async def read(rmq, topic, count):
    """The bodies and queues of the first messages."""
    taken = []

    def take(message):
        taken.append((message.body, message.queue.broker_name))
        if len(taken) == count:
            reader.stop()

    reader = Reader(rmq, topic, take, start=Start.FIRST)
    await reader.run()
    return taken


@pytest_twisted.ensureDeferred
async def test_two_brokers_in_one_process_keep_their_messages_apart(reactor, names, make, tmp_path):
    """Each broker has its own store: what was sent to one is read from that one only, also later."""
    services = MultiService()
    one, two = make("one"), make("two")
    for service in (one, two):
        verifyObject(IService, service)
        service.setServiceParent(services)
    services.startService()
    await gatherResults([one.registered, two.registered])
    rmq = client(names.address, reactor)
    producer = Producer(rmq)
    sent = await gatherResults([producer.send("Shared", b"%d" % number) for number in range(16)])
    where = {b"%d" % number: result.queue.broker_name for number, result in enumerate(sent)}
    assert set(where.values()) == {"one", "two"}
    assert dict(await read(rmq, "Shared", 16)) == where
    await rmq.close()
    await services.stopService()
    assert not any((tmp_path / name / "abort").exists() for name in ("one", "two"))


@pytest_twisted.ensureDeferred
async def test_a_broker_can_be_started_again(reactor, names, make):
    """A program may stop and start its broker without restarting itself; stopping twice is harmless."""
    service = make("again")
    await service.stopService()
    for number in range(2):
        service.startService()
        await service.registered
        rmq = client(names.address, reactor)
        await Producer(rmq).send("Again", b"%d" % number)
        bodies = {body for body, _ in await read(rmq, "Again", number + 1)}
        assert bodies == {b"%d" % earlier for earlier in range(number + 1)}
        await rmq.close()
        await gatherResults([service.stopService(), service.stopService()])
        await service.stopService()


@pytest_twisted.ensureDeferred
async def test_what_runs_cannot_be_started(names, make):
    """A second start would open the same files; it is refused, and the first goes on."""
    service = make("busy")
    service.startService()
    for running in (service, names):
        with pytest.raises(StartError, match="runs, or is about to stop"):
            running.startService()
    await service.registered
    await service.stopService()


@pytest_twisted.ensureDeferred
async def test_the_same_folder_is_refused_within_a_process(make, tmp_path):
    """Two brokers of one program never write the same files."""
    first = make("first")
    first.startService()
    await first.registered
    second = make("second", store_path_root_dir=str(tmp_path / "first"))
    with pytest.raises(StartError, match="another broker works on it"):
        second.startService()
    await second.stopService()
    await first.stopService()


@pytest.mark.parametrize("values", [
    {"bind_address": "0.0.0.0"}, {"broker_ip1": "10.1.1.1"}, {"accept_risks": "nothing"},
    {"store": "memory:x"}, {"auth": "loopback:x"}, {"auth": "lopback"}])
def test_embedding_does_not_pass_over_the_start_checks(make, values, tmp_path):
    """A broker in a program is as careful as one of `twistd`: it does not listen to the world unasked."""
    service = make("careless", **values)
    with pytest.raises(StartError) as caught:
        service.startService()
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "careless").exists()


def test_a_nameserver_does_not_pass_over_the_start_checks(reactor):
    """A nameserver in a program does not listen to the world unasked either."""
    service = nameserver(NameserverSettings(listen_port=0, bind_address="0.0.0.0"), reactor)
    with pytest.raises(StartError, match="unauthenticated-listener"):
        service.startService()


@pytest_twisted.ensureDeferred
async def test_an_accepted_risk_listens_everywhere_and_is_reached_here(reactor):
    """Somebody who accepts the risk by name gets an open listener, with an address that works."""
    service = nameserver(NameserverSettings(
        listen_port=0, bind_address="0.0.0.0", accept_risks="unauthenticated-listener"), reactor)
    service.startService()
    assert service.address.startswith("127.0.0.1:")
    await service.stopService()


@pytest_twisted.ensureDeferred
async def test_the_fast_port_serves_everything_but_pulls(reactor, make):
    """Clients with vipChannelEnabled find the port two below, and it keeps pulls out as Apache's does."""
    service = make("fast", fast_port_enable=True, store="memory")
    service.startService()
    await service.registered
    host, _, port = service.address.partition(":")
    fast = f"{host}:{int(port) - 2}"
    calls = Connections(reactor, dial(reactor), wall=wall)
    asked = await calls.call(fast, GET_MAX_OFFSET, GetMaxOffsetRequest(topic="TBW102", queue_id=0))
    assert asked.header.offset == 0
    pull = PullMessageRequest(
        consumer_group="g", topic="TBW102", queue_id=0, queue_offset=0, max_msg_nums=1, sys_flag=0,
        commit_offset=0, suspend_timeout_millis=0, subscription="*", sub_version=0)
    with pytest.raises(RequestCodeNotSupported):
        await calls.call(fast, PULL_MESSAGE, pull)
    await calls.close()
    await service.stopService()


@pytest_twisted.ensureDeferred
async def test_a_broker_without_its_nameserver_keeps_trying_and_says_so_once(reactor, names, make):
    """A broker that starts first serves, is found once the nameserver is there, and fills no log."""
    warnings = []

    def note(event):
        if "Cannot register" in (event.get("log_format") or ""):
            warnings.append(event)

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    globalLogPublisher.addObserver(note)
    service = make("early", namesrv_addr=f"127.0.0.1:{port}", store="memory")
    service.startService()
    await service.registered
    await pause(reactor, 0.8)
    late = nameserver(NameserverSettings(listen_port=port), reactor)
    late.startService()
    calls = Connections(reactor, dial(reactor), wall=wall)
    for _ in range(100):
        found = await calls.call(late.address, GET_BROKER_CLUSTER_INFO)
        if b"early" in found.body:
            break
        await pause(reactor, 0.1)
    assert b"early" in found.body
    assert len(warnings) == 1
    globalLogPublisher.removeObserver(note)
    await calls.close()
    await service.stopService()
    await late.stopService()


async def pause(reactor, seconds):
    """Let servers work."""
    await deferLater(reactor, seconds, lambda: None)


@pytest.mark.slow
@pytest_twisted.ensureDeferred
async def test_brokers_register_again_at_a_nameserver_that_was_restarted(reactor, names, make):
    """A nameserver keeps nothing; after its restart clients find the brokers within one period."""
    service = make("patient", register_name_server_period=10_000, store="memory")
    service.startService()
    await service.registered
    rmq = client(names.address, reactor)
    await Producer(rmq).send("Before", b"1")
    port = int(names.address.rpartition(":")[2])
    await names.stopService()
    names.settings = attrs.evolve(names.settings, listen_port=port)
    names.startService()
    assert names.address.endswith(f":{port}")
    calls = Connections(reactor, dial(reactor), wall=wall)
    for _ in range(60):
        if b"patient" in (await calls.call(names.address, GET_BROKER_CLUSTER_INFO)).body:
            break
        await pause(reactor, 0.25)
    assert (await Producer(rmq).send("Before", b"2")).queue.broker_name == "patient"
    assert len(await read(rmq, "Before", 2)) == 2
    await calls.close()
    await rmq.close()
