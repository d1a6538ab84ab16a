"""The fixture that keeps all other tests honest, proven on tests that misbehave."""

import threading
from pathlib import Path

import pytest
from twisted.internet import defer
from twisted.internet.task import Clock
from twisted.logger import Logger
from twisted.python import log as old_log

from rmqtw.testing.leaks import LoggedErrors, Traces, settle

ROOT = Path(__file__).parents[2]
CONFTEST = "from rmqtw.testing.leaks import logged_errors, no_leaks"

LEAKING = {
    "lost failure": (
        """
        from twisted.internet import defer
        def test_it():
            defer.fail(ValueError("lost"))
        """,
        "*logged error: lost*",
    ),
    "lost failure in a cycle": (
        """
        from twisted.internet import defer
        def test_it():
            d = defer.fail(ValueError("lost"))
            d.itself = d
        """,
        "*logged error: lost*",
    ),
    "error in a new log": (
        """
        from twisted.logger import Logger
        def test_it():
            Logger().error("disk {disk} is gone", disk="sda")
        """,
        "*logged error: disk sda is gone*",
    ),
    "error in the old log": (
        """
        from twisted.python import log
        def test_it():
            log.err(ValueError("old"), "why")
        """,
        "*ValueError: old*",
    ),
    "another error than the expected one": (
        """
        from twisted.python import log
        def test_it(logged_errors):
            log.err(ValueError("other"))
            assert logged_errors.flush(KeyError) == []
        """,
        "*ValueError: other*",
    ),
    "delayed call": (
        """
        def test_it():
            from twisted.internet import reactor
            reactor.callLater(60, print)
        """,
        "*left-over delayed call:*",
    ),
    "listening socket": (
        """
        def test_it():
            from twisted.internet import protocol, reactor
            reactor.listenTCP(0, protocol.Factory(), interface="127.0.0.1")
        """,
        "*left-over open socket:*",
    ),
    "thread": (
        """
        import threading
        def test_it():
            threading.Thread(target=threading.Event().wait, args=(5,), name="forgotten", daemon=True).start()
        """,
        "*left-over thread:*forgotten*",
    ),
}

TIDY = {
    "flushed errors": """
        from twisted.internet import defer
        def test_it(logged_errors):
            defer.fail(ValueError("expected"))
            assert [error.failure.value.args for error in logged_errors.flush(ValueError)] == [("expected",)]
        """,
    "a connection closed by the test": """
        import pytest_twisted
        from twisted.internet import protocol
        from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint, connectProtocol
        @pytest_twisted.ensureDeferred
        async def test_it():
            from twisted.internet import reactor
            echo = protocol.Factory.forProtocol(protocol.Protocol)
            port = await TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1").listen(echo)
            there = TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port)
            peer = await connectProtocol(there, protocol.Protocol())
            peer.transport.loseConnection()
            await port.stopListening()
        """,
    "a thread of the pool": """
        import pytest_twisted
        from twisted.internet import threads
        @pytest_twisted.ensureDeferred
        async def test_it():
            from twisted.internet import reactor
            assert await threads.deferToThreadPool(reactor, reactor.getThreadPool(), lambda: 1) == 1
        """,
}


@pytest.fixture
def run(pytester, monkeypatch):
    """Return a function that runs test files under the fixture, all in one other process."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return lambda tests: _run(pytester, tests)


def _run(pytester, tests):
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(**{f"test_{name.replace(' ', '_')}": test for name, test in tests.items()})
    return pytester.runpytest_subprocess("-p", "no:cacheprovider")


def test_leaking_tests_do_not_pass(run):
    """A developer would see green although an error, a call, a socket or a thread was left behind."""
    result = run({name: test for name, (test, _) in LEAKING.items()})
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=len(LEAKING), errors=len(LEAKING))
    for name, (_, line) in LEAKING.items():
        result.stdout.fnmatch_lines_random([line, f"ERROR test_{name.replace(' ', '_')}.py::test_it*"])


def test_tidy_tests_pass(run):
    """A developer would see red although the test cleaned up what it did."""
    run(TIDY).assert_outcomes(passed=len(TIDY))


def test_both_logs_are_heard_and_only_errors(logged_errors):
    """An error that goes to the other of Twisted's two logs would be overlooked, or a warning fail a test."""
    with LoggedErrors() as log:
        Logger().warn("all is well")
        old_log.msg("all is well")
        Logger().critical("one")
        old_log.err(ValueError("two"))
        defer.fail(KeyError("three"))
    found = log.flush()
    assert found[0].text == "one"
    assert [error.failure.type for error in found[1:]] == [ValueError, KeyError]
    assert len(logged_errors.flush()) == len(found)


def test_flush_takes_the_named_types_only(logged_errors):
    """A test that expects one error would hide another."""
    with LoggedErrors() as log:
        old_log.err(ValueError("kept"))
        old_log.err(KeyError("taken"))
        assert [error.failure.type for error in log.flush(KeyError)] == [KeyError]
        assert [error.failure.type for error in log.flush()] == [ValueError]
    assert logged_errors.flush(ValueError, KeyError)


class FakeReactor(Clock):
    """A clock that also lists sockets."""

    def __init__(self):
        """Watch nothing but the waker."""
        super().__init__()
        self._internalReaders = {"waker"}
        self.sockets = ["waker"]

    def getReaders(self):  # noqa: N802
        """Return what is watched."""
        return self.sockets

    def getWriters(self):  # noqa: N802
        """Return what waits to write."""
        return []


def test_what_ends_within_a_few_turns_is_no_leak():
    """A socket that closes in the next turn would fail every test that closes one."""
    reactor = FakeReactor()
    before = Traces.now(reactor)
    reactor.sockets.append("closing")
    assert settle(reactor, before, lambda each: each.sockets.remove("closing")) == []


def test_every_kind_is_named_and_wakers_are_not():
    """The one who reads the failure would not know what to look for."""
    reactor = FakeReactor()
    before = Traces.now(reactor)
    reactor.sockets.append("port 9876")
    reactor.callLater(5, print)
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="flusher")
    thread.start()
    left = Traces.now(reactor).since(before)
    stop.set()
    thread.join()
    assert [line.split(":")[0] for line in left] == [
        "left-over delayed call",
        "left-over open socket",
        "left-over thread",
    ]
    assert "port 9876" in left[1]
    assert "flusher" in left[2]


def test_calls_of_before_and_cancelled_calls_are_no_leaks():
    """A service of a wider fixture, or a call that was cancelled, would fail the test."""
    reactor = FakeReactor()
    reactor.callLater(1, print)
    before = Traces.now(reactor)
    reactor.callLater(1, print).cancel()
    assert Traces.now(reactor).since(before) == []
