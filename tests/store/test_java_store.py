"""Stores that Apache RocketMQ's broker 5.3.3 wrote: one stopped, one killed; and ours as Java has them."""

from __future__ import annotations

import gzip
import hashlib
import json
import tarfile
import zlib
from pathlib import Path
from struct import unpack

import pytest

from rmqtw.store.files import RealFiles
from rmqtw.store.settings import StoreSettings
from rmqtw.wire import properties
from rmqtw.wire.messages import decode_record, host_text
from tests.store.kit import message, now, open_store, stop

GOLDEN = Path(__file__).parents[1] / "golden" / "java-store"


@pytest.fixture(params=["clean", "kill9"])
def variant(request):
    return request.param


@pytest.fixture
def truth(variant):
    return json.loads(gzip.decompress((GOLDEN / f"truth-{variant}.json.gz").read_bytes()))


@pytest.fixture
def folder(tmp_path, variant):
    with tarfile.open(GOLDEN / "stores.tar.xz") as archive:
        wanted = [member for member in archive if member.name.startswith(f"{variant}/")]
        archive.extractall(
            tmp_path, [member for member in wanted if "/index" not in member.name], filter="data"
        )
    return tmp_path / variant


@pytest.fixture
def opened(folder):
    opened = open_store(RealFiles(str(folder)), StoreSettings())
    yield opened
    stop(opened)


def test_every_message_is_there(opened, truth):
    """All that Java's client was told of each message, we read from its files."""
    for row in truth["messages"]:
        outcome = now(opened.store.read(row["topic"], row["queueId"], row["queueOffset"], 1, 1))
        record = decode_record(outcome.slices[0])
        assert record.position == row["physicOffset"]
        assert record.size == row["storeSize"]
        assert record.message_id == row["offsetMsgId"]
        assert record.flag == row["flag"]
        assert record.sys_flag & ~0x701 == row["sysFlag"] & ~0x701
        assert record.born_timestamp == row["bornTimestamp"]
        assert record.store_timestamp == row["storeTimestamp"]
        assert host_text(record.born_host) == row["bornHost"]
        assert host_text(record.store_host) == row["storeHost"]
        assert record.body_crc == row["bodyCRC"]
        assert record.reconsume_times == row["reconsumeTimes"]
        body = zlib.decompress(record.body) if record.sys_flag & 1 else record.body
        assert hashlib.md5(body, usedforsecurity=False).hexdigest() == row["bodyMD5"]
        assert row["properties"].items() <= properties.parse(record.properties).items()
        assert bytes(now(opened.store.record_at(record.position))) == outcome.slices[0]


def test_every_queue_has_its_bounds(opened, truth):
    """Consumers find every queue, from its first message to its last, and no other queue."""
    found = {(q.topic, q.queue_id): (q.lowest, q.visible) for q in opened.store.queues if q.visible}
    wanted = {(q["topic"], q["queueId"]): (q["min"], q["max"]) for q in truth["queues"] if q["max"]}
    assert found == wanted


def test_offsets_by_time(opened, truth):
    """A consumer that starts at a time starts where it would with Java."""
    asked = [row for row in truth["searchOffset"] if "timestamp" in row]
    assert len(asked) > 20
    for row in asked:
        found = now(opened.store.find_time(row["topic"], row["queueId"], row["timestamp"]))
        assert found == row["offset"], row


def test_time_of_the_first_message(opened, truth):
    """Each queue's oldest message was stored when Java says."""
    for row in truth["searchOffset"]:
        if "earliestMsgStoreTime" in row:
            first = opened.records(row["topic"], row["queueId"])[0]
            assert first.store_timestamp == row["earliestMsgStoreTime"]


def test_nothing_had_to_be_repaired(opened, variant):
    """Java's queues say the same as its log, by our reading too: tags codes and delivery times included."""
    summary = opened.summary
    assert summary.clean == (variant == "clean")
    assert summary.records > 300
    assert summary.units_made == summary.units_cut == summary.bytes_cut == summary.unplaced == 0
    assert summary.problem is None


def test_queues_are_made_again_from_the_log(folder):
    """A lost queue folder costs no message: the units come out as Java wrote them."""
    queue = folder / "consumequeue" / "SCHEDULE_TOPIC_XXXX" / "16" / ("0" * 20)
    lost = queue.read_bytes()
    queue.unlink()
    for name in ("00000000000000000000", "00000000000001048576"):
        assert (folder / "commitlog" / name).stat().st_size == 1 << 20
    (folder / "abort").write_text("1")
    (folder / "checkpoint").write_bytes(bytes(4096))
    opened = open_store(RealFiles(str(folder)), StoreSettings())
    assert opened.summary.scanned_from == 0
    assert opened.summary.units_made > 0
    stop(opened)
    assert queue.read_bytes() == lost


def test_goes_on_where_java_stopped(opened, truth):
    """New messages continue Java's offsets and files, and keep to its file sizes."""
    appended = opened.put(*(message("StoreA", 1, b"x" * 9000) for _ in range(200)))
    (queue,) = [q for q in truth["queues"] if (q["topic"], q["queueId"]) == ("StoreA", 1)]
    assert [one.queue_offset for one in appended] == list(range(queue["max"], queue["max"] + 200))
    names = opened.store.files.list("commitlog")
    assert names[-1] > "00000000000003145728"
    assert {opened.store.files.open(f"commitlog/{name}").size() for name in names} == {1 << 20}
    assert len(opened.records("StoreA", 1)) == queue["max"] + 200


def test_bytes_are_javas(tmp_path):
    """Filler, unit, checkpoint and abort marker lie where Java looks for them."""
    opened = open_store(RealFiles(str(tmp_path)), StoreSettings(segment_size=4096))
    (tmp_path / "abort").read_bytes().decode().encode("ascii")
    first, *_, last = opened.put(*(message(body=bytes(1000), tag="a") for _ in range(5)))
    stop(opened)
    segment = (tmp_path / "commitlog" / ("0" * 20)).read_bytes()
    end = 3 * first.size
    assert unpack(">II", segment[end : end + 8]) == (4096 - end, 0xCBD43194)
    assert segment[end + 8 :] == bytes(4096 - end - 8)
    queue = (tmp_path / "consumequeue" / "T" / "0" / ("0" * 20)).read_bytes()
    assert len(queue) == 6_000_000
    assert unpack(">qiq", queue[80:100]) == (last.position, last.size, 97)
    assert last.position > 4096
    checkpoint = (tmp_path / "checkpoint").read_bytes()
    assert len(checkpoint) == 4096
    assert unpack(">qqqqq", checkpoint[:40]) == (last.store_timestamp, last.store_timestamp, 0, 0, 0)
    assert not (tmp_path / "abort").exists()
    assert sorted(path.name for path in (tmp_path / "commitlog").iterdir()) == ["0" * 20, f"{4096:020d}"]
