"""Frames out of a stream of bytes, whatever the stream."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmqtw.wire.frames import (
    FRAME_LIMIT,
    FrameSplitter,
    FrameTooLarge,
    MalformedFrame,
    RemotingCommand,
    SerializeType,
    decode,
    encode,
    encode_head,
)
from tests.wire.strategies import COMMANDS

PING = RemotingCommand(code=34, opaque=-7, flag=2, version=479, ext_fields={"a": "b", "c": "d"}, body=b"ping")
PONG = RemotingCommand(code=1, opaque=9, flag=1, remark="no", serialize_type=SerializeType.ROCKETMQ)


def outcome(stream: bytes) -> str:
    """What becomes of these bytes; anything but MalformedFrame fails the test."""
    try:
        commands = [decode(frame) for frame in FrameSplitter().feed(stream)]
    except MalformedFrame:
        return "malformed"
    assert all(command is None or isinstance(command, RemotingCommand) for command in commands)
    return "read" if commands else "waiting"


@given(st.lists(COMMANDS, max_size=6), st.data())
def test_any_split_of_the_stream_gives_the_same_frames(commands, data):
    """A message would be lost when the network cuts the stream at an unlucky byte."""
    stream = b"".join(encode(command) for command in commands)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=10).map(sorted))
    splitter = FrameSplitter()
    frames = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        frames += splitter.feed(stream[start:end])
    assert [decode(frame) for frame in frames] == commands
    assert splitter.pending == 0


def test_one_byte_at_a_time_gives_the_same_frames():
    """A slow peer would never be understood."""
    splitter = FrameSplitter()
    stream = encode(PING) + encode(PONG)
    frames = [frame for byte in stream for frame in splitter.feed(bytes([byte]))]
    assert [decode(frame) for frame in frames] == [PING, PONG]


@pytest.mark.parametrize("whole", [encode(PING), encode(PONG)], ids=["JSON", "ROCKETMQ"])
def test_garbage_at_any_byte_is_a_frame_or_malformed(whole):
    """A peer that sends garbage would make an unhandled error, or end the process."""
    for position in range(len(whole)):
        for value in range(256):
            data = whole[:position] + bytes([value]) + whole[position + 1 :]
            assert outcome(data) in ("read", "waiting", "malformed")


@given(st.binary(max_size=120))
def test_any_bytes_are_a_frame_or_malformed(data):
    """A peer that sends noise would make an unhandled error."""
    for kind in (b"", b"\0\0\0\x10", b"\1\0\0\x20"):
        frame = kind + data
        assert outcome(len(frame).to_bytes(4, "big") + frame) in ("read", "malformed")


@pytest.mark.parametrize("length", [1_300_000_000, FRAME_LIMIT, FRAME_LIMIT - 3, 2**31 - 1, 2**31, 2**32 - 1])
def test_too_long_a_length_is_refused_at_once_and_costs_no_memory(length):
    """One connection could take the memory of the whole broker with four bytes."""
    tracemalloc.start()
    try:
        with pytest.raises(MalformedFrame, match="the limit is 16777216"):
            FrameSplitter().feed(length.to_bytes(4, "big"))
        assert tracemalloc.get_traced_memory()[1] < 64 * 1024
    finally:
        tracemalloc.stop()


def test_longest_frame_java_accepts_is_accepted():
    """The largest batch a Java client may send would be cut off (16 MiB with its length bytes)."""
    body = FRAME_LIMIT - len(encode_head(PING, 0))
    whole = encode_head(PING, body) + bytes(body)
    assert len(whole) == FRAME_LIMIT
    (frame,) = FrameSplitter().feed(whole)
    command = decode(frame)
    assert command is not None
    assert len(command.body) == body


def test_no_more_is_held_than_what_arrived():
    """A peer that only announces a large frame would take the memory for it."""
    splitter = FrameSplitter()
    tracemalloc.start()
    try:
        splitter.feed((16_000_000).to_bytes(4, "big") + b"x" * 100)
        assert tracemalloc.get_traced_memory()[1] < 64 * 1024
    finally:
        tracemalloc.stop()
    assert splitter.pending == 104


def test_large_frame_in_many_pieces_is_put_together_once():
    """A 16 MiB frame in small pieces would take minutes of copying."""
    splitter = FrameSplitter()
    splitter.feed((FRAME_LIMIT - 4).to_bytes(4, "big") + bytes(4))
    frames = [frame for _ in range(16 * 1024) for frame in splitter.feed(bytes(1024))]
    assert [len(frame) for frame in frames if frame] == [FRAME_LIMIT - 4]
    assert splitter.pending == 0


def test_frames_before_a_bad_length_are_still_handed_out():
    """Requests that Java would serve would be lost because garbage followed in the same packet."""
    with pytest.raises(MalformedFrame) as caught:
        FrameSplitter().feed(encode(PING) + b"GET / HTTP/1.1\r\n")
    assert [decode(frame) for frame in caught.value.frames] == [PING]


def test_limit_can_be_raised_once_the_peer_is_known():
    """A peer that has not proved who it is could send large frames, or one that has could not."""
    splitter = FrameSplitter(limit=64)
    assert splitter.feed(bytes([0, 0, 0, 60]) + bytes(60)) == [bytes(60)]
    with pytest.raises(MalformedFrame, match="65 bytes announced"):
        FrameSplitter(limit=64).feed(bytes([0, 0, 0, 61]))
    splitter.limit = 65
    assert splitter.feed(bytes([0, 0, 0, 61])) == []


@pytest.mark.parametrize(
    ("frame", "cause"),
    [
        (b"\0\0\0\x05hell", "header of 5 bytes in a frame of 8"),
        (b"\7\0\0\2{}", "serialize type 7"),
        (b"\0\0\0\5hello", "not JSON"),
        (b"\0\0\0\5[1,2]", "JSON list"),
        (b"\0\0\0\0body", "not JSON"),
        (b"\1\0\0\0", "binary header of 0 bytes"),
    ],
)
def test_malformed_frame_says_why(frame, cause):
    """An operator would read that a connection was closed, but not why."""
    with pytest.raises(MalformedFrame, match=cause):
        decode(frame)


@pytest.mark.parametrize("frame", [b"", b"abc", bytes(4), b"\0\0\0\2{}"])
def test_what_java_ignores_is_ignored(frame):
    """A port scanner's empty frame would be answered."""
    assert decode(frame) is None


@pytest.mark.parametrize("serialize_type", SerializeType)
def test_frame_of_more_than_16_mib_is_not_sent(serialize_type):
    """A peer would hang up on us without a word, and every request of the connection would be lost."""
    command = RemotingCommand(code=0, serialize_type=serialize_type)
    head = encode_head(command, 0)
    assert len(encode_head(command, FRAME_LIMIT - len(head))) == len(head)
    with pytest.raises(FrameTooLarge, match="16777217 bytes"):
        encode_head(command, FRAME_LIMIT - len(head) + 1)


@given(COMMANDS)
def test_head_and_body_make_the_frame(command):
    """A body written apart from its head would not be the body that the head announces."""
    assert encode_head(command, len(command.body)) + command.body == encode(command)
