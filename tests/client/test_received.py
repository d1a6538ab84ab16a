"""Messages as a consumer gets them: Java's records read, bodies inflated within limits."""

from __future__ import annotations

import zlib

import pytest

from rmqtw.client.received import Received, UnreadableBody, received
from rmqtw.wire.messages import MalformedRecord, Message, encode_record, pack_host
from tests.client.cluster import record
from tests.golden import frames

HOST = pack_host("10.0.0.9", 1234)
WHOLE = zlib.compress(b"hello " * 1000)


def compressed(body: bytes, sys_flag: int = 0x301) -> Received:
    """A message whose body was stored as it is here."""
    message = Message("T", 1, 0, sys_flag, body, b"", 1, HOST, HOST)
    (one,) = received("b", b"".join(encode_record(message, 5, 6, 7)))
    return one


def test_what_apaches_broker_sent_is_read():
    """A reader would fail on, or misread, messages that Apache's broker stored."""
    pulls = [
        frame
        for frame in frames("push-concurrent")
        if frame.reply_to_code in (11, 361) and frame.line.get("body_messages")
    ]
    got = [message for frame in pulls for message in received("broker-j", frame.body)]
    recorded = [each for frame in pulls for each in frame.line["body_messages"]]
    assert len(got) == len(recorded) > 10
    for message, expected in zip(got, recorded, strict=True):
        assert message.queue.topic == expected["topic"]
        assert message.queue.queue_id == expected["queueId"]
        assert message.queue_offset == expected["queueOffset"]
        assert message.properties == expected["properties"]
        assert message.message_id == expected["properties"]["UNIQ_KEY"]
        assert message.tags == expected["properties"].get("TAGS")
        assert message.content()


def test_a_message_without_a_key_has_the_brokers_id():
    """A message of a very old client would have no id at all."""
    (message,) = received("b", record("T", 0, 3, b"x"))
    assert message.message_id == message.offset_message_id == "0A00010100002A9F000000000000012C"
    assert (message.tags, message.keys, message.born_host) == (None, None, "10.0.1.1:10911")


@pytest.mark.parametrize("sys_flag", [0x001, 0x301])
def test_a_compressed_body_is_inflated(sys_flag):
    """The user would see zlib's bytes."""
    assert compressed(WHOLE, sys_flag).content() == b"hello " * 1000


@pytest.mark.parametrize(
    ("body", "cause"),
    [(WHOLE[:-1], "end is missing"), (b"nonsense", "does not inflate"), (b"", "end is missing")],
)
def test_a_broken_body_is_not_taken_for_a_shorter_one(body, cause):
    """Half a message would be handed over as a whole one."""
    with pytest.raises(UnreadableBody, match=cause):
        compressed(body).content()


@pytest.mark.parametrize(("sys_flag", "name"), [(0x101, "LZ4"), (0x201, "Zstandard"), (0x701, "type 7")])
def test_other_compression_is_named(sys_flag, name):
    """The user would not know why the body cannot be read."""
    with pytest.raises(UnreadableBody, match=name):
        compressed(b"x", sys_flag).content()


def test_a_bomb_is_refused_at_the_limit():
    """A message of some kilobytes would take all memory."""
    assert len(compressed(WHOLE).content(limit=6000)) == 6000
    with pytest.raises(UnreadableBody, match="more than 5999 bytes"):
        compressed(WHOLE).content(limit=5999)


def test_messages_before_a_broken_one_are_read():
    """One bad record would take good messages with it."""
    damaged = bytearray(record("T", 0, 1, b"second"))
    damaged[90] ^= 0xFF  # in the body: the checksum notices
    found = received("b", record("T", 0, 0, b"first") + damaged)
    assert next(found).body == b"first"
    with pytest.raises(MalformedRecord):
        next(found)
