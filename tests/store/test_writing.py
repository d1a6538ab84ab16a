"""Flushing, waiting and faults while a store runs."""

from __future__ import annotations

import errno

import attrs
import pytest
from twisted.internet.defer import Deferred

from rmqtw.interfaces.storage import PutStatus
from rmqtw.store.writing import EARLY_WRITE
from rmqtw.testing.disk import Disk
from rmqtw.wire.errors import ServiceNotAvailable, SystemBusy
from tests.store.kit import SMALL, message, open_store, stop

SYNC = attrs.evolve(SMALL, sync_flush=True)
LARGE = attrs.evolve(SMALL, segment_size=8 * EARLY_WRITE, max_record_size=EARLY_WRITE)


class LaterChores:
    """Chores that are done when the test says so."""

    def __init__(self):
        self.waiting = []

    def run(self, function, *args):
        result = Deferred()
        self.waiting.append((result, function, args))
        return result

    def do(self):
        """Do what waits now."""
        waiting, self.waiting = self.waiting, []
        for result, function, args in waiting:
            try:
                value = function(*args)
            except OSError:
                result.errback()
            else:
                result.callback(value)

    def stop(self):
        while self.waiting:
            self.do()


def send(opened, *messages, flush=True):
    """Append and wait; what the waiter of each message is told."""
    told = []
    for one in opened.store.append(messages or [message()]):
        opened.store.when_durable(one.position + one.size, told.append, flush=flush)
    opened.turns.run()
    return told


def syncs(disk):
    """Count the log's syncs from now on."""
    seen = []
    disk._observe = lambda call, path: (
        seen.append(path) if call == "sync" and path.startswith("commitlog") else None
    )
    return seen


def test_async_flush_waits_for_no_disk():
    """ASYNC_FLUSH: a send is answered when written; the disk follows within the interval."""
    disk = Disk()
    opened = open_store(disk)
    seen = syncs(disk)
    assert send(opened) == [PutStatus.OK]
    assert seen == []
    assert opened.store.durable == 0
    opened.clock.advance(SMALL.flush_interval)
    assert len(seen) == 1
    assert opened.store.durable == opened.store.readable > 0


def test_one_flush_answers_many():
    """SYNC_FLUSH: whoever comes while the disk works shares the next flush."""
    disk = Disk()
    flusher = LaterChores()
    opened = open_store(disk, SYNC, flusher=flusher)
    seen = syncs(disk)
    first = send(opened)
    others = [send(opened, message(), message()) for _ in range(5)]
    unhurried = send(opened, flush=False)
    assert unhurried == [PutStatus.OK]
    assert first == []
    flusher.do()
    assert first == [PutStatus.OK]
    assert others == [[]] * 5
    flusher.do()
    assert others == [[PutStatus.OK] * 2] * 5
    assert len(seen) == 2


def test_a_slow_disk_ends_the_wait():
    """SYNC_FLUSH: after the time-out the sender is told FLUSH_DISK_TIMEOUT, and that only once."""
    flusher = LaterChores()
    opened = open_store(Disk(), SYNC, flusher=flusher)
    told = send(opened)
    opened.clock.advance(SYNC.flush_timeout - 1)
    late = send(opened)
    opened.clock.advance(1)
    assert told == [PutStatus.FLUSH_DISK_TIMEOUT]
    assert late == []
    flusher.do()
    flusher.do()
    assert told == [PutStatus.FLUSH_DISK_TIMEOUT]
    assert late == [PutStatus.OK]


def test_a_disk_that_lags_too_far_behind():
    """Instead of growing without end, the store answers SYSTEM_BUSY, and recovers by itself."""
    flusher = LaterChores()
    opened = open_store(Disk(), attrs.evolve(SMALL, max_unflushed=5000), flusher=flusher)
    while opened.store.readable < 5000:
        opened.put(message(body=bytes(500)))
    with pytest.raises(SystemBusy, match="behind"):
        opened.store.append([message()])
    assert opened.store.readable < 7000
    flusher.do()
    flusher.do()
    opened.put(message())


