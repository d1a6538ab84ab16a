"""Starts after an end that nobody wished for."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import textwrap

import attrs
import pytest

from rmqtw.store.checkpoint import MARK_PATH, Checkpoint
from rmqtw.store.errors import StoreDamaged, StoreLocked, StoreUnavailable
from rmqtw.store.files import RealFiles
from rmqtw.store.queues import UNIT
from rmqtw.testing.disk import Disk
from tests.store.kit import SMALL, message, open_store, stop

LOG = "commitlog/" + "0" * 20


def fill(opened, count, queues=2, body=b"x" * 100):
    """Messages over some queues; where they went."""
    return opened.put(*(message(queue_id=n % queues, body=b"%06d" % n + body) for n in range(count)))


def numbers(opened, queues=2):
    """The numbers that `fill` gave, over all queues."""
    return sorted(int(body[:6]) for queue_id in range(queues) for body in opened.bodies(queue_id=queue_id))


def last_segment(disk):
    """The newest log file that holds something, as (bytes, start)."""
    name = [n for n in disk.list("commitlog") if any(disk.content(f"commitlog/{n}")[:8])][-1]
    return disk.content(f"commitlog/{name}"), int(name)


def test_a_kill_loses_nothing():
    """Everything that was answered is there after kill -9, units that were only in memory included."""
    disk = Disk()
    fill(open_store(disk), 100)
    left = disk.kill()
    assert left.exists("abort")
    again = open_store(left)
    assert not again.summary.clean
    assert again.summary.units_made == 100
    assert numbers(again) == list(range(100))
    (appended,) = again.put(message())
    assert appended.queue_offset == 50


def test_recovery_begins_at_the_last_checkpoint():
    """A kill costs reading what came since the checkpoint, not the whole log."""
    disk = Disk()
    opened = open_store(disk)
    fill(opened, 100)
    opened.clock.advance(SMALL.checkpoint_interval)
    fill(opened, 10)
    again = open_store(disk.kill())
    assert again.summary.records == 10
    assert again.store.bounds("T", 0).next == 55


def test_a_power_loss_takes_at_most_the_unflushed_end():
    """ASYNC_FLUSH: after a power loss the messages up to the last flush are there, and no others change."""
    disk = Disk()
    opened = open_store(disk)
    fill(opened, 50)
    opened.clock.advance(SMALL.flush_interval)
    fill(opened, 50)
    again = open_store(disk.crash())
    assert [body[:6] for body in again.bodies()] == [b"%06d" % number for number in range(0, 50, 2)]
    assert again.put(message())[0].queue_offset == 25


def test_sync_flush_survives_a_power_loss():
    """SYNC_FLUSH: what was answered is on the disk when the power goes."""
    disk = Disk()
    opened = open_store(disk, attrs.evolve(SMALL, sync_flush=True))
    told = []
    for number in range(60):
        (appended,) = opened.store.append([message(body=b"%06d" % number + bytes(100))])
        opened.store.when_durable(appended.position + appended.size, told.append, flush=True)
        opened.turns.run()
        assert len(told) == number + 1
    assert len(open_store(disk.crash()).bodies()) == 60


@pytest.mark.parametrize("offset", [0, 4, 8, 20, 28, 90, 150])
def test_the_log_is_cut_at_the_first_bad_record(offset):
    """A torn write at the end takes itself away and nothing else, and is kept aside."""
    disk = Disk()
    opened = open_store(disk)
    appended = fill(opened, 20)
    left = disk.kill()
    content, start = last_segment(left)
    content[appended[-2].position - start + offset] ^= 0xFF
    again = open_store(left)
    if offset == 20:  # the queue offset: no queue can have it
        assert again.summary.unplaced == 1
        assert numbers(again) == [n for n in range(20) if n != 18]
        return
    assert numbers(again) == list(range(18))
    assert again.summary.log_end == appended[-2].position
    assert again.summary.problem
    (kept,) = again.summary.set_aside
    assert any(left.content(kept))
    assert kept in str(again.summary)


def test_what_was_cut_off_never_comes_back():
    """Old bytes behind the end are not taken for messages, even where a new message ends just there."""
    disk = Disk()
    opened = open_store(disk)
    appended = fill(opened, 20)
    left = disk.kill()
    content, start = last_segment(left)
    content[appended[-3].position - start + 8] ^= 1
    again = open_store(left)
    again.put(message(queue_id=1, body=b"999999" + b"y" * 100))
    third = open_store(left.kill())
    assert numbers(third) == [*range(17), 999999]


def test_queues_that_are_ahead_are_cut():
    """A power loss may keep a queue's unit and lose its message: nobody is then told of the message."""
    disk = Disk()
    opened = open_store(disk)
    fill(opened, 10)
    opened.clock.advance(SMALL.flush_interval)
    fill(opened, 30, queues=3)
    opened.clock.advance(SMALL.queue_write_interval)
    for path in ("consumequeue/T/0", "consumequeue/T/1", "consumequeue/T/2"):
        for name in disk.list(path):
            disk.open(f"{path}/{name}").sync()
        disk.sync_directory(path)
    again = open_store(disk.crash())
    assert again.summary.units_cut == 30
    assert numbers(again, 3) == list(range(10))
    assert again.store.bounds("T", 2) is None
    assert again.put(message(queue_id=1))[0].queue_offset == 5
    assert open_store(again.store.files.kill()).store.bounds("T", 1).next == 6


