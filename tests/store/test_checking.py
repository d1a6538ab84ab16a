"""The check of a stopped store finds whatever is wrong with it, and mending puts right what can be."""

from __future__ import annotations

from random import Random

import pytest
from twisted.internet.task import Clock

from rmqtw.store.checking import check_store
from rmqtw.store.errors import StoreLocked, StoreUnavailable
from rmqtw.store.indexfile import HEADER_SIZE, Geometry
from rmqtw.store.mending import mend, would_mend
from rmqtw.testing.disk import Disk
from rmqtw.wire.messages import MAGIC_BLANK, TRANSACTION_PREPARED, frame_record
from tests.store.kit import Wall, message, open_store, stop
from tests.store.test_index import TINY, find, keyed

TINY_INDEX = Geometry(TINY.index_slots, TINY.index_entries)
FIRST = "00000000000000000000"


def a_store(count=60):
    """A stopped store with records of all kinds."""
    disk = Disk()
    opened = open_store(disk, TINY)
    for number in range(count):
        opened.put(
            keyed(f"k{number % 3}", f"U{number}", body=bytes(100)),
            message("Other", number % 2, b"%d" % number, tag="a"),
        )
    opened.put(keyed("half", sys_flag=TRANSACTION_PREPARED))
    disk.open("config/topics.json", create=True).write(0, [b'{"a":1}'])
    disk.open("config/topics.json.bak", create=True).write(0, [b'{"a":0}'])
    stop(opened)
    return disk


def check(disk):
    """Check, and see that nothing was changed by that."""
    before = {path: bytes(content.live) for path, content in disk._live.items()}
    report = check_store(disk, geometry=TINY_INDEX)
    assert {path: bytes(content.live) for path, content in disk._live.items()} == before
    return report


def mended_by(work, files):
    """Mend, or say what would be mended."""
    return work(files, Clock(), Wall(), lambda *_: None, TINY)


def test_a_sound_store_is_sound():
    """An operator would be sent after faults that are none."""
    report = check(a_store())
    assert report.findings == []
    assert (report.clean, report.sound, report.records, report.queues) == (True, True, 121, 3)
    assert (report.units, report.index_entries, report.documents) == (120, 121, 1)
    assert report.index_files == 7


@pytest.mark.parametrize("seed", range(15))
def test_a_killed_store_is_sound_too(seed):
    """After every kill an operator would think that the store is damaged."""
    random, disk = Random(seed), Disk()
    opened = open_store(disk, TINY)
    for number in range(random.randrange(1, 90)):
        opened.put(keyed(f"k{number}", body=bytes(random.randrange(300))))
        opened.clock.advance(random.choice([0, 0, 0.06, 0.3, 11]))
    report = check(disk.kill())
    assert (report.clean, report.sound) == (False, True), report.findings
    assert check(disk.crash()).sound


def test_a_store_in_use_is_left_alone():
    """A check of a running store would tell of faults that are none; a repair would make some."""
    disk = Disk()
    opened = open_store(disk, TINY)
    opened.put(message())
    for work in (check_store, lambda files: mended_by(mend, files)):
        with pytest.raises(StoreLocked, match="another broker works on it"):
            work(disk)
    stop(opened)


def test_what_is_no_store():
    """A wrong folder would be called sound."""
    with pytest.raises(StoreUnavailable, match="is it a store"):
        check_store(Disk())


def log_bytes(disk):
    """The log's first file, to be damaged."""
    return disk.content(f"commitlog/{FIRST}")


def flip(content, place, bit=0):
    """Turn one bit over."""
    content[place] ^= 1 << bit


def test_a_damaged_record_does_not_hide_those_behind_it():
    """One bad bit would look like the end of the log."""
    disk = a_store()
    flip(log_bytes(disk), 95)  # in the first body
    report = check(disk)
    assert report.records == 120
    (log,) = [one for one in report.findings if one.kind == "log"]
    assert (log.where, log.mends) == ("position 0", False)
    assert "checksum" in log.what
    assert report.damage["log"] == 1


@pytest.mark.parametrize("seed", range(60))
def test_any_bit_of_log_and_queues_is_missed_by_nobody(seed):
    """A damaged store would be called sound."""
    random, disk = Random(seed), a_store(20)
    files = [path for path in disk._live if path.startswith(("commitlog/", "consumequeue/"))]
    path = random.choice(files)
    content = disk.content(path)
    used = len(bytes(content).rstrip(b"\x00"))
    place = random.randrange(used)
    while path.startswith("commitlog/") and not is_checked(content, place):
        place = random.randrange(used)
    flip(content, place, random.randrange(8))
    report = check(disk)
    assert not report.sound, (path, place)


