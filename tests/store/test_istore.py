"""`IStore`: the same tests on files on the real disk, on files in memory, and in memory."""

from __future__ import annotations

import attrs
import pytest
from twisted.internet.task import Clock
from zope.interface.verify import verifyObject

from rmqtw.interfaces.storage import (
    Ahead,
    Behind,
    Bounds,
    Empty,
    Found,
    IStore,
    NoMatch,
    NoQueue,
    PutStatus,
)
from rmqtw.net.turns import EndOfTurn
from rmqtw.store.files import RealFiles
from rmqtw.store.memory import MemoryStore
from rmqtw.testing.disk import Disk
from rmqtw.wire.errors import InvalidParameter, MessageIllegal, ServiceNotAvailable
from rmqtw.wire.messages import TRANSACTION_COMMIT, TRANSACTION_PREPARED, decode_record, split_records
from tests.store.kit import SMALL, Opened, Wall, message, now, open_store, stop


class IStoreTests:
    def test_keeps_its_interface(self, opened):
        """The broker can use any store in the same way."""
        verifyObject(IStore, opened.store)

    def test_reads_what_was_appended(self, opened):
        """A message comes back with its content, its offset, its place and its time."""
        (appended,) = opened.put(message(body=b"hello", tag="blue"))
        (record,) = opened.records()
        assert (appended.topic, appended.queue_id, appended.queue_offset) == ("T", 0, 0)
        assert (bytes(record.body), record.tags_code) == (b"hello", appended.tags_code)
        assert (record.position, record.size) == (appended.position, appended.size)
        assert record.store_timestamp == appended.store_timestamp == opened.wall()

    def test_order_and_offsets(self, opened):
        """Each queue counts its own messages and keeps the order of sending, over many files."""
        for number in range(200):
            opened.put(message(queue_id=number % 3, body=b"%d" % number), message("Other", 7))
        for queue_id in range(3):
            expected = [b"%d" % number for number in range(200) if number % 3 == queue_id]
            assert opened.bodies(queue_id=queue_id) == expected
            assert [r.queue_offset for r in opened.records(queue_id=queue_id)] == list(range(len(expected)))
        assert opened.store.bounds("Other", 7) == Bounds(0, 200)

    def test_nothing_is_seen_before_it_is_written(self, opened):
        """A consumer never gets a message that a crash of the same moment could take back."""
        opened.put(message())
        (appended,) = opened.store.append([message()])
        assert opened.store.bounds("T", 0) == Bounds(0, 1)
        assert opened.store.read("T", 0, 1, 32, 9999) == Empty(Bounds(0, 1))
        assert now(opened.store.record_at(appended.position)) is None
        opened.turns.run()
        assert opened.store.bounds("T", 0) == Bounds(0, 2)
        assert now(opened.store.record_at(appended.position)) is not None

    def test_outcomes_of_a_read(self, opened):
        """Each way to find nothing has its own answer, from which the pull code is made."""
        assert opened.store.read("T", 0, 0, 32, 9999) == NoQueue()
        opened.put(message(), message())
        bounds = Bounds(0, 2)
        assert opened.store.read("T", 0, 2, 32, 9999) == Empty(bounds)
        assert opened.store.read("T", 0, 3, 32, 9999) == Ahead(bounds)
        assert opened.store.read("T", 0, -1, 32, 9999) == Behind(bounds)
        assert opened.store.read("T", 1, 0, 32, 9999) == NoQueue()
        found = now(opened.store.read("T", 0, 1, 32, 9999))
        assert (found.count, found.next_offset, found.bounds) == (1, 2, bounds)

    def test_limits_of_a_read(self, opened):
        """A pull gets at most what it asked for, and one message even when that is larger."""
        sizes = [one.size for one in opened.put(*(message(body=b"x" * 200) for _ in range(10)))]
        assert now(opened.store.read("T", 0, 0, 3, 9999)).count == 3
        limited = now(opened.store.read("T", 0, 0, 32, sum(sizes[:4])))
        assert (limited.count, limited.size, limited.next_offset) == (4, sum(sizes[:4]), 4)
        assert now(opened.store.read("T", 0, 0, 32, sum(sizes[:4]) - 1)).count == 3
        assert now(opened.store.read("T", 0, 0, 32, 1)).count == 1

    def test_filters(self, opened):
        """A consumer of one tag gets its messages and moves on over the others."""
        opened.put(*(message(tag="ab"[number % 2], body=b"%d" % number) for number in range(20)))
        wanted = message(tag="b").tags_code
        found = now(opened.store.read("T", 0, 0, 4, 9999, lambda code, _: code == wanted))
        records = [decode_record(one) for run in found.slices for one in split_records(run)]
        assert [bytes(record.body) for record in records] == [b"1", b"3", b"5", b"7"]
        assert (found.count, found.next_offset) == (4, 8)
        assert now(opened.store.read("T", 0, 4, 32, 9999, lambda *_: False)) == NoMatch(20, Bounds(0, 20))

    def test_filters_by_content(self, opened):
        """A filter that needs a message's properties or body gets the whole record."""
        opened.put(*(message(body=b"%d" % number) for number in range(10)))
        found = now(
            opened.store.read("T", 0, 0, 9, 9999, lambda _, record: decode_record(record()).body == b"4")
        )
        assert (found.count, found.next_offset) == (1, 10)
        assert decode_record(b"".join(found.slices)).queue_offset == 4

    def test_prepared_messages_are_in_no_queue(self, opened):
        """An undecided message of a transaction is not seen; a committed one is."""
        prepared, committed = opened.put(
            message(sys_flag=TRANSACTION_PREPARED), message(sys_flag=TRANSACTION_COMMIT)
        )
        assert prepared.queue_offset == committed.queue_offset == 0
        assert opened.store.bounds("T", 0) == Bounds(0, 1)
        assert [record.position for record in opened.records()] == [committed.position]

    def test_too_large(self, opened):
        """A message over the limit is refused with its size, and takes no other message with it."""
        with pytest.raises(MessageIllegal, match="limit is 3000"):
            opened.store.append([message(), message(body=bytes(3000))])
        opened.turns.run()
        assert opened.store.bounds("T", 0) is None
        opened.put(message(body=b"next"))
        assert opened.bodies() == [b"next"]

    def test_all_or_nothing(self, opened):
        """When one message of a batch cannot be stored none is, and offsets have no gap."""
        opened.put(message(body=b"before"))
        opened.store.append([message(body=b"same turn")])
        bad = message(queue_id=1, body=b"bad")
        bad.flag = 2**40
        with pytest.raises(MessageIllegal):
            opened.store.append([*(message(body=bytes(900)) for _ in range(9)), message("U"), bad])
        opened.turns.run()
        (appended,) = opened.put(message(body=b"after"))
        assert appended.queue_offset == 2
        assert opened.bodies() == [b"before", b"same turn", b"after"]
        assert opened.store.bounds("U", 0) is opened.store.bounds("T", 1) is None

    def test_listeners(self, opened):
        """Parked pulls are woken once for each turn, after the messages can be read."""
        heard = []
        opened.store.subscribe(lambda batch: heard.append((list(batch), opened.store.bounds("T", 0).next)))
        first = opened.store.append([message()])
        second = opened.store.append([message()])
        assert heard == []
        opened.turns.run()
        opened.turns.run()
        assert heard == [(first + second, 2)]

    def test_waiters(self, opened):
        """A send is answered once its bytes are written, once, and never within the call."""
        told = []
        (appended,) = opened.store.append([message()])
        end = appended.position + appended.size
        opened.store.when_durable(end, told.append, flush=False)
        opened.store.when_durable(end, told.append, flush=True)
        assert told == []
        opened.turns.run()
        assert told == [PutStatus.OK] * 2
        opened.store.when_durable(end, told.append, flush=True)
        assert len(told) == 2
        opened.turns.run()
        assert told == [PutStatus.OK] * 3

    def test_find_time(self, opened):
        """A consumer starts at a time: at the first message stored then or later."""
        assert now(opened.store.find_time("T", 0, 5)) == 0
        for time in (100, 200, 200, 300):
            opened.wall.now = time
            opened.put(message())
        lower = [now(opened.store.find_time("T", 0, time)) for time in (0, 100, 101, 200, 300, 301)]
        assert lower == [0, 0, 1, 1, 3, 4]
        times = (0, 100, 199, 200, 299, 301)
        upper = [now(opened.store.find_time("T", 0, time, upper=True)) for time in times]
        assert upper == [0, 0, 0, 2, 2, 3]

    def test_record_at(self, opened):
        """A message is found by its id's position; any other position finds nothing, and does no harm."""
        first, second = opened.put(message(body=b"one"), message(body=b"two"))
        assert decode_record(now(opened.store.record_at(second.position))).body == b"two"
        for position in (-1, 1, first.position + 8, second.position + second.size, 2**62):
            assert now(opened.store.record_at(position)) is None

    def test_a_record_inside_a_body_is_none(self, opened):
        """Nobody can plant a message of another topic in a body and have it read by its position."""
        (probe,) = opened.put(message(body=b"x"))
        (record,) = opened.records()
        forged = bytearray(now(opened.store.record_at(probe.position)))
        end = probe.position + probe.size
        offset_of_body = 88
        forged[28:36] = (end + offset_of_body).to_bytes(8, "big")
        (carrier,) = opened.put(message("Evil", body=bytes(forged)))
        assert carrier.position == end
        assert record.body == b"x"
        inside = carrier.position + offset_of_body
        assert now(opened.store.slice(inside, len(forged))) == forged
        assert now(opened.store.record_at(inside)) is None

    def test_slice(self, opened):
        """A slave gets the log byte by byte, as far as it is written."""
        first, second = opened.put(message(), message())
        end = second.position + second.size
        whole = now(opened.store.slice(first.position, 10**6))
        assert len(whole) == end
        assert decode_record(whole, second.position).position == second.position
        assert now(opened.store.slice(end, 10)) == b""
        with pytest.raises(ValueError, match="outside"):
            now(opened.store.slice(end + 1, 10))
        assert now(opened.store.slice(4, 4)) == whole[4:8]

    def test_append_raw(self, opened, other):
        """A slave that is given its master's log has the same messages at the same places."""
        for number in range(60):
            opened.put(message(queue_id=number % 2, body=b"%d" % number * 9, tag=f"t{number % 4}"))
        heard = []
        other.store.subscribe(heard.extend)
        position = 0
        log_end = now(opened.store.slice(0, 10**6))
        cuts = [r.position for r in sorted(opened.records() + opened.records(queue_id=1), key=_position)][::7]
        for cut in [*cuts[1:], len(log_end)]:
            other.store.append_raw(position, bytes(log_end[position:cut]))
            other.turns.run()
            position = cut
        for queue_id in (0, 1):
            assert other.records(queue_id=queue_id) == opened.records(queue_id=queue_id)
        assert len(heard) == 60
        assert [one.tags_code for one in heard] == [
            record.tags_code
            for record in sorted(opened.records() + opened.records(queue_id=1), key=_position)
        ]
        (appended,) = other.put(message())
        assert appended.queue_offset == 30

    def test_append_raw_in_the_middle_of_a_queue(self, opened, other):
        """A slave may begin where the master's older messages are gone."""
        appended = opened.put(*(message(body=b"%d" % number) for number in range(5)))
        record = bytearray(now(opened.store.record_at(appended[3].position)))
        record[28:36] = bytes(8)
        other.store.append_raw(0, bytes(record))
        other.turns.run()
        assert other.store.bounds("T", 0) == Bounds(3, 4)
        assert other.store.read("T", 0, 2, 1, 99) == Behind(Bounds(3, 4))
        assert other.bodies(offset=3) == [b"3"]

    @pytest.mark.parametrize("damage", ["position", "cut", "magic", "crc", "twice"])
    def test_append_raw_refuses(self, opened, other, damage):
        """A slave refuses bytes that are no continuation of its log, and stays as it was."""
        opened.put(message(), message())
        data = bytearray(now(opened.store.slice(0, 10**6)))
        size = len(data) // 2
        data = {
            "position": lambda: data[size:],
            "cut": lambda: data[:-1],
            "magic": lambda: data[:4] + b"\0\0\0\0" + data[8:],
            "crc": lambda: data[:88] + b"X" + data[89:],
            "twice": lambda: data[:size] + data[:size],
        }[damage]()
        with pytest.raises(ValueError, match=r"."):
            other.store.append_raw(0, bytes(data))
        with pytest.raises(ValueError, match="end"):
            other.store.append_raw(1, b"")
        other.turns.run()
        assert other.store.bounds("T", 0) is None

    def test_truncate(self, opened):
        """What was cut off is gone everywhere, and its offsets and positions are used again."""
        kept = opened.put(*(message(queue_id=number % 2, body=b"%d" % number) for number in range(30)))
        opened.put(*(message(queue_id=number % 3, body=b"cut") for number in range(60)))
        end = kept[-1].position + kept[-1].size
        now(opened.store.truncate(end))
        assert opened.store.bounds("T", 0) == opened.store.bounds("T", 1) == Bounds(0, 15)
        assert now(opened.store.slice(end, 100)) == b""
        (again,) = opened.put(message(queue_id=1, body=b"again"))
        assert (again.position, again.queue_offset) == (end, 15)
        assert opened.bodies(queue_id=1)[-2:] == [b"29", b"again"]

    def test_truncate_refuses_a_place_inside_a_record(self, opened):
        """A wrong position cuts nothing."""
        opened.put(message(), message())
        for position in (-1, 5, 10**6):
            with pytest.raises(ValueError, match="position"):
                now(opened.store.truncate(position))
        assert len(opened.bodies()) == 2

    def test_no_epochs_without_replication(self, opened):
        """A store that was never replicated says so."""
        assert list(opened.store.epochs()) == []

    def test_stopped(self, opened):
        """A stopped store takes nothing more, and says that it is stopping."""
        opened.put(message())
        now(opened.store.stop())
        with pytest.raises(ServiceNotAvailable, match="stopping"):
            opened.store.append([message()])
        now(opened.store.stop())


