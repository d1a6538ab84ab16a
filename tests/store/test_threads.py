"""Chores on real threads, and a store that uses them under a real reactor."""

from __future__ import annotations

import threading

import attrs
import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from zope.interface.verify import verifyObject

from rmqtw.interfaces.storage import IChores
from rmqtw.net.turns import end_of_turn
from rmqtw.store.chores import AtOnce, Threads
from rmqtw.store.files import RealFiles
from rmqtw.store.filestore import FileStore
from rmqtw.wire.messages import decode_record, split_records
from tests.store.kit import SMALL, Wall, message


@pytest.fixture
def threads():
    threads = Threads("test", 2, reactor.callFromThread)
    yield threads
    threads.stop()


@pytest_twisted.ensureDeferred
async def test_results_come_back_on_the_reactor_s_thread(threads):
    """Blocking work is done elsewhere, and nobody above needs a lock."""
    here = threading.current_thread()
    worker = await threads.run(threading.current_thread)
    assert worker is not here
    assert threading.current_thread() is here
    with pytest.raises(ZeroDivisionError):
        await threads.run(divmod, 1, 0)


@pytest_twisted.ensureDeferred
async def test_threads_are_bounded(threads):
    """However much there is to do, no more threads than asked for do it."""
    names = await DeferredList([threads.run(threading.get_ident) for _ in range(200)])
    assert len({name for _, name in names}) <= 2


def test_stopped_threads_take_nothing(threads):
    """Work given to a stopped store is refused, not lost."""
    threads.stop()
    with pytest.raises(RuntimeError, match="stopped"):
        threads.run(print)


def test_both_keep_the_interface(threads):
    """Tools may do at once what a broker does on threads."""
    verifyObject(IChores, threads)
    verifyObject(IChores, AtOnce())


@pytest_twisted.ensureDeferred
async def test_a_store_on_threads(tmp_path):
    """SYNC_FLUSH with real threads: every send is answered, and all is there after a restart."""
    for start in (0, 300):
        wall, turns = Wall(), end_of_turn(reactor)
        store = FileStore(
            RealFiles(str(tmp_path)),
            reactor,
            wall,
            turns,
            attrs.evolve(SMALL, sync_flush=True, queue_write_interval=0.005, checkpoint_interval=0.02),
            chores=Threads("chore", 2, reactor.callFromThread),
            flusher=Threads("flusher", 1, reactor.callFromThread),
        )
        store.start()
        assert len(await bodies(store)) == start
        for number in range(start, start + 300):
            await durable(store, message(body=b"%d" % number))
        assert await bodies(store) == [b"%d" % number for number in range(start + 300)]
        await store.stop()


async def bodies(store):
    """All bodies of the queue, cold pages or not."""
    found = []
    bounds = store.bounds("T", 0)
    while bounds is not None and len(found) < bounds.next:
        outcome = await maybeDeferred(store.read, "T", 0, len(found), 32, 1 << 20)
        found += [bytes(decode_record(one).body) for run in outcome.slices for one in split_records(run)]
    return found


def durable(store, one):
    """Append one message: a Deferred that fires when it is on the disk."""
    done = Deferred()
    (appended,) = store.append([one])
    store.when_durable(appended.position + appended.size, done.callback, flush=True)
    return done
