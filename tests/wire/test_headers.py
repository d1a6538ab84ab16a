"""Headers carry what Java's carry, under the same names, types and defaults."""

from __future__ import annotations

import json
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Annotated, get_args, get_origin

import msgspec
import pytest

from rmqtw.declare.fields import Header, Int32, Int64, MalformedHeader
from rmqtw.wire.commands import COMMANDS
from rmqtw.wire.headers.base import BoundaryType
from rmqtw.wire.headers.pull import PullMessageRequest, PullMessageResponse, SearchOffsetRequest
from rmqtw.wire.headers.send import SendMessageRequest, SendMessageRequestV2
from tests.golden import SCENARIOS, frames

SCHEMAS = json.loads((Path(__file__).parent.parent / "golden" / "header-schemas.json").read_text())
MODULES = (
    "base", "send", "pull", "group", "topic", "route", "transaction", "pop", "lite", "admin", "auth", "ha",
    "controller",
)  # fmt: skip
JAVA_TYPES = {
    "String": str, "Integer": Int32, "int": Int32, "Long": Int64, "long": Int64, "Boolean": bool,
    "boolean": bool, "BoundaryType": BoundaryType,
}  # fmt: skip
NOT_REQUIRED = {
    ("GetAllTopicConfigRequest", "topicSeq"): "5.3.3 and older ask for the whole table without it (mqadmin)",
    ("GetAllSubscriptionGroupRequest", "groupSeq"): "5.3.3 and older ask for the whole table without it",
    ("GetAllSubscriptionGroupResponse", "totalGroupNum"): "brokers up to 5.3.3 answer without it (mqadmin)",
}
NO_JAVA_CLASS = {
    "TopicQueueRequest": "abstract in Java, without fields",
    "SetCommitLogReadModeRequest": "Java puts READ_AHEAD_MODE into extFields without a class",
}
SIGNATURE_AND_TRACING = {  # added by hooks of clients and brokers; no header declares them
    "AccessKey", "Signature", "SecurityToken", "OnsChannel", "_UNIQUE_KEY_QUERY", "ReqT",
    "MSG_REGION", "TRACE_ON", "IS_SUPPORT_HEART_BEAT_V2", "IS_SUB_CHANGE", "READ_AHEAD_MODE",
}  # fmt: skip
V2_FIELDS = {
    "a": "PG", "b": "T", "c": "TBW102", "d": "4", "e": "0", "f": "0", "g": "1700000000000", "h": "0",
    "i": "KEYS\x01k\x02", "j": "0", "k": "false", "m": "false", "n": "broker-a",
}  # fmt: skip


