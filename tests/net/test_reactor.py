"""The fast reactor, each time in a process of its own: a process can have one reactor only."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

pytest.importorskip("twisted.internet.epollreactor", reason="this system has no epoll")

START = """
import os, signal, sys, time
from rmqtw.net.reactor import install
reactor = install()
from twisted.internet import defer, endpoints, error, protocol, threads
from twisted.logger import globalLogPublisher
failures = []
globalLogPublisher.addObserver(
    lambda e: failures.extend(x.type.__name__ for x in (e.get("log_failure") or e.get("failure"),) if x))
assert reactor is sys.modules["twisted.internet.reactor"]

def run(seconds=20):
    late = reactor.callLater(seconds, os._exit, 7)
    reactor.run()

@defer.inlineCallbacks
def pair(server, client):
    port = yield endpoints.TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1").listen(
        protocol.Factory.forProtocol(server))
    made = yield endpoints.connectProtocol(
        endpoints.TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port), client())
    return port, made

class Echo(protocol.Protocol):
    def dataReceived(self, data):
        self.transport.write(data)

class Keep(protocol.Protocol):
    got = b""
    def __init__(self):
        self.done, self.gone = defer.Deferred(), defer.Deferred()
    def dataReceived(self, data):
        self.got += data
        if not self.done.called:
            self.done.callback(self.got)
    def connectionLost(self, reason):
        self.gone.callback(reason.type.__name__)
"""


def run(script):
    """Run a script with the fast reactor installed; what it prints."""
    source = START + textwrap.dedent(script)
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split()


def test_the_turn_ends_after_reads_and_before_waiting():
    """What a read leaves for the end of the turn is done in that turn, not when something comes."""
    assert run(
        """
        seen = []
        def work():
            turns = reactor.end_of_turn
            turns.schedule_output(lambda: seen.append("output"))
            turns.schedule(lambda: seen.append("work"))
            turns.schedule(lambda: reactor.callLater(0, check, time.monotonic()))
            seen.append("read")
        def check(then):
            assert time.monotonic() - then < 1, "the reactor waited although something was scheduled"
            print(*seen)
            reactor.stop()
        class Server(protocol.Protocol):
            def dataReceived(self, data):
                work()
        from rmqtw.net.turns import end_of_turn
        assert end_of_turn(reactor) is reactor.end_of_turn
        def go():
            pair(Server, Keep).addCallback(lambda both: both[1].transport.write(b"x"))
        reactor.callWhenRunning(go)
        run()
        """
    ) == ["read", "work", "output"]


def test_stopping_at_the_end_of_a_turn_stops_at_once():
    """A start that fails in a commit must end the process, not hang until something happens."""
    assert run(
        """
        began = time.monotonic()
        reactor.callLater(0, reactor.end_of_turn.schedule, reactor.stop)
        run()
        print(round(time.monotonic() - began))
        """
    ) == ["0"]


def test_timers_and_threads_leave_work_for_the_end_of_their_turn():
    """A commit that a thread reports is answered at once."""
    assert run(
        """
        def work(name):
            reactor.end_of_turn.schedule(lambda: print(name))
        def last():
            reactor.end_of_turn.schedule(reactor.stop)
        reactor.callLater(0, work, "timer")
        reactor.callLater(0.2, reactor.callInThread, reactor.callFromThread, work, "thread")
        reactor.callLater(0.5, last)
        run()
        """
    ) == ["timer", "thread"]


def test_an_error_in_a_protocol_costs_its_connection_only():
    """As with the stock reactor: logged, the connection lost with that reason, all others live."""
    assert run(
        """
        reasons = []
        class Bad(protocol.Protocol):
            def dataReceived(self, data):
                {}["missing"]
            def connectionLost(self, reason):
                reasons.append(reason.type.__name__)
        @defer.inlineCallbacks
        def go():
            _, client = yield pair(Bad, Keep)
            _, other = yield pair(Echo, Keep)
            client.transport.write(b"x")
            yield client.gone
            other.transport.write(b"alive")
            yield other.done
            print(*reasons, *failures, other.got.decode())
            reactor.stop()
        reactor.callWhenRunning(go)
        run()
        """
    ) == ["KeyError", "KeyError", "alive"]


def test_closing_is_seen_from_both_ends_clean_or_not():
    """A peer that closes is done, one that resets is lost."""
    assert run(
        """
        @defer.inlineCallbacks
        def go():
            class Close(Keep):
                def connectionMade(self):
                    self.transport.write(b"x" * 1000000)
                    self.transport.loseConnection()
            _, client = yield pair(Close, Keep)
            print((yield client.gone), len(client.got))
            class Abort(Keep):
                def connectionMade(self):
                    reactor.callLater(0.1, self.transport.abortConnection)
            _, client = yield pair(Abort, Keep)
            print((yield client.gone))
            reactor.stop()
        reactor.callWhenRunning(go)
        run()
        """
    ) == ["ConnectionDone", "1000000", "ConnectionLost"]


def test_threads_processes_and_tls_work():
    """What the rest of Twisted does with a reactor works with this one."""
    assert run(
        """
        from twisted.internet.ssl import CertificateOptions, DN, KeyPair, optionsForClientTLS, Certificate
        key = KeyPair.generate(size=2048)
        cert = key.selfSignedCert(1, CN=b"localhost")
        @defer.inlineCallbacks
        def go():
            print((yield threads.deferToThreadPool(reactor, reactor.getThreadPool(), lambda: "thread")))
            from twisted.internet.utils import getProcessOutput
            out = yield getProcessOutput("/bin/echo", ["process"])
            print(out.decode().strip())
            options = CertificateOptions(privateKey=key.original, certificate=cert.original)
            port = reactor.listenSSL(0, protocol.Factory.forProtocol(Echo), options, interface="127.0.0.1")
            client = yield endpoints.connectProtocol(
                endpoints.wrapClientTLS(
                    optionsForClientTLS("localhost", trustRoot=cert),
                    endpoints.TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port)),
                Keep())
            client.transport.write(b"tls")
            print((yield client.done).decode())
            reactor.stop()
        reactor.callWhenRunning(go)
        run()
        """
    ) == ["thread", "process", "tls"]


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_stops_it(name):
    """SIGTERM and Ctrl-C run the shutdown triggers, and their end of turn, then end the process."""
    assert run(
        f"""
        def bye():
            reactor.end_of_turn.schedule(lambda: print("bye"))
        reactor.addSystemEventTrigger("before", "shutdown", bye)
        reactor.callLater(0.1, os.kill, os.getpid(), signal.{name})
        run()
        """
    ) == ["bye"]


def test_its_time_does_not_step_with_the_wall_clock():
    """NTP or an operator may set the clock: no delayed call moves."""
    assert run(
        """
        time.time = lambda: 0.0
        assert abs(reactor.seconds() - time.monotonic()) < 1
        reactor.callLater(0.05, lambda: (print("on time"), reactor.stop()))
        run()
        """
    ) == ["on", "time"]


def test_a_second_reactor_is_refused():
    """Two reactors in a process would each serve half of it."""
    assert run(
        """
        try:
            install()
        except error.ReactorAlreadyInstalledError:
            print("refused")
        """
    ) == ["refused"]
