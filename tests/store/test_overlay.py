"""A disk that is only read: it must look as if it had been written to, and stay as it was."""

from __future__ import annotations

from random import Random

import pytest

from rmqtw.store.overlay import Overlay
from rmqtw.testing.disk import Disk
from tests.store.kit import message, open_store, stop


@pytest.mark.parametrize("seed", range(40))
def test_it_reads_as_what_was_written(seed):
    """A dry run would tell of another outcome than the run."""
    random = Random(seed)
    below, plain = Disk(), Disk()
    content = random.randbytes(random.randrange(20_000))
    for disk in (below, plain):
        disk.open("f", create=True).write(0, [content])
    overlay = Overlay(below)
    files = [disk.open("f") for disk in (overlay, plain)]
    for _ in range(30):
        offset, data = random.randrange(25_000), random.randbytes(random.randrange(9000))
        if random.random() < 0.2:
            for file in files:
                file.resize(offset)
        else:
            for file in files:
                file.write(offset, [data])
        start, size = random.randrange(30_000), random.randrange(30_000)
        ours, theirs = (file.read(start, size) for file in files)
        assert ours == theirs
        assert files[0].size() == files[1].size()
        place = files[0].next_data(start)
        true = files[1].next_data(start)
        assert true is None or (place is not None and place <= true)
    assert bytes(below.content("f")) == content


def test_names():
    """A file that was moved or removed would still be seen, or a new one not."""
    below = Disk()
    for name in ("a/x", "a/y", "b"):
        below.open(name, create=True).write(0, [name.encode()])
    overlay = Overlay(below)
    overlay.rename("a/x", "a/z")
    overlay.remove("b")
    overlay.open("c/d", create=True).write(0, [b"new"])
    assert overlay.list("a") == ["y", "z"]
    assert overlay.list("") == ["a", "c"]
    assert [overlay.exists(name) for name in ("a/x", "a/z", "b", "c", "c/d", "a/y")] == [
        False, True, False, True, True, True,
    ]
    assert overlay.open("a/z").read(0, 9) == b"a/x"
    with pytest.raises(FileNotFoundError):
        overlay.open("b")
    assert {(change.path, change.kind) for change in overlay.changes()} == {
        ("a/x", "removed"), ("a/z", "made"), ("b", "removed"), ("c/d", "made"),
    }
    assert below.list("") == ["a", "b"]


def test_a_store_works_on_it():
    """Recovery on it would not be the recovery that a start does."""
    disk = Disk()
    opened = open_store(disk)
    opened.put(*(message(body=b"%d" % number) for number in range(20)))
    killed = disk.kill()
    before = {path: bytes(content.live) for path, content in killed._live.items()}
    dry, wet = open_store(Overlay(killed)), open_store(disk.kill())
    assert str(dry.summary) == str(wet.summary)
    assert dry.bodies() == wet.bodies() == [b"%d" % number for number in range(20)]
    stop(dry)
    stop(wet)
    assert {path: bytes(content.live) for path, content in killed._live.items()} == before
