"""With an authorizer that denies everything, nothing on any listener changes anything."""

from __future__ import annotations

import pytest
import pytest_twisted
from twisted.internet.endpoints import HostnameEndpoint

from rmqtw.broker.notserved import NOT_SERVED as BROKER_NOT_SERVED
from rmqtw.declare.settings import BrokerSettings, NameserverSettings
from rmqtw.nameserver.routes import NOT_SERVED as NAMESERVER_NOT_SERVED
from rmqtw.net.framing import request_frame
from rmqtw.security.policy import Security, loopback_security
from rmqtw.tap import broker, broker_service, nameserver, namesrv
from rmqtw.testing.denial import DenyEverything, check_refuses_everything, made_up
from rmqtw.testing.remoting import RawFactory
from rmqtw.wire.bodies.base import DataVersion
from rmqtw.wire.bodies.heartbeat import ConsumerData, HeartbeatData, ProducerData
from rmqtw.wire.bodies.register import RegisterBrokerBody
from rmqtw.wire.codes import RequestCode, ResponseCode
from rmqtw.wire.commands import COMMANDS

BODIES = {
    RequestCode.HEART_BEAT: HeartbeatData(
        client_id="c", producer_data_set=[ProducerData(group_name="p")],
        consumer_data_set=[ConsumerData(group_name="g")],
    ).encode(),
    RequestCode.CHECK_CLIENT_CONFIG: b'{"clientId":"c","group":"g","subscriptionData":{"topic":"t"}}',
    RequestCode.REGISTER_BROKER: RegisterBrokerBody().encode(),
    RequestCode.QUERY_DATA_VERSION: DataVersion().encode(),
    RequestCode.SEND_MESSAGE: b"body",
    RequestCode.SEND_MESSAGE_V2: b"body",
}


class Served:
    """A nameserver and a broker with a fast port, closed to everybody."""

    def __init__(self, reactor, data):
        self.names = nameserver(NameserverSettings(listen_port=0), reactor)
        self.names.startService()
        settings = BrokerSettings(
            listen_port=0, fast_port_enable=True, namesrv_addr="none", store_path_root_dir=str(data)
        )
        self.broker = broker(settings, reactor)
        self.broker.startService()
        parts = self.broker._parts
        self.parts = parts.broker
        self.storage = parts.storage
        self.factories = [*parts.factories, self.names._parts.factory]
        register = self.factories[-1].dispatch.routes.get(RequestCode.REGISTER_BROKER)
        self.registry = register.verb.__self__._registry
        host = "127.0.0.1"
        ports = [listener.port for listener in parts.listeners] + [int(self.names.address.rpartition(":")[2])]
        self.addresses = [(host, port) for port in ports]

    def state(self):
        """Everything that a request could have changed."""
        parts = self.parts
        return (
            list(parts.topics), dict(parts.groups._table.configs), dict(parts.offsets._table.offsets),
            dict(parts.heartbeats._clients.consumers), dict(parts.heartbeats._clients.producers),
            len(parts.holding), self.storage.log_end(), dict(self.registry.topics),
            dict(self.registry.groups), dict(self.registry.live),
        )

    async def stop(self):
        """Stop both."""
        await self.broker.stopService()
        await self.names.stopService()


@pytest_twisted.async_yield_fixture
async def served(tmp_path, monkeypatch):
    """Servers whose every listener denies everything."""
    from twisted.internet import reactor

    loopback = loopback_security(reactor.seconds)
    closed = Security(loopback.authenticator, DenyEverything(), loopback.quota, loopback.audit)
    monkeypatch.setattr(broker_service, "security_of", lambda *_: closed)
    monkeypatch.setattr(namesrv, "security_of", lambda *_: closed)
    servers = Served(reactor, tmp_path)
    yield servers
    await servers.stop()


@pytest_twisted.ensureDeferred
async def test_nothing_changes_where_everything_is_denied(served):
    """Somebody without permission could change, store or read something."""
    from twisted.internet import reactor

    before = served.state()
    for (host, port), factory in zip(served.addresses, served.factories, strict=True):
        peer = await HostnameEndpoint(reactor, host, port).connect(RawFactory())
        routes = list(factory.dispatch.routes)
        for oneway in (True, False):
            for number, route in enumerate(routes):
                frame = request_frame(
                    route.command, made_up(route.command.request), BODIES.get(route.code, b""), oneway=oneway
                )
                frame.opaque = number
                peer.send(frame)
        answers = await peer.when(len(routes))
        assert {(answer.opaque, answer.code) for answer in answers} == {
            (number, ResponseCode.NO_PERMISSION) for number in range(len(routes))
        }
        peer.transport.loseConnection()
        await peer.gone
    assert served.state() == before


@pytest_twisted.ensureDeferred
async def test_every_route_of_every_listener_asks_for_a_permission(served):
    """A request code without a rule would be open to everybody."""
    for factory in served.factories:
        check_refuses_everything(factory.dispatch.routes, BODIES)


@pytest_twisted.ensureDeferred
async def test_every_request_code_is_served_or_has_a_reason(served):
    """Nobody could say why a code is answered 3."""
    main, fast, names = (factory.dispatch.routes for factory in served.factories)
    for routes, reasons in ((main, BROKER_NOT_SERVED), (names, NAMESERVER_NOT_SERVED)):
        for code in RequestCode:
            assert (routes.get(code) is None) == bool(reasons.get(code)), code.name
    assert {route.code for route in main} - {route.code for route in fast} == {11, 361}


@pytest.mark.parametrize("code", [RequestCode.HEART_BEAT, RequestCode.CHECK_CLIENT_CONFIG])
def test_a_rule_that_reads_the_body_reads_it(code):
    """The test above would be content with a rule that denies a body it cannot read."""
    accesses = COMMANDS[code].accesses(made_up(COMMANDS[code].request), BODIES[code])
    assert "g" in {access.name for access in accesses}