def test_a_hole_in_a_queue_is_filled():
    """Units lost in the middle of a queue file are made again from the log."""
    disk = Disk()
    fill(first := open_store(disk), 60, queues=1)
    first.clock.advance(SMALL.queue_write_interval)
    left = disk.kill()
    left.content("consumequeue/T/0/" + "0" * 20)[200:400] = bytes(200)
    again = open_store(left)
    assert numbers(again, 1) == list(range(60))
    assert len(again.bodies()) == 60


def test_a_message_that_looks_like_records():
    """A body full of records is one message; none of them is found, also behind damage."""
    disk = Disk()
    first = open_store(disk)
    fill(first, 3)
    record = bytes(first.store.record_at(0))
    (carrier,) = first.put(message("Evil", body=record * 5))
    left = disk.kill()
    left.content(LOG)[carrier.position + 4] ^= 1
    again = open_store(left)
    assert numbers(again) == [0, 1, 2]
    assert again.summary.log_end == carrier.position


def test_whole_files_behind_the_cut_are_kept_aside():
    """Damage in an old file, without a checkpoint: what follows is not served, but not destroyed either."""
    disk = Disk()
    opened = open_store(disk)
    fill(opened, 100)
    left = disk.kill()
    if left.exists(MARK_PATH):
        left.remove(MARK_PATH)
    left.content(LOG)[8] ^= 1
    again = open_store(left)
    assert again.summary.log_end == 0
    assert len(left.list("rmqtw/cut")) == len(again.summary.set_aside) > 2
    assert again.put(message())[0].position == 0


def test_a_foreign_mark_is_not_believed():
    """When the files were exchanged under us, the mark of the old ones does no harm."""
    disk = Disk()
    opened = open_store(disk)
    fill(opened, 40)
    opened.clock.advance(SMALL.checkpoint_interval)
    left = disk.kill()
    for mark in (b'{"end":500,"last":13}', b'{"end":9999999,"last":9999990}', b"nonsense"):
        left.content(MARK_PATH)[:] = mark
        again = open_store(left.kill())
        assert again.summary.records > 0
        assert numbers(again) == list(range(40))


def test_java_s_rule_without_a_mark():
    """A store that only Java worked on is read from the file that its checkpoint proves."""
    disk = Disk()
    opened = open_store(disk)
    for step in range(4):
        opened.wall.now += 10_000
        fill(opened, 30)
        if step == 2:
            Checkpoint(log_time=opened.wall.now, queues_time=opened.wall.now).save(disk)
    opened.clock.advance(SMALL.queue_write_interval)
    left = disk.kill()
    again = open_store(left)
    assert 0 < again.summary.scanned_from < opened.store.readable
    assert again.summary.records < 120
    assert len(numbers(again)) == 120


def test_an_empty_last_file_is_removed():
    """A broker that was killed while it made a file leaves one without bytes: no reason to refuse."""
    disk = Disk()
    opened = open_store(disk)
    fill(opened, 10, body=b"")
    left = disk.kill()
    left.open(f"commitlog/{4096:020d}", create=True)
    assert len(numbers(open_store(left))) == 10


def test_a_file_of_the_wrong_size_is_named():
    """A file that no broker left behind is not guessed about: the error names it."""
    disk = Disk()
    fill(open_store(disk), 100)
    left = disk.kill()
    left.open(f"commitlog/{4096:020d}").resize(100)
    with pytest.raises(StoreDamaged, match=f"commitlog/{4096:020d}.* has 100 bytes"):
        open_store(left)
    assert left.list("rmqtw") is not None
    left.lock("lock").release()


