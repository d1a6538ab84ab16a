"""Every recorded frame is read as it was meant, and survives being written by us."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest

from rmqtw.wire import fastjson
from rmqtw.wire.codes import LanguageCode, RequestCode, ResponseCode
from rmqtw.wire.frames import FrameSplitter, MalformedFrame, RemotingCommand, SerializeType, decode, encode
from tests.golden import SCENARIOS, Probe, frames, lines, probes, vectors

MEANING = ("code", "opaque", "flag", "version", "language", "remark", "ext_fields", "body")


def meaning(command: RemotingCommand) -> dict[str, Any]:
    """What a command says, apart from how it was written; field values as text."""
    fields = {name: getattr(command, name) for name in MEANING}
    if command.ext_fields is not None:
        fields["ext_fields"] = {key: as_text(value) for key, value in command.ext_fields.items()}
    return fields


def as_text(value: object) -> str:
    """A field's value as Java would see it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def without_empty(command: RemotingCommand) -> dict[str, Any]:
    """What of a command's meaning a binary header can carry."""
    said = meaning(command)
    said["code"] = (command.code + 2**15) % 2**16 - 2**15
    said["ext_fields"] = {key: value for key, value in (said["ext_fields"] or {}).items() if value} or None
    return said | {"remark": command.remark or None, "language": command.language or "OTHER"}


def recorded(line: dict[str, Any], body: bytes) -> dict[str, Any]:
    """What the recording says a frame means."""
    fields = line.get("extFields")
    return {
        **{name: line[name] for name in ("code", "opaque", "flag", "version", "language")},
        "remark": line.get("remark"),
        "ext_fields": None if fields is None else {key: as_text(value) for key, value in fields.items()},
        "body": body,
    }


def read(whole: bytes) -> RemotingCommand:
    """Split and decode one whole frame."""
    (frame,) = FrameSplitter().feed(whole)
    command = decode(frame)
    assert command is not None
    return command


@pytest.fixture(scope="module", params=SCENARIOS)
def recording(request):
    """The frames of one conversation; tests run grouped by conversation."""
    return frames(request.param)


def test_recorded_frame_is_read_as_its_writer_meant(recording):
    """A field of a real client's or server's frame would be lost or changed on reading."""
    for each in recording:
        command = read(each.whole)
        assert command.serialize_type.name == each.line["serialize"], each
        assert meaning(command) == recorded(each.line, each.body), each
        assert command.is_response == each.is_response, each
        assert command.is_oneway == bool(each.line.get("oneway")), each


def test_recorded_frame_survives_rewriting_as_json(recording):
    """A frame that we pass on with a JSON header would arrive with another meaning."""
    for each in recording:
        command = read(each.whole)
        command.serialize_type = SerializeType.JSON
        assert meaning(read(encode(command))) == meaning(command), each


def test_recorded_frame_survives_rewriting_as_rocketmq(recording):
    """A frame that we pass on with a binary header would arrive with another meaning."""
    for each in recording:
        command = read(each.whole)
        command.serialize_type = SerializeType.ROCKETMQ
        again = read(encode(command))
        assert again.serialize_type is SerializeType.ROCKETMQ
        assert without_empty(again) == without_empty(command), each


def test_java_json_header_is_written_byte_for_byte(recording):
    """A client that reads headers by hand, as Go's did, would see members in another order.

    The members of extFields are a hash map's in Java, so that theirs is the order that was read.
    """
    for each in recording:
        command = read(each.whole)
        written_by_java = command.serialize_type is SerializeType.JSON and command.language == "JAVA"
        if written_by_java and each.whole[8:15] == b'{"code"' and each.sender in ("broker", "namesrv"):
            assert encode(command) == each.whole, each


def test_recorded_connection_splits_into_its_frames(recording):
    """Frames that arrive in one piece of data would be lost or merged."""
    whole = [each.whole for each in recording]
    assert FrameSplitter().feed(b"".join(whole)) == [each[4:] for each in whole]


