"""Properties text: byte operations agree with reading it all, as Java does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmqtw.wire.properties import Edit, find, find_text, joined, parse, render, with_, without

letters = st.characters(exclude_characters="\x01\x02", exclude_categories=["Cs"])
words = st.text(letters, min_size=1, max_size=8)
tables = st.dictionaries(words, words, max_size=6)
# names that are suffixes, prefixes and values of each other, empty pieces, no last separator
pieces = st.sampled_from(["TAGS", "XTAGS", "TAG", "A", "é", "", "\x01", "\x02"])
texts = st.lists(pieces, max_size=14).map("".join)
names = st.sampled_from(["TAGS", "XTAGS", "TAG", "A", "é"])


@given(tables)
def test_round_trip(table: dict[str, str]) -> None:
    """What was rendered is parsed again, as bytes and as text."""
    assert parse(render(table)) == table
    assert parse(render(table).decode()) == table


@given(texts, names)
def test_find_agrees_with_parse(text: str, name: str) -> None:
    """Looking one name up finds what reading everything finds."""
    assert find_text(text.encode(), name) == parse(text).get(name)


@given(texts, names)
def test_without_agrees_with_parse(text: str, name: str) -> None:
    """Taking a name out leaves all others as they were."""
    left = without(text.encode(), name)
    assert parse(left) == {key: value for key, value in parse(text).items() if key != name}
    assert find(left, name) is None


@given(texts, names, words)
def test_with_agrees_with_parse(text: str, name: str, value: str) -> None:
    """Setting a name changes it alone, wherever it was."""
    assert parse(with_(text.encode(), name, value)) == {**parse(text), name: value}


@given(texts, st.lists(names, max_size=2), st.dictionaries(names, words, max_size=2))
def test_edit_agrees_with_parse(text: str, drop: list[str], put: dict[str, str]) -> None:
    """A prepared edit drops and sets exactly its names."""
    kept = {key: value for key, value in parse(text).items() if key not in drop}
    assert parse(Edit(drop, put)(text.encode())) == {**kept, **put}


@given(st.binary(max_size=60))
def test_bytes_that_are_no_text(data: bytes) -> None:
    """Properties that are not UTF-8 are read as far as Java reads them, and never raise."""
    for name, value in parse(data).items():
        assert name
        assert value
    assert without(data, "nothing of that kind") is data


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("", {}),
        ("A\x01b", {"A": "b"}),
        ("A\x01b\x02", {"A": "b"}),
        ("A\x01\x02B\x01c\x02", {"B": "c"}),
        ("\x01b\x02", {}),
        ("no separator\x02A\x01b\x02", {"A": "b"}),
        ("A\x01b\x02A\x01c\x02", {"A": "c"}),
        ("A\x01b\x01c\x02", {"A": "b\x01c"}),
    ],
)
def test_as_java_reads(text: str, table: dict[str, str]) -> None:
    """Empty values, entries without a name and doubles are treated as Java's decoder does."""
    assert parse(text) == table


def test_a_name_that_ends_another() -> None:
    """ORIGIN_MESSAGE_ID is not taken out of, or found in, DLQ_ORIGIN_MESSAGE_ID."""
    text = b"DLQ_ORIGIN_MESSAGE_ID\x011\x02"
    assert find(text, "ORIGIN_MESSAGE_ID") is None
    assert without(text, "ORIGIN_MESSAGE_ID") == text
    assert Edit(drop=["ORIGIN_MESSAGE_ID"])(text) == text


def test_what_the_broker_does_to_a_send() -> None:
    """WAIT and POP_CK go, region, trace and cluster come, also when the client sent its own."""
    edit = Edit(("WAIT", "POP_CK"), {"MSG_REGION": "DefaultRegion", "CLUSTER": "c"})
    sent = b"KEYS\x01k1\x02WAIT\x01true\x02CLUSTER\x01mine\x02TAGS\x01t"
    assert edit(sent) == b"KEYS\x01k1\x02TAGS\x01t\x02MSG_REGION\x01DefaultRegion\x02CLUSTER\x01c\x02"
    assert edit(b"") == b"MSG_REGION\x01DefaultRegion\x02CLUSTER\x01c\x02"
    assert edit(b"WAIT\x01true") == edit(b"")


def test_joined_keeps_entries_apart() -> None:
    """An entry put behind a text without its last separator does not run into it."""
    assert joined(b"A\x01b", b"C\x01d\x02") == b"A\x01b\x02C\x01d\x02"
    assert joined(b"", b"C\x01d\x02") == b"C\x01d\x02"
    assert joined(b"A\x01b", b"") == b"A\x01b"


@pytest.mark.parametrize(("name", "value"), [("a\x01", "b"), ("a\x02", "b"), ("a", "b\x02c\x01d")])
def test_separators_cannot_be_smuggled(name: str, value: str) -> None:
    """A value cannot bring a property of its own along."""
    with pytest.raises(ValueError, match="must not hold"):
        render({name: value})
    with pytest.raises(ValueError, match="must not hold"):
        with_(b"", name, value)


def test_lone_surrogates() -> None:
    """Half a character, as JSON can carry it, is stored as Java stores it: a question mark."""
    assert render({"a": "\ud83d"}) == b"a\x01?\x02"
