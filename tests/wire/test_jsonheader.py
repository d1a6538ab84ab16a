"""JSON headers: Java's bytes out, everybody's bytes in."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from rmqtw.wire.frames import MalformedFrame, RemotingCommand, decode, encode
from rmqtw.wire.jsonheader import decode as decode_header
from tests.wire.strategies import JSON_COMMANDS


@given(JSON_COMMANDS)
def test_what_is_written_is_read_again(command):
    """A field would change on its way from one of our processes to another."""
    assert decode(encode(command)[4:]) == command


@given(JSON_COMMANDS)
def test_header_is_strict_compact_json_in_java_order(command):
    """Clients in other languages, which read strict JSON, would not understand a header."""
    whole = encode(command)
    header = whole[8 : 8 + int.from_bytes(whole[5:8])]
    members = json.loads(header)
    assert list(members) == sorted(members)
    assert members["serializeTypeCurrentRPC"] == "JSON"
    assert ("remark" in members, "extFields" in members) == (
        command.remark is not None,
        command.ext_fields is not None,
    )


def test_header_is_java_bytes():
    """Clients that search headers for a text, as old Go ones do, would not find it."""
    command = RemotingCommand(
        code=0, opaque=-3, flag=1, version=479, remark='a"b', ext_fields={"queueId": "0"}
    )
    assert encode(command)[8:] == (
        b'{"code":0,"extFields":{"queueId":"0"},"flag":1,"language":"JAVA","opaque":-3,'
        b'"remark":"a\\"b","serializeTypeCurrentRPC":"JSON","version":479}'
    )


def test_unknown_language_is_written_as_other():
    """Java fails on a command whose language is null."""
    command = decode_header(b'{"code":1,"language":"KOTLIN"}')
    assert command is not None
    again = decode(encode(command)[4:])
    assert again is not None
    assert again.language == "OTHER"


def test_numbers_and_booleans_in_fields_are_taken_and_passed_on_as_text():
    """C++ and JavaScript clients, which send numbers, would be refused; Go ones would refuse our frames."""
    command = decode_header(b'{"code":11,"extFields":{"queueId":0,"big":9007199254740993,"k":false,"s":"1"}}')
    assert command is not None
    assert command.ext_fields == {"queueId": 0, "big": 9007199254740993, "k": False, "s": "1"}
    again = decode(encode(command)[4:])
    assert again is not None
    assert again.ext_fields == {"queueId": "0", "big": "9007199254740993", "k": "false", "s": "1"}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('{"code":"310","opaque":"5","flag":"2","version":"63"}', (310, 5, 2, 63, "JAVA")),
        ('{"code":310,"language":3}', (310, 0, 0, 0, "PYTHON")),
        ('{"code":310,"language":"9"}', (310, 0, 0, 0, "GO")),
        ('{"code":310,"language":"KOTLIN"}', (310, 0, 0, 0, None)),
        ('{"code":310,"language":99}', (310, 0, 0, 0, None)),
        ('{"code":310,"language":null}', (310, 0, 0, 0, None)),
        ('{"code":310,"language":{}}', (310, 0, 0, 0, None)),
        ('{"code":310,"opaque":-2147483648}', (310, -(2**31), 0, 0, "JAVA")),
        ('{"opaque":4}', (0, 4, 0, 0, "JAVA")),
        ('{"code":null,"flag":null,"version":""}', (0, 0, 0, 0, "JAVA")),
        ('{"code":310.0,"flag":true}', (310, 0, 1, 0, "JAVA")),
        ('{"code":310,"nonsense":[1,{"a":2}],"body":5,"serialize_type":"x"}', (310, 0, 0, 0, "JAVA")),
        ("{code:310,'language':'CPP',}", (310, 0, 0, 0, "CPP")),
        (' {"code" : 310 } ', (310, 0, 0, 0, "JAVA")),
    ],
)
def test_odd_headers_are_read_as_by_java(header, expected):
    """A client that Java serves would be cut off."""
    command = decode_header(header.encode())
    assert command is not None
    assert (command.code, command.opaque, command.flag, command.version, command.language) == expected
    assert command.body == b""


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("null", None),
        ("{}", {}),
        ('{"a":null,"b":"c"}', {"b": "c"}),
        ('{"a":{"b":1},"c":[1,null]}', {"a": '{"b":1}', "c": "[1,null]"}),
        ('{"a":1.5}', {"a": 1.5}),
        ('{"a":"\\ud83d\\ude00","b":"\\ud83d"}', {"a": "\U0001f600", "b": "\ufffd"}),
    ],
)
def test_odd_fields_are_read_as_by_java(fields, expected):
    """A client that leaves a field null would be cut off, or its field be taken for the text null."""
    command = decode_header(b'{"code":34,"extFields":%b}' % fields.encode())
    assert command is not None
    assert command.ext_fields == expected


def test_bad_utf8_is_replaced_as_by_java():
    """A client with a broken charset, which Java serves, would be cut off."""
    command = decode_header(b'{"code":34,"remark":"a\xffb"}')
    assert command is not None
    assert command.remark == "a\ufffdb"


@pytest.mark.parametrize(
    ("header", "cause"),
    [
        (b'{"code":"abc"}', "code is not a 32-bit number: 'abc'"),
        (b'{"code":2147483648}', "code is not a 32-bit number"),
        (b'{"code":1,"opaque":-2147483649}', "opaque is not a 32-bit number"),
        (b'{"code":1,"flag":[]}', "flag is not a 32-bit number"),
        (b'{"code":1e999}', "code is not a 32-bit number"),
        (b'{"code":%b}' % (b"9" * 5000), "header"),
        (b'{"code":1,"extFields":[]}', "extFields is a list, not an object"),
        (b'"text"', "header is a JSON str"),
        (b'{"code":1', "header is not JSON: expected"),
        (b"[" * 5000, "header is not JSON"),
    ],
)
def test_header_beyond_repair_is_malformed(header, cause):
    """A broken header would be served as something it is not."""
    with pytest.raises(MalformedFrame, match=cause):
        decode_header(header)
