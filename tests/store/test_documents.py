"""Java's JSON files under `config/`."""

from __future__ import annotations

import errno

import pytest

from rmqtw.store.chores import AtOnce
from rmqtw.store.documents import JsonDocument
from rmqtw.store.errors import StoreDamaged
from rmqtw.testing.disk import Disk
from tests.store.test_writing import LaterChores

PATH = "config/topics.json"


def document(disk):
    return JsonDocument(disk, PATH)


def test_loads_what_was_saved():
    """Topics, groups and offsets survive a restart, and a power loss right after."""
    disk = Disk()
    assert document(disk).load() is None
    document(disk).save({"a": 1})
    assert document(disk).load() == {"a": 1}
    assert document(disk.crash()).load() == {"a": 1}


def test_keeps_the_one_before():
    """As with Java, `.bak` is what was there before the last change."""
    disk = Disk()
    one = document(disk)
    one.save({"a": 1})
    one.save({"a": 2})
    assert disk.content(f"{PATH}.bak") == b'{"a":1}'
    document(disk).save({"a": 3})
    assert disk.content(f"{PATH}.bak") == b'{"a":2}'


def test_reads_fastjson():
    """Java's own files are read: unquoted keys are no reason to start with nothing."""
    disk = Disk()
    disk.open(PATH, create=True).write(0, [b'{"offsetTable":{"StoreA@CG_store_part":{0:5,1:15}}}'])
    assert document(disk).load() == {"offsetTable": {"StoreA@CG_store_part": {"0": 5, "1": 15}}}


@pytest.mark.parametrize("damaged", [b"", b'{"a":', b"[1]", b"\xff\xfe"])
def test_a_damaged_file_is_replaced_by_the_one_before(damaged):
    """A torn file costs the last change only, and the good one before is not overwritten by it."""
    disk = Disk()
    one = document(disk)
    one.save({"a": 1})
    one.save({"a": 2})
    disk.content(PATH)[:] = damaged
    again = document(disk)
    assert again.load() == {"a": 1}
    again.save({"a": 3})
    assert disk.content(f"{PATH}.bak") == b'{"a":1}'


def test_damage_without_a_backup_is_an_error():
    """Nobody starts with no topics because a file is broken: the error names the file."""
    disk = Disk()
    disk.open(PATH, create=True).write(0, [b"{{{"])
    with pytest.raises(StoreDamaged, match=PATH):
        document(disk).load()


def test_every_crash_leaves_the_old_or_the_new():
    """Wherever the power goes during a save, a whole value is found afterwards."""
    survived = set()
    for call in range(60):
        disk = Disk()
        document(disk).save({"a": 1})
        disk = disk.crash()
        disk._observe = dying(disk, call)
        try:
            document(disk).save({"a": 2})
        except InterruptedError:
            pass
        else:
            survived.add("whole save")
        for left in (disk.crash(), disk.kill()):
            value = document(left).load()
            assert value in ({"a": 1}, {"a": 2}), (call, value)
            survived.add(value["a"])
        if "whole save" in survived:
            break
    assert survived == {1, 2, "whole save"}


def dying(disk, calls):
    """An observer that ends the process at the call after so many."""

    def observe(*_):
        if disk.calls > calls:
            raise InterruptedError

    return observe


def test_the_later_of_two_saves_wins():
    """A save that was asked for first but done last does not bring old values back."""
    disk = Disk()
    one = document(disk)
    chores = LaterChores()
    value = {"a": 1}
    slow = one.save_later(value, chores)
    value["a"] = 2
    one.save({"a": 3})
    chores.do()
    assert slow.called
    assert document(disk).load() == {"a": 3}


def test_saving_on_a_chore_s_thread():
    """A periodic save keeps the value of the moment; an error goes to who asked for it."""
    disk = Disk()
    one = document(disk)
    one.save_later({"a": 1}, AtOnce())
    assert document(disk).load() == {"a": 1}
    disk.fail("sync", errno.ENOSPC)
    failed = []
    one.save_later({"a": 2}, AtOnce()).addErrback(failed.append)
    assert failed[0].check(OSError)
    disk.faults.clear()
    assert document(disk).load() == {"a": 1}
