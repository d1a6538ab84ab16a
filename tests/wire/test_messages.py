"""Message records: what Java wrote is read and written back, and nothing else is taken for a record."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmqtw.wire import messages, properties
from rmqtw.wire.errors import MessageIllegal
from rmqtw.wire.messages import (
    MAGIC_BLANK,
    MAGIC_V1,
    MAGIC_V2,
    MalformedRecord,
    Message,
    blank,
    check_limits,
    decode_outline,
    decode_record,
    encode_record,
    frame_record,
    host_text,
    pack_host,
    record_size,
    split_records,
    unpack_host,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "java-store"
RECORDS = json.loads((GOLDEN / "records.json").read_text())
PULL_BODY = json.loads((GOLDEN / "pull-body.json").read_text())
V4 = pack_host("127.0.0.1", 10911)
V6 = pack_host("fd00::2", 10911)

int32s = st.integers(-(2**31), 2**31 - 1)
int64s = st.integers(-(2**63), 2**63 - 1)
hosts = st.sampled_from([V4, V6])
topics = st.text(
    "%|_-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=255
)


def made(**changes: object) -> Message:
    """A message, with some of its fields changed."""
    message = Message("Topic", 3, 7, 0, b"hello", b"TAGS\x01a\x02", 1, V4, V4)
    return msgspec.structs.replace(message, **changes)


def record(message: Message, queue_offset: int = 5, position: int = 6, stored_at: int = 7) -> bytes:
    """A message's record in one piece."""
    return b"".join(encode_record(message, queue_offset, position, stored_at))


def as_java_shows(stored: messages.StoredMessage) -> dict[str, object]:
    """A record's fields in the names of Java's client, its body inflated as that client does."""
    body = zlib.decompress(stored.body) if stored.sys_flag & messages.COMPRESSED_FLAG else stored.body
    return {
        "topic": stored.topic,
        "queueId": stored.queue_id,
        "queueOffset": stored.queue_offset,
        "physicOffset": stored.position,
        "storeSize": stored.size,
        "offsetMsgId": stored.message_id,
        "flag": stored.flag,
        "sysFlag": stored.sys_flag & ~messages.COMPRESSED_FLAG,
        "bornTimestamp": stored.born_timestamp,
        "storeTimestamp": stored.store_timestamp,
        "bornHost": host_text(stored.born_host),
        "storeHost": host_text(stored.store_host),
        "bodyCRC": stored.body_crc,
        "reconsumeTimes": stored.reconsume_times,
        "preparedTransactionOffset": stored.prepared_transaction_offset,
        "bodyLen": len(body),
        "bodyMD5": hashlib.md5(body, usedforsecurity=False).hexdigest(),
        "properties": properties.parse(stored.properties),
    }


@pytest.mark.parametrize("case", RECORDS, ids=lambda case: case["case"])
def test_java_record(case: dict) -> None:
    """A record of Java's commit log shows what Java's client showed, and is written back bit by bit."""
    data = bytes.fromhex(case["record"])
    stored = decode_record(data)
    assert as_java_shows(stored).items() <= case["truth"].items()
    assert record_size(stored) == len(data)
    assert record(stored, stored.queue_offset, stored.position, stored.store_timestamp) == data


def test_java_pull_body() -> None:
    """A pull's body from a Java broker is cut into the messages that it carries."""
    body = bytes.fromhex(PULL_BODY["body"])
    stored = [decode_record(one) for one in split_records(body)]
    shown = [as_java_shows(one) for one in stored]
    wanted = ("topic", "queueId", "queueOffset", "physicOffset", "storeSize", "bodyCRC", "properties")
    for mine, java in zip(shown, PULL_BODY["messages"], strict=True):
        assert {key: mine[key] for key in wanted} == {key: java[key] for key in wanted}


