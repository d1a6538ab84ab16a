"""Requests read in one step, fields in their types, must mean what two steps say."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmqtw.declare.fields import MalformedHeader
from rmqtw.wire.frames import (
    MalformedFrame,
    RemotingCommand,
    SerializeType,
    TypedCommand,
    decode,
    decode_typed,
    encode,
    typed_reader,
)
from rmqtw.wire.headers.send import SendMessageRequestV2

READ = typed_reader(310, SendMessageRequestV2)
FIELDS = {"a": "g", "b": "T", "c": "TBW102", "d": "4", "e": "1", "f": "0", "g": "17", "h": "0", "i": "K\x01v"}
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**33), 2**33), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=4),
    st.sampled_from(["true", "1", "0", "", " 3", "3.0", "1e2"]), st.lists(st.integers(), max_size=1),
)  # fmt: skip


def frame_of(members: dict[str, object], body: bytes = b"body") -> bytes:
    """A JSON frame without its length bytes."""
    header = json.dumps(members).encode()
    return len(header).to_bytes(4, "big") + header + body


def in_two_steps(frame: bytes) -> object:
    """What the general way makes of a frame, fields in their types."""
    command = decode(frame)
    assert command is not None
    try:
        header = SendMessageRequestV2.decode(command.ext_fields)
    except MalformedHeader as problem:
        return str(problem)
    return command, header


@given(st.dictionaries(st.sampled_from("abcdefghijklmnxz"), VALUES, max_size=3), st.booleans())
def test_odd_fields_mean_the_same_in_one_step(changed: dict[str, object], escaped: bool) -> None:
    """A client whose numbers come as text, or the reverse, would be served differently by chance."""
    frame = frame_of({"code": 310, "opaque": 5, "extFields": {**FIELDS, **changed, "ns": "é" * escaped}})
    command = decode_typed(frame, READ)
    if isinstance(command, TypedCommand):
        assert (decode(frame), command.header) == in_two_steps(frame)
        assert command.ext_fields == decode(frame).ext_fields
        assert (command.code, command.opaque, command.body) == (310, 5, b"body")
    else:
        assert command == decode(frame)


def test_an_ordinary_request_is_read_in_one_step() -> None:
    """Every message would cost twice the time to read."""
    command = decode_typed(frame_of({"code": 310, "language": "GO", "extFields": FIELDS}), READ)
    assert isinstance(command, TypedCommand)
    assert command.language == "GO"
    assert isinstance(command.header, SendMessageRequestV2)
    assert command.header.topic == "T"


@pytest.mark.parametrize(
    "members",
    [
        {"code": 11, "extFields": FIELDS},
        {"code": 310, "flag": 1, "extFields": FIELDS},
        {"code": 310, "language": 4, "extFields": FIELDS},
        {"code": 310, "language": "KLINGON", "extFields": FIELDS},
        {"code": 310},
        {"code": 310, "extFields": None},
        {"code": 310, "extFields": {}},
    ],
)
def test_anything_else_is_read_in_two(members: dict[str, object]) -> None:
    """A response or another request would be taken for a send."""
    frame = frame_of(members)
    assert decode_typed(frame, READ) == decode(frame)
    assert isinstance(decode_typed(frame, READ), RemotingCommand)


@pytest.mark.parametrize("frame", [b"", b"\0\0\0", b"\0\0\0\0", b"\0\0\0\2{}", encode(RemotingCommand(
    code=310, ext_fields=dict(FIELDS), serialize_type=SerializeType.ROCKETMQ))[4:]])  # fmt: skip
def test_frames_that_are_ignored_or_binary_stay_so(frame: bytes) -> None:
    """A peer would lose its connection for what Java ignores."""
    assert decode_typed(frame, READ) == decode(frame)


@pytest.mark.parametrize(
    "frame", [b"\0\0\0\x09{}", b"\x07\0\0\2{}", b"\0\0\0\2[]", b'\0\0\0\x0f{"code":310,,}}']
)
def test_what_is_no_frame_is_still_refused(frame: bytes) -> None:
    """Garbage would be answered instead of ending the connection."""
    with pytest.raises(MalformedFrame):
        decode_typed(frame, READ)
    with pytest.raises(MalformedFrame):
        decode(frame)