def _position(record):
    return record.position


class FileStoreTests(IStoreTests):
    def test_names_that_no_folder_can_have(self, opened):
        """A hostile topic never leaves the store's folder."""
        for topic in ("../x", ".", "a/b", "a\0b"):
            with pytest.raises(InvalidParameter):
                opened.store.append([message(topic)])

    def test_comes_back_after_a_stop(self, files):
        """Everything is there after a restart, and nothing has to be read for that."""
        first = open_store(files)
        for number in range(150):
            first.put(message(queue_id=number % 2, body=b"%d" % number))
        stop(first)
        assert not files.exists("abort")
        second = open_store(files)
        assert (second.summary.clean, second.summary.records) == (True, 0)
        assert second.bodies() == [b"%d" % number for number in range(0, 150, 2)]
        (appended,) = second.put(message(queue_id=1))
        assert appended.queue_offset == 75
        stop(second)

    def test_an_empty_store_restarts(self, files):
        """Stopping and starting without a message leaves a store that works."""
        stop(open_store(files))
        again = open_store(files)
        again.put(message())
        assert len(again.bodies()) == 1
        stop(again)

    def test_sizes_come_from_the_files(self, files):
        """Changing a setting does not make the files unreadable."""
        first = open_store(files)
        first.put(*(message(body=bytes(500)) for _ in range(20)))
        stop(first)
        second = open_store(files, attrs.evolve(SMALL, segment_size=1 << 16, queue_file_size=2000))
        second.put(*(message(body=bytes(500)) for _ in range(20)))
        assert len(second.bodies()) == 40
        sizes = {files.open(f"commitlog/{name}").size() for name in files.list("commitlog")}
        assert sizes == {4096}
        stop(second)