@given(
    st.builds(
        Message, topics, int32s, int32s, int32s, st.binary(max_size=200), st.binary(max_size=200), int64s,
        hosts, hosts, int32s, int64s,
    ),
    int64s, int64s, int64s,
)  # fmt: skip
def test_round_trip(message: Message, queue_offset: int, position: int, stored_at: int) -> None:
    """Whatever fits a record is read back as it was written."""
    data = record(message, queue_offset, position, stored_at)
    stored = decode_record(b"before" + data, 6)
    assert len(data) == record_size(message) == stored.size
    where = (stored.queue_offset, stored.position, stored.store_timestamp)
    assert where == (queue_offset, position, stored_at)
    for name in Message.__struct_fields__:
        assert name in ("sys_flag", "tags_code") or getattr(stored, name) == getattr(message, name)
    assert record(stored, queue_offset, position, stored_at) == data
    outline = (stored.sys_flag, stored.position, stored_at, stored.topic, stored.properties)
    assert decode_outline(memoryview(data)) == outline


@given(st.binary(max_size=300), st.integers(-5, 300))
def test_garbage_is_no_record(data: bytes, offset: int) -> None:
    """Garbage raises `MalformedRecord`, never anything else."""
    with pytest.raises(MalformedRecord):
        decode_record(data, offset)
    with pytest.raises(MalformedRecord):
        decode_outline(data)


@given(st.integers(0, 104), st.integers(0, 255), st.sampled_from([MAGIC_V1, MAGIC_V2]))
def test_damaged_record(place: int, value: int, magic: int) -> None:
    """A record with any byte overwritten is read, or refused as `MalformedRecord`."""
    data = bytearray(record(made(topic="t" * (5 if magic == MAGIC_V1 else 200))))
    data[place] = value
    try:
        stored = decode_record(bytes(data), check_crc=False)
        split_records(data)
    except MalformedRecord:
        with pytest.raises(MalformedRecord):
            decode_outline(data)
    else:
        assert decode_outline(data)[3:] == (stored.topic, stored.properties)


@given(st.integers(0, 103))
def test_cut_record(length: int) -> None:
    """A record that was not written to its end is never taken for a whole one."""
    data = record(made())[:length]
    with pytest.raises(MalformedRecord):
        decode_record(data)
    with pytest.raises(MalformedRecord):
        decode_outline(data)
    if data:
        with pytest.raises(MalformedRecord):
            split_records(data)


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=5), st.integers(0, 5))
def test_forged_record_in_a_body(bodies: list[bytes], place: int) -> None:
    """A message whose body looks like records is one message all the same."""
    forged = record(made(topic="Forged", body=b"x"))
    bodies[min(place, len(bodies) - 1)] += forged * 2 + blank(100)
    data = b"".join(record(made(body=body)) for body in bodies)
    found = [decode_record(one) for one in split_records(data)]
    assert [bytes(one.body) for one in found] == bodies
    assert {one.topic for one in found} == {"Topic"}


def test_body_is_not_copied() -> None:
    """The record's body is the very object that was received."""
    body = memoryview(b"x" * 1024)
    assert encode_record(made(body=body), 0, 0, 0)[1] is body
    data = memoryview(record(made(body=body)))
    assert decode_record(data).body.obj is data.obj


@pytest.mark.parametrize(
    ("length", "magic"), [(1, MAGIC_V1), (127, MAGIC_V1), (128, MAGIC_V2), (255, MAGIC_V2)]
)
def test_version_follows_the_topic(length: int, magic: int) -> None:
    """Topics over 127 bytes take the second version, whose length has two bytes."""
    data = record(made(topic="t" * length))
    assert frame_record(data) == (len(data), magic)
    assert decode_record(data).topic == "t" * length


@pytest.mark.parametrize(
    ("born", "store", "flags", "size"),
    [(V4, V4, 0x301, 91), (V6, V4, 0x311, 103), (V4, V6, 0x321, 103), (V6, V6, 0x331, 115)],
)
def test_ipv6_bits(born: bytes, store: bytes, flags: int, size: int) -> None:
    """The system flag says which hosts are IPv6, whatever the sender set."""
    message = made(born_host=born, store_host=store, sys_flag=0x331, topic="", body=b"", properties=b"")
    message.topic = "t"
    data = record(message)
    assert len(data) == size + 1
    assert decode_record(data).sys_flag == flags