def is_checked(content, place):
    """Whether a byte is one that size, magic, position, checksum, queue or index vouch for."""
    start = 0
    while start < len(content) - 8 and any(content[start : start + 8]):
        size, magic = frame_record(content, start)
        if place < start + size:
            body = int.from_bytes(content[start + 84 : start + 88])
            known = (range(16), range(20, 36), range(88, 88 + body))
            return magic != MAGIC_BLANK and any(place - start in one for one in known)
        start += size
    return False


def is_used(place):
    """Whether a byte behind an index file's header counts: not entry 0, nor seconds, which are a hint."""
    number, byte = divmod(place - HEADER_SIZE - 4 * TINY.index_slots, 20)
    return number < 0 or (number > 0 and not 12 <= byte < 16)


@pytest.mark.parametrize("seed", range(60))
def test_any_bit_of_the_index_is_missed_by_nobody(seed):
    """A search that finds nothing would have no explanation."""
    random, disk = Random(seed), a_store(20)
    content = disk.content("index/" + disk.list("index")[0])
    used = len(bytes(content).rstrip(b"\x00"))
    place = random.randrange(HEADER_SIZE, used)
    while not is_used(place):
        place = random.randrange(HEADER_SIZE, used)
    flip(content, place, random.randrange(8))
    report = check(disk)
    assert report.damage["index"], place
    mended = mended_by(mend, disk)
    assert mended.index_again
    assert check(disk).sound
    opened = open_store(disk, TINY)
    assert len(find(opened, "k0", most=99)) == 7
    stop(opened)


def test_units_that_point_elsewhere_are_found_and_mended():
    """Consumers would get the wrong message, or none."""
    disk = a_store()
    queue = disk.content(f"consumequeue/Other/1/{FIRST}")
    good = bytes(queue)
    queue[40:60], queue[60:80] = good[60:80], good[40:60]
    queue[100:120] = bytes(8) + (0x7FFFFFFF).to_bytes(4, "big") + bytes(8)
    report = check(disk)
    assert report.damage["queues"] >= 3
    dry = mended_by(would_mend, disk)
    assert dry.units == 3
    assert any("3 units" in line for line in dry.lines())
    assert [change.path for change in dry.changes] == [f"consumequeue/Other/1/{FIRST}"]
    assert bytes(queue) != good
    assert mended_by(mend, disk).units == 3
    assert bytes(disk.content(f"consumequeue/Other/1/{FIRST}")) == good
    assert check(disk).sound


def test_a_lost_queue_is_found_and_mended():
    """A folder that somebody removed would cost its messages."""
    disk = a_store()
    disk.remove(f"consumequeue/Other/1/{FIRST}")
    assert check(disk).damage["queues"] == 30
    mended_by(mend, disk)
    assert check(disk).sound
    opened = open_store(disk, TINY)
    assert len(opened.bodies("Other", 1)) == 30
    stop(opened)


def test_bytes_behind_the_end():
    """Garbage would be taken for the log's end, or for records."""
    disk = a_store(3)
    end = check(disk).log_end
    log_bytes(disk)[end + 100] = 7
    report = check(disk)
    assert [one.where for one in report.findings] == [f"position {end + 100}"]
    assert not report.sound


def test_documents():
    """A broker would start with old topics, and nobody would know why."""
    disk = a_store()
    disk.content("config/topics.json")[0] = 0
    report = check(disk)
    assert (report.counts["config"], report.sound) == (1, True)
    mended = mended_by(mend, disk)
    assert mended.documents == ["config/topics.json"]
    assert bytes(disk.content("config/topics.json")) == b'{"a":0}'
    disk.content("config/topics.json.bak")[0] = disk.content("config/topics.json")[0] = 0
    assert not check(disk).sound


def test_a_checkpoint_that_promises_too_much():
    """A log whose end was lost would be called sound."""
    disk = a_store()
    disk.content("checkpoint")[0:8] = (2**62).to_bytes(8, "big")
    assert check(disk).damage["checkpoint"] == 1


def test_a_sound_store_is_not_touched_by_a_repair():
    """A repair out of caution would change what was good."""
    disk = a_store()
    before = {path: bytes(content.live) for path, content in disk._live.items()}
    mended = mended_by(mend, disk)
    assert mended.lines() == []
    assert {path: bytes(content.live) for path, content in disk._live.items()} == before


def test_progress_is_told():
    """A check of an hour would look as if it hung."""
    told = []
    check_store(a_store(600), lambda done, total: told.append(done / total), TINY_INDEX)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 2
