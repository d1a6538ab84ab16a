"""What a test must not leave behind: logged errors, delayed calls, sockets and threads.

pytest-twisted passes a test that loses a failure or leaves the reactor dirty. A `conftest.py` that
imports `no_leaks` and `logged_errors` from here fails such a test::

    from rmqtw.testing.leaks import logged_errors, no_leaks  # noqa: F401

Nothing here imports the reactor; it is looked at only when a test has imported it.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, Self

import attrs
import pytest
from twisted.internet.task import deferLater
from twisted.logger import ILogObserver, LogEvent, LogLevel, formatEvent, globalLogPublisher
from twisted.python.failure import Failure
from zope.interface import implementer

TURNS = 20
"""Reactor turns that a test's leftovers get to end by themselves, as a closed socket does."""

JOIN_SECONDS = 0.5
"""How long a thread that is about to end is waited for."""


@attrs.frozen
class LoggedError:
    """One error that went to the log: its text, and the failure if there was one."""

    text: str
    failure: Failure | None = None

    def is_a(self, types: tuple[type[BaseException], ...]) -> bool:
        """Say whether its failure is of one of these types; without types, every error is."""
        return not types or (self.failure is not None and isinstance(self.failure.value, types))

    def __str__(self) -> str:
        """Return the text, with the traceback where there is one."""
        return f"{self.text}\n{self.failure.getTraceback()}" if self.failure else self.text


@implementer(ILogObserver)
@attrs.define(eq=False)
class LoggedErrors:
    """Collects what is logged as an error while it is entered, through either of Twisted's logs."""

    errors: list[LoggedError] = attrs.field(factory=list)

    def __call__(self, event: LogEvent) -> None:
        """Keep an event that has a failure or a level of error or above.

        A lost Deferred logs twice: first a headline, marked isError, then its failure.
        """
        failure = event.get("log_failure") or event.get("failure")
        if failure is not None:
            self.errors.append(LoggedError(formatEvent(event) or failure.getErrorMessage(), failure))
        elif event.get("log_level", LogLevel.info) >= LogLevel.error and not event.get("isError"):
            self.errors.append(LoggedError(formatEvent(event)))

    def __enter__(self) -> Self:
        """Start to listen."""
        globalLogPublisher.addObserver(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        globalLogPublisher.removeObserver(self)

    def flush(self, *types: type[BaseException]) -> list[LoggedError]:
        """Take out and return the errors of these types (all without types): they were expected."""
        gc.collect()
        found = [error for error in self.errors if error.is_a(types)]
        self.errors = [error for error in self.errors if not error.is_a(types)]
        return found


@attrs.frozen(eq=False)
class Traces:
    """What is alive at one moment: identities, so that a later moment can be compared."""

    calls: frozenset[Any]
    selectables: frozenset[Any]
    threads: frozenset[threading.Thread]

    @classmethod
    def now(cls, reactor: Any | None) -> Self:
        """Look at the reactor (None: only at the threads)."""
        return cls(
            frozenset(reactor.getDelayedCalls() if reactor else ()),
            frozenset(_selectables(reactor)),
            frozenset(thread for thread in threading.enumerate() if not _is_shared(thread)),
        )

    def since(self, before: Traces) -> list[str]:
        """Return a line for each thing alive now that was not alive `before`."""
        return [
            *_lines("delayed call", (call for call in self.calls - before.calls if call.active())),
            *_lines("open socket", self.selectables - before.selectables),
            *_lines("thread", self.threads - before.threads),
        ]


def _lines(kind: str, things: Iterable[object]) -> list[str]:
    return sorted(f"left-over {kind}: {thing}" for thing in things)


def _selectables(reactor: Any | None) -> Iterator[Any]:
    """Yield what the reactor watches, but for its own wakers."""
    if reactor is not None:
        own = getattr(reactor, "_internalReaders", ())
        yield from (each for each in (*reactor.getReaders(), *reactor.getWriters()) if each not in own)


def _is_shared(thread: threading.Thread) -> bool:
    """Say whether a thread belongs to the process: the main one, and the global reactor's own pool."""
    return thread is threading.main_thread() or thread.name.startswith("PoolThread-twisted.internet.reactor")


def settle(reactor: Any | None, before: Traces, turn: Callable[[Any], None]) -> list[str]:
    """Return what is left over after some turns of the reactor and a short wait for threads."""
    for thread in Traces.now(reactor).threads - before.threads:
        thread.join(JOIN_SECONDS)
    left = Traces.now(reactor).since(before)
    for _ in range(TURNS if reactor else 0):
        if not left:
            break
        turn(reactor)
        left = Traces.now(reactor).since(before)
    return left


def _turn(reactor: Any) -> None:
    """Let the reactor run once, from a test that is not in it."""
    import pytest_twisted

    pytest_twisted.blockon(deferLater(reactor, 0, lambda: None))


def _imported_reactor() -> Any | None:
    """Return the global reactor if something has imported it; never import it."""
    return sys.modules.get("twisted.internet.reactor")


@pytest.fixture
def logged_errors(no_leaks: LoggedErrors) -> LoggedErrors:
    """Give a test the errors it caused on purpose: `logged_errors.flush(SomeError)`."""
    return no_leaks


@pytest.fixture(autouse=True)
def no_leaks() -> Iterator[LoggedErrors]:
    """Fail a test that logs an error nobody flushed, or leaves calls, sockets or threads behind."""
    before = Traces.now(_imported_reactor())
    with LoggedErrors() as log:
        yield log
        left = settle(_imported_reactor(), before, _turn)
        problems = [*left, *(f"logged error: {error}" for error in log.flush())]
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)