def test_checksum_has_no_top_bit() -> None:
    """BODYCRC is 31 bits, and a body that was changed is noticed."""
    body = b"5"
    assert zlib.crc32(body) >> 31
    data = record(made(body=body))
    assert decode_record(data).body_crc == zlib.crc32(body) & 0x7FFFFFFF
    changed = data.replace(b"5\x05Topic", b"6\x05Topic")
    with pytest.raises(MalformedRecord, match="checksum"):
        decode_record(changed)
    assert decode_record(changed, check_crc=False).body == b"6"


def test_tag_code_is_known_from_the_record() -> None:
    """A record read back carries its tag's hash, so that queues can be rebuilt from the log."""
    assert decode_record(record(made(properties=b"TAGS\x01TagA\x02"))).tags_code == 2598919
    assert decode_record(record(made(properties=b""))).tags_code == 0


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"properties": b"x" * 32768}, "properties 32768"),
        ({"topic": ""}, "topic has 0 bytes"),
        ({"topic": "t" * 256}, "topic has 256 bytes"),
        ({"queue_id": 2**31}, "does not fit"),
        ({"born_timestamp": 2**63}, "does not fit"),
        ({"born_host": b"12345"}, "5 and 8"),
    ],
)
def test_what_no_record_can_hold(changes: dict, cause: str) -> None:
    """A message that does not fit is refused with code 13 and a remark that names what and how long."""
    with pytest.raises(MessageIllegal, match=cause):
        encode_record(made(**changes), 0, 0, 0)


def test_longest_properties() -> None:
    """32,767 bytes of properties still fit."""
    assert len(decode_record(record(made(properties=b"x" * 32767))).properties) == 32767


def test_limits() -> None:
    """Bodies and properties are refused one byte past their limits, and the remark says both numbers."""
    check_limits(4 * 1024 * 1024, 32767)
    with pytest.raises(MessageIllegal, match="4194305 bytes, the limit is 4194304"):
        check_limits(4 * 1024 * 1024 + 1, 0)
    with pytest.raises(MessageIllegal, match="32768 bytes, the limit is 32767"):
        check_limits(0, 32768)
    with pytest.raises(MessageIllegal, match="11 bytes, the limit is 10"):
        check_limits(11, 0, body_limit=10)


def test_blank_filler() -> None:
    """The filler at a log file's end has Java's bytes, and is not delivered as a message."""
    assert blank(8).hex() == "00000008cbd43194"
    assert frame_record(blank(1235)) == (1235, MAGIC_BLANK)
    with pytest.raises(MalformedRecord, match="blank"):
        decode_record(blank(8))
    with pytest.raises(MalformedRecord):
        split_records(record(made()) + blank(8))
    with pytest.raises(MalformedRecord, match="size 7"):
        frame_record(blank(7))


def test_hostile_lengths() -> None:
    """Lengths that lie are refused before anything of that size is made."""
    data = bytearray(record(made()))
    for place, layout in ((0, ">i"), (84, ">i")):
        for lie in (-1, 2**31 - 1, -(2**31)):
            broken = bytearray(data)
            struct.pack_into(layout, broken, place, lie)
            with pytest.raises(MalformedRecord):
                decode_record(broken)


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 0), ("10.1.2.3", 65535), ("::1", 10911)])
def test_hosts(host: str, port: int) -> None:
    """A packed host gives back its address and port."""
    assert unpack_host(pack_host(host, port)) == (host, port)


def test_host_names_are_no_hosts() -> None:
    """Only addresses can be packed; what is no packed host is not shown as one."""
    assert host_text(V4) == "127.0.0.1:10911"
    assert host_text(V6) == "[fd00::2]:10911"
    with pytest.raises(ValueError, match=r"broker\.example"):
        pack_host("broker.example", 1)
    with pytest.raises(ValueError, match="not 7"):
        unpack_host(b"1234567")