def test_a_failed_sync_is_never_followed_by_an_acknowledgement():
    """After EIO nothing is answered OK, nothing is tried again, and the reason is told."""
    disk = Disk()
    reasons = []
    flusher = LaterChores()
    opened = open_store(disk, SYNC, flusher=flusher, in_trouble=reasons.append)
    assert (first := send(opened)) == []
    flusher.do()
    assert first == [PutStatus.OK]
    disk.fail("sync", errno.EIO, "commitlog/*", times=1)
    told, later = send(opened), send(opened)
    flusher.do()
    assert told == later == [PutStatus.SERVICE_NOT_AVAILABLE]
    assert len(reasons) == 1
    assert "Input/output error" in reasons[0]
    with pytest.raises(ServiceNotAvailable, match="Input/output error"):
        opened.store.append([message()])
    assert len(opened.bodies()) == 3
    opened.clock.advance(100)
    assert flusher.waiting == []


def test_after_a_failed_disk_a_stop_leaves_the_marker(logged_errors):
    """The next start is told to read the log, and the stop is reported as an unclean one."""
    disk = Disk()
    opened = open_store(disk, SYNC)
    disk.fail("sync", errno.EIO, "commitlog/*", times=1)
    assert send(opened) == [PutStatus.SERVICE_NOT_AVAILABLE]
    stop(opened)
    assert disk.exists("abort")
    assert "not stopped cleanly" in str(logged_errors.flush()[0])


def test_a_full_disk_refuses_and_recovers():
    """Without room for the log a send is refused, nothing is lost, and it works again by itself."""
    disk = Disk(capacity=5 * 4096)
    opened = open_store(disk)
    accepted, refusal = 0, None
    while refusal is None and accepted < 1000:
        try:
            opened.put(message(body=b"%06d" % accepted + bytes(500)))
            accepted += 1
        except ServiceNotAvailable as refused:
            refusal = refused
    assert "No space left" in str(refusal)
    assert len(opened.bodies()) == accepted > 0
    disk.capacity *= 4
    assert opened.put(message(body=b"%06d" % accepted))[0].queue_offset == accepted
    assert [int(body[:6]) for body in opened.bodies()] == list(range(accepted + 1))
    disk.capacity *= 4
    again = open_store(disk.kill())
    assert len(again.bodies()) == accepted + 1


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_failed_write_counts_for_nothing(number):
    """All messages of the turn are refused, and their offsets and positions go to others."""
    disk = Disk()
    opened = open_store(disk)
    opened.put(message(body=b"first"))
    disk.fail("write", number, "commitlog/*", times=1)
    told = []
    lost = opened.store.append([message(body=b"lost"), message(queue_id=1)])
    for one in lost:
        opened.store.when_durable(one.position + one.size, told.append, flush=False)
    heard = []
    opened.store.subscribe(heard.extend)
    opened.turns.run()
    assert told == [PutStatus.SERVICE_NOT_AVAILABLE] * 2
    assert heard == []
    assert opened.bodies() == [b"first"]
    assert opened.store.bounds("T", 1) is None
    if number == errno.ENOSPC:
        assert opened.put(message(body=b"next"))[0].position == lost[0].position
        assert opened.bodies() == [b"first", b"next"]
    else:
        with pytest.raises(ServiceNotAvailable):
            opened.store.append([message()])


def test_bytes_of_a_failed_write_never_come_back():
    """A write that failed half way leaves nothing that a later start takes for messages."""
    disk = Disk()
    opened = open_store(disk)
    opened.put(message(body=b"first"))
    whole = disk.content

    def torn(call, path):
        if call == "write" and path.startswith("commitlog"):
            disk._observe = None
            part = b"".join(opened_pieces)
            whole(path)[opened.store.readable : opened.store.readable + len(part)] = part
            raise OSError(errno.ENOSPC, "No space left on device")

    opened.store.append([message(body=b"lost1"), message(body=b"lost2")])
    opened_pieces = list(opened.store.log.staged)
    disk._observe = torn
    opened.turns.run()
    opened.put(message(body=b"next1"))
    assert [bytes(body) for body in open_store(disk.kill()).bodies()] == [b"first", b"next1"]


