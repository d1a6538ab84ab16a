"""What is old goes, in its time and not before, whatever the clocks do; a full disk takes no messages."""

from __future__ import annotations

import errno
from datetime import UTC

import attrs
import pytest

from rmqtw.interfaces.storage import Bounds
from rmqtw.store.checking import check_store
from rmqtw.store.files import RealFiles
from rmqtw.store.indexfile import Geometry
from rmqtw.store.trustedclock import TrustedClock
from rmqtw.testing.disk import Disk
from rmqtw.wire.errors import ServiceNotAvailable
from rmqtw.wire.messages import decode_record
from tests.store.kit import SMALL, message, now, open_store, stop
from tests.store.test_index import find, keyed

HOUR = 3600
DAYS = attrs.evolve(
    SMALL, reserved_time=72.0 * HOUR, delete_hours=(4,), zone=UTC, index_slots=7, index_entries=20
)
MIDNIGHT = 1_800_057_600_000
"""A day's begin in UTC, milliseconds."""


def opened_at(hour, disk=None, settings=DAYS, **more):
    """A store, at this hour."""
    opened = open_store(disk or Disk(), settings, **more)
    opened.wall.now = MIDNIGHT + hour * HOUR * 1000
    return opened


def fill(opened, count=40, *, pause=0.0, key="k"):
    """Messages over several log files, with time between them."""
    for _ in range(count):
        opened.put(keyed(key, body=bytes(300)))
        pass_time(opened, pause)
    opened.clock.advance(0.6)


def pass_time(opened, seconds, step=600.0):
    """Let clocks go on together, as they do."""
    while seconds > 0:
        part = min(seconds, step)
        opened.wall.now += int(part * 1000)
        opened.clock.advance(part)
        seconds -= part


def files_in_use(opened, files):
    """Of these, the file that is written to, and the next one if it was made ahead."""
    return [start for start in files if start + 4096 > opened.store.log.end]


def log_files(opened):
    """The starts of the log's files."""
    return [int(name) for name in opened.store.files.list("commitlog")]


def test_old_files_go_at_their_hour():
    """The disk would fill up, or messages would go before their time."""
    opened = opened_at(5)
    fill(opened)
    files = log_files(opened)
    assert len(files) > 3
    pass_time(opened, 71 * HOUR)
    assert log_files(opened) == files
    pass_time(opened, 2 * HOUR)  # now 06:00, three days later: old enough, not the hour
    assert log_files(opened) == files
    pass_time(opened, 23.5 * HOUR)
    assert log_files(opened) == files_in_use(opened, files)
    stop(opened)


def test_queues_begin_where_the_log_does():
    """Consumers would be sent to messages that are gone."""
    opened = opened_at(5)
    fill(opened)
    places = find(opened, "k", most=99)
    pass_time(opened, 96 * HOUR)
    start = opened.store.log.start
    assert start > 0
    bounds = opened.store.bounds("T", 0)
    assert bounds == Bounds(40 - len([p for p in places if p >= start]), 40)
    readable = [r.position >= start for r in opened.records(offset=bounds.lowest)]
    assert readable == [True] * (40 - bounds.lowest)
    assert find(opened, "k", most=99) == [place for place in places if place >= start]
    assert len(opened.store.files.list("index")) < 3
    stop(opened)
    again = open_store(opened.store.files, DAYS)
    assert again.store.bounds("T", 0) == bounds
    stop(again)


def test_an_expired_queue_keeps_its_offsets():
    """A group that had consumed everything would wait at an offset that its queue never reaches again."""
    opened = opened_at(5)
    opened.put(*(message("Quiet") for _ in range(7)))
    fill(opened, 60)
    pass_time(opened, 96 * HOUR)
    assert opened.store.bounds("Quiet", 0) == Bounds(7, 7)
    (appended,) = opened.put(message("Quiet"))
    assert appended.queue_offset == 7
    assert len(opened.records("Quiet", 0, 7)) == 1
    stop(opened)
    again = open_store(opened.store.files, DAYS)
    assert again.store.bounds("Quiet", 0) == Bounds(7, 8)
    stop(again)


def test_queue_files_without_a_message_go():
    """Queue files would pile up for ever."""
    opened = opened_at(5)
    for _ in range(12):
        opened.put(*(message(body=bytes(50)) for _ in range(20)))
    opened.clock.advance(1)
    assert len(opened.store.files.list("consumequeue/T/0")) == 5
    pass_time(opened, 96 * HOUR)
    assert len(opened.store.files.list("consumequeue/T/0")) == 1
    assert opened.store.bounds("T", 0).next == 240
    stop(opened)