def headers():
    """Every header class of ours by name."""
    found = {}
    for name in MODULES:
        module = import_module(f"rmqtw.wire.headers.{name}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Header) and value.__module__ == module.__name__:
                found[value.__name__] = value
    return found


HEADERS = headers()


def ours_for(java):
    """Our class for a Java class: the same name without `Header`."""
    return HEADERS[java.rpartition(".")[2].replace("Header", "")]


def java_type(kind):
    """The type of a field as one of `JAVA_TYPES`' values, None and descriptions left out."""
    if kind in (Int32, Int64) or isinstance(kind, type):
        return kind
    inner, *rest = get_args(kind)
    if get_origin(kind) is not Annotated:
        return java_type(next(part for part in (inner, *rest) if part is not type(None)))
    return Annotated[int, rest[0]] if inner is int else java_type(inner)


def default_of(semantic, kind):
    """A default as Java declares it; the time of construction is for the caller to give, 0 here."""
    how, _, value = semantic.partition(":")
    if how in ("null", "unavailable"):
        return None
    if how == "dynamic":
        return 0
    if kind is bool:
        return value == "true"
    return {str: str, Int32: int, Int64: int}.get(kind, BoundaryType)(value)


@pytest.mark.parametrize("java", sorted(SCHEMAS))
def test_header_declares_what_java_declares(java):
    """A field of Java's header would be lost, misnamed, or read with another type or default."""
    ours = ours_for(java)
    fields = {info.encode_name: info for info in msgspec.structs.fields(ours)}
    assert set(fields) == {key for key, *_ in SCHEMAS[java]}
    for key, type_name, presence, semantic in SCHEMAS[java]:
        kind = java_type(fields[key].type)
        assert kind == JAVA_TYPES[type_name], key
        if presence == "required" and (ours.__name__, key) not in NOT_REQUIRED:
            assert fields[key].required, key
        else:
            assert not fields[key].required, key
            assert fields[key].default == default_of(semantic, kind), key


def test_exceptions_from_javas_schema_are_real():
    """A listed exception that is none would hide a mistake."""
    for name, key in NOT_REQUIRED:
        required = [
            f for java in SCHEMAS if ours_for(java).__name__ == name for f in SCHEMAS[java] if f[0] == key
        ]
        assert [presence for _, _, presence, _ in required] == ["required"]
    assert set(HEADERS) - {ours_for(java).__name__ for java in SCHEMAS} == set(NO_JAVA_CLASS)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_recorded_headers_survive(scenario):
    """A request or answer of a real client or server would be refused, or lose a field."""
    for each in frames(scenario):
        code = each.reply_to_code if each.is_response else each.line["code"]
        command = COMMANDS.get(code or 0)
        if command is None or (each.is_response and each.line["code"] != 0):
            continue
        kind = command.response if each.is_response else command.request
        sent = meaning(kind, each.line.get("extFields") or {})
        again = kind.decode(each.line.get("extFields")).encode()
        lost = {key: value for key, value in sent.items() if again.get(key) != value}
        assert set(lost) <= SIGNATURE_AND_TRACING, (each.number, lost)
        defaults = {info.encode_name: info.default for info in msgspec.structs.fields(kind)}
        for key in set(again) - set(sent):
            assert again[key] == as_text(defaults[key]), (each.number, key)


def meaning(kind, fields):
    """What was sent, as text; the "0" and "1" of C++ clients as Java's words where a boolean is due."""
    booleans = {info.encode_name for info in msgspec.structs.fields(kind) if java_type(info.type) is bool}
    words = {"0": "false", "1": "true"}
    texts = {key: as_text(value) for key, value in fields.items()}
    return {key: words.get(text, text) if key in booleans else text for key, text in texts.items()}


def as_text(value):
    """A field's value as Java would see it."""
    if isinstance(value, Enum):
        return value.name
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_v2_has_real_names():
    """A verb that reads `header.topic` would fail for the one-letter form that clients use."""
    v2 = SendMessageRequestV2.decode(V2_FIELDS)
    assert (v2.producer_group, v2.topic, v2.queue_id, v2.broker_name) == ("PG", "T", 0, "broker-a")
    assert v2.encode() == V2_FIELDS
    for name in set(SendMessageRequest.__struct_fields__):
        assert hasattr(v2, name)


def test_v2_becomes_v1():
    """A message sent with short names would be passed on with other values."""
    v2 = SendMessageRequestV2.decode(V2_FIELDS | {"l": "16"})
    v1 = v2.to_v1()
    assert v1.bname == "broker-a"
    for name in set(SendMessageRequest.__struct_fields__) - {"bname"}:
        assert getattr(v1, name) == getattr(v2, name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("UPPER", BoundaryType.UPPER),
        ("upper", BoundaryType.UPPER),
        ("LOWER", BoundaryType.LOWER),
        ("lower", BoundaryType.LOWER),
        ("neither", BoundaryType.LOWER),
    ],
)
def test_boundary_type_is_read_as_java_reads_it(text, expected):
    """A search for the last of equal timestamps would find the first, or fail for its spelling."""
    header = SearchOffsetRequest.decode(
        {"topic": "T", "queueId": "0", "timestamp": "1", "boundaryType": text}
    )
    assert header.boundary_type is expected
    assert header.encode()["boundaryType"] == expected.name


def test_pull_answer_carries_javas_fields():
    """A Java client fails on an answer without these four, which its decoder requires."""
    answer = PullMessageResponse(suggest_which_broker_id=0, next_begin_offset=7, min_offset=0, max_offset=9)
    assert answer.encode() == {
        "suggestWhichBrokerId": "0", "nextBeginOffset": "7", "minOffset": "0", "maxOffset": "9",
    }  # fmt: skip


def test_absent_ext_fields_name_the_first_missing_field():
    """A request without extFields would be an unhandled error instead of a refusal that says why."""
    with pytest.raises(MalformedHeader, match=r"PullMessageRequest\.\w+: the required field is missing"):
        PullMessageRequest.decode(None)