class TestOnRealFiles(FileStoreTests):
    @pytest.fixture
    def files(self, tmp_path):
        return RealFiles(str(tmp_path / "one"))

    @pytest.fixture
    def opened(self, files):
        opened = open_store(files)
        yield opened
        stop(opened)

    @pytest.fixture
    def other(self, tmp_path):
        opened = open_store(RealFiles(str(tmp_path / "two")))
        yield opened
        stop(opened)


class TestOnDiskInMemory(FileStoreTests):
    @pytest.fixture
    def files(self):
        return Disk()

    @pytest.fixture
    def opened(self, files):
        return open_store(files)

    @pytest.fixture
    def other(self):
        return open_store(Disk())


class TestColdDisk(IStoreTests):
    """Everything is read by way of chores, as when no page is in memory."""

    @pytest.fixture
    def files(self):
        disk = Disk()
        disk.cold = True
        return disk

    @pytest.fixture
    def opened(self, files):
        return open_store(files)

    @pytest.fixture
    def other(self):
        return open_store(Disk())


class TestMemoryStore(IStoreTests):
    @pytest.fixture
    def opened(self):
        wall, turns = Wall(), EndOfTurn(lambda: None)
        opened = Opened(MemoryStore(wall, turns, max_record_size=3000), turns, Clock(), wall)
        opened.store.start()
        return opened

    @pytest.fixture
    def other(self):
        wall, turns = Wall(), EndOfTurn(lambda: None)
        return Opened(MemoryStore(wall, turns), turns, Clock(), wall)


def test_found_is_a_value():
    """Outcomes can be compared, as the pull code's tests do."""
    assert Found([b"x"], 1, 1, 1, Bounds(0, 1)) == Found([b"x"], 1, 1, 1, Bounds(0, 1))