def test_one_store_on_a_folder(tmp_path):
    """A second start on the same data gives an error that names the folder, and disturbs nothing."""
    files = RealFiles(str(tmp_path))
    opened = open_store(files)
    with pytest.raises(StoreLocked, match=str(tmp_path)):
        open_store(RealFiles(str(tmp_path)))
    opened.put(message())
    stop(opened)
    stop(open_store(RealFiles(str(tmp_path))))


def test_a_folder_that_cannot_be_used(tmp_path):
    """The error names the folder and what the system says about it."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreUnavailable, match=r"file/store cannot be used: Not a directory"):
        open_store(RealFiles(str(tmp_path / "file" / "store")))
    disk = Disk()
    disk.fail("open", 13, "abort")
    with pytest.raises(StoreUnavailable, match="abort cannot be used: Permission denied"):
        open_store(disk)
    disk.faults.clear()
    open_store(disk)


CHILD = """
import sys
from rmqtw.store.files import RealFiles
from rmqtw.store.queues import UNIT
from tests.store.kit import message, open_store

opened = open_store(RealFiles(sys.argv[1]))
for number in range(10**6):
    (appended,) = opened.put(message(body=b"%d" % number))
    print(number, flush=True)
    opened.clock.advance(0.01)
"""


def test_kill_minus_nine(tmp_path):
    """A process that is really killed has lost none of the messages whose append it reported."""
    root = str(pathlib.Path(__file__).parents[2])
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CHILD), str(tmp_path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": root},
        cwd=root,
    )
    with child, child.stdout:
        reported = [int(child.stdout.readline()) for _ in range(1500)]
        child.send_signal(signal.SIGKILL)
        reported += [int(line) for line in child.stdout if line.endswith(b"\n")]
    opened = open_store(RealFiles(str(tmp_path)))
    found = [int(body) for body in opened.bodies()]
    assert not opened.summary.clean
    assert found[: len(reported)] == reported
    assert found == list(range(len(found)))
    stop(opened)


def cut(opened, position):
    """Truncate; everything is done at once here."""
    done = []
    opened.store.truncate(position).addBoth(done.append)
    assert done == [None]


def test_the_marker_is_there_before_the_first_message():
    """A power loss right after a start is not taken for a clean stop."""
    assert open_store(Disk()).store.files.crash().exists("abort")


def test_what_truncate_removed_stays_removed():
    """A power loss after a cut leaves no file of the old end behind: the store would not open."""
    disk = Disk()
    opened = open_store(disk)
    appended = fill(opened, 100)
    opened.clock.advance(SMALL.flush_interval)
    cut(opened, appended[3].position)
    assert numbers(open_store(disk.crash())) == [0, 1, 2]


def test_units_behind_a_cut_are_gone_for_good():
    """After a cut and a clean restart a queue ends where it was cut, however far the log has grown since."""
    disk = Disk()
    opened = open_store(disk)
    appended = fill(opened, 40)
    opened.clock.advance(SMALL.queue_write_interval)
    cut(opened, appended[10].position)
    opened.put(*(message("Other", body=bytes(500)) for _ in range(40)))
    stop(opened)
    again = open_store(disk)
    assert again.summary.clean
    assert numbers(again) == list(range(10))


def test_a_cut_takes_the_checkpoint_with_it():
    """A checkpoint from before a cut proves nothing about the messages that came after it."""
    disk = Disk()
    opened = open_store(disk)
    fill(opened, 20)
    opened.clock.advance(SMALL.checkpoint_interval)
    cut(opened, 0)
    fill(opened, 30, queues=3)
    opened.clock.advance(SMALL.flush_interval)
    assert numbers(open_store(disk.crash()), 3) == list(range(30))


def test_a_torn_unit_is_cut():
    """Half a unit may point to another queue's message: after a kill the message itself is asked."""
    disk = Disk()
    opened = open_store(disk)
    first, *_ = fill(opened, 20)
    opened.clock.advance(SMALL.checkpoint_interval)
    left = disk.kill()
    torn = UNIT.pack(first.position, first.size, 0)
    left.content("consumequeue/T/1/" + "0" * 20)[200:220] = torn
    again = open_store(left)
    assert again.summary.units_cut == 1
    assert numbers(again) == list(range(20))