def test_a_large_turn_is_written_early():
    """A turn that collects megabytes does not keep them in memory until its end."""
    disk = Disk()
    opened = open_store(disk, LARGE)
    heard = []
    opened.store.subscribe(heard.extend)
    for _ in range(5):
        opened.store.append([message(body=bytes(EARLY_WRITE // 2))])
        assert opened.store.log.unwritten() <= EARLY_WRITE
    assert opened.store.readable > EARLY_WRITE
    assert heard == []
    opened.turns.run()
    assert len(heard) == 5
    assert len(opened.bodies()) == 5


def test_units_wait_for_room():
    """A disk that is full when queues are written costs nothing: readers see all, and later it is written."""
    disk = Disk()
    opened = open_store(disk)
    fault = disk.fail("write", errno.ENOSPC, "consumequeue/*")
    opened.put(*(message(body=b"%d" % number) for number in range(9)))
    opened.clock.advance(SMALL.queue_write_interval)
    assert len(opened.bodies()) == 9
    opened.put(message())
    disk.faults.remove(fault)
    opened.clock.advance(SMALL.queue_write_interval)
    assert any(disk.content("consumequeue/T/0/" + "0" * 20))
    assert len(opened.bodies()) == 10


def test_the_next_file_is_made_ahead():
    """Going on to a new log file does not make senders wait: it is there before it is needed."""
    disk = Disk()
    chores = LaterChores()
    opened = open_store(disk, chores=chores)
    opened.put(message(body=bytes(1900)))
    assert disk.list("commitlog") == ["0" * 20]
    opened.put(message(body=bytes(500)))
    chores.do()
    assert disk.list("commitlog") == ["0" * 20, f"{4096:020d}"]
    assert disk.list("rmqtw") == []


def test_a_failing_listener_harms_nobody(logged_errors):
    """A bug in one part of the broker does not keep messages from the others."""
    opened = open_store(Disk())
    heard = []

    def broken(_):
        raise RuntimeError("boom")

    opened.store.subscribe(broken)
    opened.store.subscribe(heard.extend)
    told = []
    (one,) = opened.store.append([message()])
    opened.store.when_durable(one.position + one.size, broken, flush=False)
    opened.store.when_durable(one.position + one.size, told.append, flush=False)
    opened.turns.run()
    assert len(heard) == 1
    assert told == [PutStatus.OK]
    assert len(logged_errors.flush(RuntimeError)) == 2


def test_stopping_while_the_disk_works():
    """A stop brings everything to the disk, whoever is still at work."""
    disk = Disk()
    flusher, chores = LaterChores(), LaterChores()
    opened = open_store(disk, SYNC, flusher=flusher, chores=chores)
    told = send(opened)
    done = []
    opened.store.append([message()])
    opened.store.stop().addCallback(done.append)
    while not done:
        flusher.do()
        chores.do()
    assert told == [PutStatus.OK]
    left = disk.crash()
    again = open_store(left)
    assert (again.summary.clean, again.summary.records) == (True, 0)
    assert len(again.bodies()) == 2


def test_truncate_waits_for_the_disk():
    """A log is not cut under a flush, and takes no messages meanwhile."""
    flusher, chores = LaterChores(), LaterChores()
    opened = open_store(Disk(), SYNC, flusher=flusher, chores=chores)
    kept = send(opened)
    cut_at = opened.store.readable
    lost = send(opened)
    done = []
    opened.store.truncate(cut_at).addCallback(done.append)
    with pytest.raises(ServiceNotAvailable, match="being cut"):
        opened.store.append([message()])
    assert done == []
    while not done:
        flusher.do()
        chores.do()
    assert kept == lost == [PutStatus.OK]
    assert opened.store.durable == opened.store.readable == cut_at
    assert len(opened.bodies()) == 1