def test_recorded_codes_and_languages_have_names(recording):
    """A code that a real peer sends would show up in logs as a bare number."""
    for each in recording:
        code = each.line["code"]
        if each.is_response:
            assert ResponseCode(code).name
        elif each.line["serialize"] == "JSON" and code != 9999:
            assert RequestCode(code).name
        assert each.line["language"] in LanguageCode.__members__


def test_recorded_json_bodies_are_read(recording):
    """A body that Java writes, with objects or numbers as keys, would be refused."""
    bodies = [each for each in recording if each.body[:1] in (b"{", b"[")]
    for each in bodies:
        value = fastjson.loads(each.body)
        assert isinstance(value, dict | list)
        assert fastjson.loads(fastjson.dumps(value)) == without_nulls(value), each


def without_nulls(value: Any) -> Any:
    """A JSON value as it is after members that are null were left out."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def test_recordings_hold_what_strict_json_refuses():
    """The test before would prove nothing if no recording had an object as a key."""
    refused = 0
    for each in (each for scenario in ("mqadmin", "reset-offset") for each in frames(scenario)):
        if b":{{" in each.body:
            refused += 1
            with pytest.raises(msgspec.DecodeError):
                msgspec.json.decode(each.body)
    assert refused > 50


@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: vector.name)
def test_java_vector_is_read_and_written(vector):
    """A header that Java's own code wrote would be read wrong, or written so that Java reads it wrong."""
    command = read(vector.whole)
    expected = vector.expected
    assert command.serialize_type.name == expected["serializeType"]
    assert command.ext_fields == expected["canonicalExtFields"]
    for name in ("opaque", "version", "language"):
        assert getattr(command, name) == expected[name]
    assert command.code == expected["wireCodeValue"]
    assert encode(command) == vector.whole


def test_there_are_24_vectors_and_ten_thousand_frames():
    """Data that went missing would let the tests here pass without testing anything."""
    assert len(vectors()) == 24
    assert sum(len(frames(scenario)) for scenario in SCENARIOS) > 10_000
    assert any("event" in line for line in lines("producer-send"))


IGNORED = {"header is {}", "empty header", "length 0", "length 3"}
CLOSED = {
    "header is not JSON",
    "header is a JSON array",
    "negative length",
    "length 17 MiB announced",
    "header length beyond the frame",
    "serialize type 7",
    "HTTP request",
    "HTTP/2 preface",
}


CUT_SHORT = {"310 body 5 MB (over maxMessageSize)"}
"""The recording keeps only the first 64 bytes of this request."""


def broken(names: set[str]) -> list[Probe]:
    """The probes of these names, sent to nameserver and broker."""
    return [each for each in probes() if each.name in names]


def test_probes_that_java_ignores_are_ignored():
    """An empty frame, which a Java server overlooks, would end the connection or be answered."""
    assert {each.name for each in broken(IGNORED)} == IGNORED
    for each in broken(IGNORED):
        assert not each.closed
        assert [decode(frame) for frame in FrameSplitter().feed(each.request)] == [None]


def test_probes_that_java_hangs_up_on_are_malformed():
    """A peer that speaks something else would be answered, or kept, where Java closes."""
    assert {each.name for each in broken(CLOSED)} == CLOSED
    for each in broken(CLOSED):
        assert each.closed
        with pytest.raises(MalformedFrame):
            [decode(frame) for frame in FrameSplitter().feed(each.request)]


def test_other_probes_are_read():
    """A request with an odd header that Java serves would be refused as malformed."""
    for each, line in zip(probes(), lines("probes"), strict=True):
        if each.name not in IGNORED | CLOSED | CUT_SHORT:
            assert not each.closed
            commands = [decode(frame) for frame in FrameSplitter().feed(each.request)]
            code = int(each.name.split()[0]) if "request" not in line else line["request"]["code"]
            assert [command.code for command in commands][:1] == [code], each.name


def test_java_replies_to_probes_are_read_and_written():
    """An error that a Java server answers would lose its code, its remark or its fields."""
    for line in (line for each in probes() for line in each.replies):
        whole = base64.b64decode(line["frame_base64"])
        command = read(whole)
        assert meaning(command) == recorded(line, whole[len(whole) - line["body_len"] :])
        assert encode(command) == whole
