"""ROCKETMQ headers, with all that they cannot carry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmqtw.wire.binaryheader import decode as decode_header
from rmqtw.wire.binaryheader import encode as encode_header
from rmqtw.wire.frames import MalformedFrame, RemotingCommand, SerializeType, decode, encode
from tests.wire.strategies import BINARY_COMMANDS


def binary(**fields):
    """A command to be written with a binary header."""
    return RemotingCommand(serialize_type=SerializeType.ROCKETMQ, **fields)


@given(BINARY_COMMANDS)
def test_what_is_written_is_read_again(command):
    """A field would change on its way from one of our processes to another."""
    assert decode(encode(command)[4:]) == command


def test_header_is_java_bytes():
    """Java would not understand our header (vector remoting_command_rocketmq_v1)."""
    command = binary(
        code=105,
        version=321,
        opaque=0x01020304,
        flag=1,
        remark="golden",
        ext_fields={"alpha": "first", "zeta": "last"},
        body=b"body",
    )
    assert encode(command) == bytes.fromhex(
        "00000041010000390069000141010203040000000100000006676f6c64656e0000001e0005616c706861"
        "00000005666972737400047a657461000000046c617374626f6479"
    )


@pytest.mark.parametrize(("code", "read"), [(200050, 3442), (200151, 3543), (32768, -32768), (-1, -1)])
def test_only_16_bits_of_the_code_arrive(code, read):
    """Code and answer would disagree with Java's about what a POP client's request is."""
    assert decode_header(encode_header(binary(code=code))).code == read


def test_empty_texts_arrive_as_none():
    """A field would be present for us and absent for Java."""
    command = decode_header(encode_header(binary(code=1, remark="", ext_fields={"a": "", "": "b", "c": "d"})))
    assert (command.remark, command.ext_fields) == (None, {"c": "d"})
    assert decode_header(encode_header(binary(code=1, ext_fields={}))).ext_fields is None


def test_values_that_are_not_text_are_written_as_java_spells_them():
    """A C++ client's boolean, passed on to a binary peer, would arrive as False, not false."""
    command = binary(code=1, ext_fields={"k": False, "m": True, "n": 5, "t": "\u00e9\u4e2d"})
    fields = decode_header(encode_header(command)).ext_fields
    assert fields == {"k": "false", "m": "true", "n": "5", "t": "\u00e9\u4e2d"}


def test_unknown_language_is_none_when_read_and_other_when_written():
    """A peer in a language newer than we are would be cut off, or make Java fail on a null."""
    header = bytearray(encode_header(binary(code=1)))
    header[2] = 0xFF
    command = decode_header(bytes(header))
    assert command.language is None
    assert decode_header(encode_header(command)).language == "OTHER"


def test_bad_utf8_is_replaced_as_by_java():
    """A client with a broken charset, which Java serves, would be cut off."""
    header = encode_header(binary(code=1, remark="ab", ext_fields={"key": "value"}))
    command = decode_header(header.replace(b"ab", b"a\xff").replace(b"value", b"v\xc3lue"))
    assert (command.remark, command.ext_fields) == ("a\ufffd", {"key": "v\ufffdlue"})


FIXED = bytes.fromhex("0022 00 01df 00000001 00000000")


@pytest.mark.parametrize(
    ("header", "cause"),
    [
        (FIXED[:12], "binary header of 12 bytes"),
        (FIXED, "length of remark"),
        (FIXED + bytes(7), "length of extFields"),
        (FIXED + b"\xff\xff\xff\xff" + bytes(4), "length of remark at byte 13"),
        (FIXED + b"\x7f\xff\xff\xff" + bytes(4), "length of remark"),
        (FIXED + bytes(4) + b"\0\0\0\1" + bytes(1), "length of a field's name at byte 0"),
        (FIXED + bytes(4) + b"\0\0\0\7" + b"\0\2ab\0\0\0", "length of a field's name"),
        (FIXED + bytes(4) + b"\0\0\0\x06" + b"\xff\xff\0\0\0\0", "length of a field's name"),
        (FIXED + bytes(4) + b"\0\0\0\x09" + b"\0\1a\0\0\0\3xy", "length of a field's value at byte 3"),
        (FIXED + bytes(4) + b"\0\0\0\x09" + b"\0\1a\xff\xff\xff\xfdxy", "length of a field's value"),
    ],
)
def test_length_beyond_the_header_is_malformed(header, cause):
    """A peer could make us read beyond its frame, or for ever."""
    with pytest.raises(MalformedFrame, match=cause):
        decode_header(header)


def bad_length(header: bytes) -> bool:
    """Whether a header is refused; anything but MalformedFrame fails the test."""
    try:
        return decode_header(header).code != 34
    except MalformedFrame:
        return True


@given(st.binary(max_size=60))
def test_any_fields_are_read_or_malformed(data):
    """Noise in the fields would make an unhandled error."""
    header = FIXED + bytes(4) + len(data).to_bytes(4, "big") + data
    if bad_length(header):
        with pytest.raises(MalformedFrame, match="bad length of a field's"):
            decode_header(header)


def test_field_name_longer_than_its_length_field_is_refused():
    """A header would be written that says something else than it should."""
    with pytest.raises(ValueError, match="32768 bytes"):
        encode_header(binary(code=1, ext_fields={"k" * 32768: "v"}))
    assert decode_header(encode_header(binary(code=1, ext_fields={"k" * 32767: "v"}))).ext_fields
