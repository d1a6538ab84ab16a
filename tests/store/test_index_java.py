"""The index that Java wrote answers as Java did, and what Java lost after its kill is found by us."""

from __future__ import annotations

import gzip
import json
import tarfile
from pathlib import Path

import pytest

from rmqtw.store.files import RealFiles
from rmqtw.store.indexfile import ENTRY, ENTRY_SIZE, Geometry, IndexFile, IndexHeader
from rmqtw.store.reading import read_now
from rmqtw.store.settings import StoreSettings
from rmqtw.wire.messages import decode_record
from tests.store.kit import now, open_store, stop

GOLDEN = Path(__file__).parents[1] / "golden" / "java-store"
EVER = 2**62


def unpack(tmp_path, variant, *, index=True):
    """One of Java's stores, with or without its index."""
    with tarfile.open(GOLDEN / "stores.tar.xz") as archive:
        wanted = [
            member for member in archive
            if member.name.startswith(f"{variant}/") and (index or "/index" not in member.name)
        ]
        archive.extractall(tmp_path, wanted, filter="data")
    return tmp_path / variant


def truth_of(variant):
    """What Java's broker answered about it."""
    return json.loads(gzip.decompress((GOLDEN / f"truth-{variant}.json.gz").read_bytes()))


def found(opened, topic, key, most=32):
    """Positions of the messages found, as Java sorts them."""
    keyed = now(opened.store.find_key(topic, key, most, 0, EVER))
    return sorted(decode_record(record).position for record in keyed.records)


def assert_answers(opened, truth):
    """Every search that Java answered is answered the same."""
    assert len(truth["queryMsgByKey"]) > 30
    for row in truth["queryMsgByKey"]:
        assert found(opened, row["topic"], row["key"], 64) == row["physicOffsets"], row
    for row in truth["queryByUniqKey"]:
        assert row["physicOffset"] in found(opened, row["topic"], row["uniqKey"]), row
    for row in (row for row in truth["messages"] if "UNIQ_KEY" in row["properties"]):
        assert row["physicOffset"] in found(opened, row["topic"], row["uniqKey"])


@pytest.mark.parametrize("variant", ["clean", "kill9"])
def test_java_index_is_used(tmp_path, variant):
    """A search on a store taken over from Java would find less than it did there."""
    opened = open_store(RealFiles(str(unpack(tmp_path, variant))), StoreSettings())
    assert len(opened.store.index.files.opened) == 1
    assert opened.store.index.files.newest.name == "20261124113254118"
    assert_answers(opened, truth_of(variant))
    stop(opened)


@pytest.mark.parametrize("variant", ["clean", "kill9"])
def test_lost_index_is_made_again(tmp_path, variant):
    """A lost or removed index would stay empty for the messages there are."""
    opened = open_store(RealFiles(str(unpack(tmp_path, variant, index=False))), StoreSettings())
    opened.clock.pump([0.1] * 200)
    assert_answers(opened, truth_of(variant))
    stop(opened)


def test_made_again_it_is_what_java_wrote(tmp_path):
    """A Java broker that takes the store back would search in an index that is not its own kind."""
    java = unpack(tmp_path / "java", "clean")
    ours = unpack(tmp_path / "ours", "clean", index=False)
    stop(open_store(RealFiles(str(ours)), StoreSettings()))
    (theirs_path,), (ours_path,) = (java / "index").iterdir(), (ours / "index").iterdir()
    theirs, made = (_opened(path) for path in (theirs_path, ours_path))
    assert made.header == theirs.header
    assert _entries(made) == _entries(theirs)
    assert list(made.slots(bool)) == list(theirs.slots(bool))
    assert ours_path.stat().st_size == theirs_path.stat().st_size == 420_000_040
    assert ours_path.stat().st_blocks * 512 < 32 << 20


def _opened(path):
    file = RealFiles(str(path.parent)).open(path.name)
    return IndexFile(path.name, file, Geometry(), IndexHeader.of(file.read(0, 40)))


def _entries(one):
    data = read_now(one.file, one.entry_offset(1), (one.header.count - 1) * ENTRY_SIZE)
    return list(ENTRY.iter_unpack(data))


def test_index_that_java_cut_short_is_made_again(tmp_path):
    """What Java forgot after a kill, since it builds again from the log's last file only, would stay lost."""
    folder = unpack(tmp_path, "clean")
    truth = truth_of("clean")
    (path,) = (folder / "index").iterdir()
    one = _opened(path)
    first = one.entry(read_now, 900)
    path.unlink()
    short = RealFiles(str(folder / "index")).open("20261124120000000", create=True)
    short.resize(Geometry().size)
    begin = IndexHeader(one.header.begin_time, one.header.end_time, first[1], first[1], 0, 2)
    short.write(0, [begin.packed()])
    opened = open_store(RealFiles(str(folder)), StoreSettings())
    opened.clock.pump([0.1] * 200)
    assert_answers(opened, truth)
    stop(opened)
