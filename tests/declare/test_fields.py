"""Declared fields: reading, writing, and errors that name the field."""

from __future__ import annotations

import contextlib
from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmqtw.declare.fields import Header, Int32, Int64, MalformedHeader, NoFields, Resource, about, field


class Sample(Header, kw_only=True):
    """One field of each type."""

    topic_name: Annotated[str, field("A topic.", resource=Resource.TOPIC)]
    queue_id: Annotated[Int32, field("A queue.")] = msgspec.field(name="e")
    queue_offset: Annotated[Int64 | None, field("An offset.")] = None
    order: Annotated[bool, field("A flag.")] = False
    group: Annotated[str | None, field("A group.", resource=Resource.GROUP)] = None


@given(
    st.builds(
        Sample,
        topic_name=st.text(),
        queue_id=st.integers(-(2**31), 2**31 - 1),
        queue_offset=st.none() | st.integers(-(2**63), 2**63 - 1),
        order=st.booleans(),
        group=st.none() | st.text(),
    )
)
def test_what_is_written_is_read(header):
    """A value would change on its way over the wire."""
    fields = header.encode()
    assert all(type(value) is str for value in fields.values())
    assert Sample.decode(fields) == header


def test_none_is_left_out_and_defaults_are_written():
    """Java reads an absent field as null, and expects its booleans to be there."""
    assert Sample(topic_name="T", queue_id=3).encode() == {"topicName": "T", "e": "3", "order": "false"}


@pytest.mark.parametrize(("fields", "expected"), [
    ({"topicName": "T", "e": 3, "order": True}, Sample(topic_name="T", queue_id=3, order=True)),
    ({"topicName": 5, "e": "3"}, Sample(topic_name="5", queue_id=3)),
    ({"topicName": True, "e": "3"}, Sample(topic_name="true", queue_id=3)),
    ({"topicName": "T", "e": "3", "order": "1"}, Sample(topic_name="T", queue_id=3, order=True)),
    ({"topicName": "T", "e": "3", "order": "0"}, Sample(topic_name="T", queue_id=3, order=False)),
    ({"topicName": "T", "e": "3", "order": "TRUE"}, Sample(topic_name="T", queue_id=3, order=True)),
    ({"topicName": "T", "e": "3", "order": None, "group": None}, Sample(topic_name="T", queue_id=3)),
    ({"topicName": "T", "e": "-1", "unknown": "x"}, Sample(topic_name="T", queue_id=-1)),
])  # fmt: skip
def test_other_clients_spellings_are_read(fields, expected):
    """C++ and JavaScript clients send numbers, booleans and nulls where Java sends text."""
    assert Sample.decode(fields) == expected


@pytest.mark.parametrize(("fields", "message"), [
    ({"e": "1"}, "Sample.topicName: the required field is missing"),
    ({"topicName": None, "e": "1"}, "Sample.topicName: the required field is missing"),
    ({"topicName": "T"}, "Sample.queueId (e): the required field is missing"),
    ({"topicName": "T", "e": "x"}, "Sample.queueId (e): Expected `int`"),
    ({"topicName": "T", "e": ""}, "Sample.queueId (e): Expected `int`"),
    ({"topicName": "T", "e": str(2**31)}, "Sample.queueId (e): Expected `int` <= 2147483647"),
    ({"topicName": "T", "e": str(-(2**31) - 1)}, "Sample.queueId (e): Expected `int` >= -2147483648"),
    ({"topicName": "T", "e": "1", "queueOffset": str(2**63)}, "Sample.queueOffset: "),
    ({"topicName": "T", "e": "1", "queueOffset": "9" * 400}, "Sample.queueOffset: "),
    ({"topicName": "T", "e": "1", "order": "maybe"}, "Sample.order: Expected `bool`"),
])  # fmt: skip
def test_malformed_fields_are_named(fields, message):
    """Whoever wrote the client must be told which field is wrong, and how."""
    with pytest.raises(MalformedHeader) as caught:
        Sample.decode(fields)
    assert str(caught.value).startswith(message)


@given(
    st.dictionaries(
        st.sampled_from(["topicName", "e", "queueOffset", "order", "group", "other"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    )
)
def test_any_fields_are_read_or_refused(fields):
    """Garbage in a header would be an unhandled error."""
    with contextlib.suppress(MalformedHeader):
        header = Sample.decode(fields)
        assert Sample.decode(header.encode()) == header


def test_a_refusal_does_not_repeat_the_value():
    """A secret in the wrong field would end up in an answer or a log."""
    with pytest.raises(MalformedHeader) as caught:
        Sample.decode({"topicName": "T", "e": "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_resources_are_found_in_order():
    """A permission would be asked for the wrong field."""
    assert Sample.named_resources() == (("topic_name", Resource.TOPIC), ("group", Resource.GROUP))


def test_a_header_without_fields():
    """A command whose request has only a body would need a header of its own."""
    assert NoFields.decode({"AccessKey": "a"}).encode() == {}


def test_descriptions_are_found():
    """The generated documentation would have empty cells."""
    assert [about(info) for info in msgspec.structs.fields(Sample)] == [
        "A topic.", "A queue.", "An offset.", "A flag.", "A group.",
    ]  # fmt: skip