def test_on_demand_at_any_hour():
    """mqadmin deleteExpiredCommitLog would do nothing until the night."""
    opened = opened_at(5)
    fill(opened, 80)
    pass_time(opened, 73 * HOUR)
    files = log_files(opened)
    assert now(opened.store.delete_expired()) == len(files) - len(files_in_use(opened, files)) > 5
    assert now(opened.store.delete_expired()) == 0
    assert opened.store.bounds("T", 0).lowest > 0
    stop(opened)


def test_on_demand_takes_nothing_that_is_not_expired():
    """mqadmin would delete messages that nobody has read."""
    opened = opened_at(5, settings=attrs.evolve(DAYS, delete_hours=()))
    fill(opened, 100, pause=HOUR)
    files = log_files(opened)
    removed = now(opened.store.delete_expired())
    assert 0 < removed < len(files) - 3
    oldest = decode_record(now(opened.store.record_at(opened.store.log.start)))
    age = opened.wall.now - oldest.store_timestamp
    assert age < (72 + 10) * HOUR * 1000
    assert len(opened.records(offset=opened.store.bounds("T", 0).lowest)) >= 72
    stop(opened)


@pytest.mark.parametrize("jump", [26 * HOUR, 300 * 24 * HOUR])
def test_a_clock_set_forward_deletes_nothing(jump):
    """A wrong clock of an hour would cost three days of messages."""
    opened = opened_at(3)
    fill(opened)
    pass_time(opened, 50 * HOUR)
    files = log_files(opened)
    opened.wall.now += jump * 1000
    pass_time(opened, 20 * HOUR)
    assert now(opened.store.delete_expired()) == 0
    assert log_files(opened) == files
    opened.wall.now -= jump * 1000
    pass_time(opened, HOUR)
    assert log_files(opened) == files
    stop(opened)


def test_a_clock_set_back_deletes_nothing():
    """Messages with times in the future are young, not old."""
    opened = opened_at(3)
    fill(opened)
    files = log_files(opened)
    opened.wall.now -= 1000 * 24 * HOUR * 1000
    pass_time(opened, 100 * HOUR)
    assert log_files(opened) == files
    stop(opened)


def test_a_clock_that_stays_forward_is_believed_after_a_day():
    """After a correction of the clock nothing would ever be deleted again."""
    opened = opened_at(3)
    trusted = TrustedClock(opened.clock, opened.wall)
    assert trusted.now() == opened.wall.now
    opened.wall.now += 1_000_000
    late = []
    for _ in range(200):
        opened.wall.now += 600_000
        opened.clock.advance(600)
        late.append(opened.wall.now - trusted.now())
    assert late[:140] == [1_000_000] * 140
    assert late[150:] == [0] * 50
    stop(opened)


def filled_disk(used, settings=DAYS, **more):
    """A store on a disk of which a part is in use; the rest of the settings as given."""
    disk = Disk(capacity=10_000_000)
    disk.others = int(used * disk.capacity)
    real = disk.free
    disk.free = lambda: (max(0, real()[0] - disk.others), real()[1])
    return opened_at(12, disk, settings, **more), disk


def test_a_filling_disk_is_cleaned_at_any_hour():
    """The disk would be full before the hour comes."""
    opened, disk = filled_disk(0.1)
    fill(opened)
    pass_time(opened, 73 * HOUR)
    files = log_files(opened)
    assert len(files) > 3
    disk.others = 7_600_000
    pass_time(opened, 10)
    assert log_files(opened) == files_in_use(opened, files)
    stop(opened)


def test_a_full_disk_costs_the_oldest_files_only():
    """A full disk would stop the broker, or cost more messages than it must."""
    opened, disk = filled_disk(0.1)
    fill(opened, 80)
    files = log_files(opened)
    used = 1 - disk.free()[0] / disk.free()[1]
    disk.others += int((0.8505 - used) * 10_000_000)
    pass_time(opened, 10)
    left = log_files(opened)
    assert 1 < len(left) < len(files)
    assert left == files[-len(left):]
    assert disk.free()[0] / disk.free()[1] > 0.15
    bounds = opened.store.bounds("T", 0)
    assert len(opened.records(offset=bounds.lowest)) == bounds.next - bounds.lowest
    stop(opened)


def test_nothing_is_taken_above_the_watermark(logged_errors):
    """Other programs would find the disk full; the broker could not even write its offsets."""
    opened, disk = filled_disk(0.1)
    opened.put(message())
    disk.others = 9_100_000
    pass_time(opened, 1)
    with pytest.raises(ServiceNotAvailable, match=r"9\d% full.*diskSpaceWarningLevelRatio"):
        opened.store.append([message()])
    assert len(opened.bodies()) == 1
    disk.others = 1_000_000
    pass_time(opened, 1)
    opened.put(message())
    assert len(opened.bodies()) == 2
    stop(opened)
    assert len(logged_errors.flush()) == 1


def test_the_file_that_is_written_to_stays(logged_errors):
    """A broker on a disk that others filled would throw everything away."""
    opened, disk = filled_disk(0.1)
    fill(opened)
    disk.others = 9_900_000
    pass_time(opened, 60)
    assert len(log_files(opened)) <= 2
    assert opened.store.log.segments.at(opened.store.log.end - 1) is not None
    assert opened.bodies(offset=opened.store.bounds("T", 0).lowest)
    stop(opened)
    logged_errors.flush()


def test_a_disk_that_refuses_to_remove_does_not_stop_the_broker(logged_errors):
    """An error while cleaning would end cleaning, or more."""
    opened = opened_at(5)
    fill(opened)
    pass_time(opened, 73 * HOUR)
    fault = opened.store.files.fail("remove", errno.EIO, "commitlog/*")
    with pytest.raises(OSError, match=r"[Ii]nput/output"):
        now(opened.store.delete_expired())
    opened.put(message())
    opened.store.files.faults.remove(fault)
    now(opened.store.delete_expired())
    assert len(opened.records(offset=opened.store.bounds("T", 0).lowest)) > 0
    stop(opened)
    logged_errors.flush()


def test_topics_nobody_has_lose_their_queues():
    """Queues of deleted topics would stay on the disk for ever."""
    disk = Disk()
    opened = opened_at(5, disk)
    opened.put(message("Gone", 0), message("Gone", 3), message("Kept"))
    opened.clock.advance(1)
    assert now(opened.store.remove_topics(lambda topic: topic != "Kept")) == 1
    assert opened.store.bounds("Gone", 0) is None
    assert opened.store.bounds("Kept", 0) == Bounds(0, 1)
    assert not [path for path in disk._live if "Gone" in path]
    (appended,) = opened.put(message("Gone", 3))
    assert appended.queue_offset == 0
    assert len(opened.records("Gone", 3)) == 1
    stop(opened)
    again = open_store(disk, DAYS)
    assert again.store.bounds("Gone", 3) == Bounds(0, 1)
    stop(again)


def test_a_removal_that_was_killed_is_finished():
    """Half removed queues would take room for ever, or come back."""
    disk = Disk()
    opened = opened_at(5, disk)
    opened.put(message("Gone", 0), message("Gone", 1))
    opened.clock.advance(11)
    fault = disk.fail("remove", errno.EIO, "rmqtw/removed/*")
    with pytest.raises(OSError, match=r"[Ii]nput/output"):
        now(opened.store.remove_topics(lambda _: True))
    disk.faults.remove(fault)
    left = disk.kill()
    again = open_store(left, DAYS)
    assert again.store.bounds("Gone", 0) is None
    assert not [path for path in left._live if "Gone" in path]
    stop(again)


def test_on_a_real_disk(tmp_path):
    """Files and folders would stay, or cleaning would fail, where folders are real."""
    opened = opened_at(5, RealFiles(str(tmp_path)))
    opened.put(message("Gone", 0), message("Gone", 12))
    fill(opened, 80)
    pass_time(opened, 73 * HOUR)
    left = tmp_path / "rmqtw" / "removed" / "9" / "consumequeue" / "Killed" / "0"
    left.mkdir(parents=True)
    (left / ("0" * 20)).write_bytes(b"x")
    assert now(opened.store.delete_expired()) > 5
    assert now(opened.store.clean_queues()) == 0
    assert now(opened.store.remove_topics(lambda topic: topic == "Gone")) == 1
    assert sorted(path.name for path in (tmp_path / "consumequeue").iterdir()) == ["T"]
    assert opened.bodies(offset=opened.store.bounds("T", 0).lowest)
    stop(opened)
    assert check_store(RealFiles(str(tmp_path), read_only=True), geometry=Geometry(7, 20)).findings == []
    again = open_store(RealFiles(str(tmp_path)), DAYS)
    assert not list((tmp_path / "rmqtw").glob("removed/*"))
    stop(again)
