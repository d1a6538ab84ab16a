"""Tag expressions, and the hash that they are compared by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmqtw.filters import TagExpressionError, java_hash, parse_tags, tags_code


def by_the_book(text: str) -> int:
    """Java's definition of `String.hashCode()`, one UTF-16 unit at a time."""
    value = 0
    data = text.encode("utf-16-be", "surrogatepass")
    for place in range(0, len(data), 2):
        value = (31 * value + int.from_bytes(data[place : place + 2], "big")) & 0xFFFFFFFF
    return value - 2**32 if value >> 31 else value


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", 0),
        ("TagA", 2598919),
        ("TagB", 2598920),
        ("a", 97),
        ("é", 233),
        ("polygenelubricants", -(2**31)),
        ("\U0001f600", 0xD83D * 31 + 0xDE00),
    ],
)
def test_known_hashes(text: str, code: int) -> None:
    """Hashes that Java is known to give; the first two were sent by a Java client."""
    assert java_hash(text) == tags_code(text) == code


@given(st.text(st.characters(), max_size=200))
def test_hash_by_the_book(text: str) -> None:
    """Any text hashes as Java's definition says, lone surrogates and long texts included."""
    assert java_hash(text) == by_the_book(text)


@pytest.mark.parametrize("length", [63, 64, 65, 127, 128, 129, 5000])
def test_hash_of_long_texts(length: int) -> None:
    """Long keys hash right at every boundary."""
    text = "Zürich|key" * (length // 10 + 1)
    assert java_hash(text[:length]) == tags_code(text[:length]) == by_the_book(text[:length])


@pytest.mark.parametrize("expression", [None, "", "*", " ", " * "])
def test_everything(expression: str | None) -> None:
    """No expression and `*` take every message, tagged or not."""
    wanted = parse_tags(expression)
    assert wanted.takes_all
    assert wanted.codes == frozenset()
    assert wanted.accepts("any")
    assert wanted.accepts(None)
    assert wanted.accepts_code(0)
    assert wanted.accepts_code(42)


@pytest.mark.parametrize(
    "expression", ["TagA || TagB", "TagA||TagB", "  TagB||  TagA ", "TagA || || TagB ||"]
)
def test_some_tags(expression: str) -> None:
    """Blanks and empty places do not matter; only the named tags pass."""
    wanted = parse_tags(expression)
    assert wanted.tags == {"TagA", "TagB"}
    assert wanted.codes == {2598919, 2598920}
    assert wanted.accepts("TagA")
    assert wanted.accepts_code(2598920)
    for other in ("TagC", "taga", "", None):
        assert not wanted.accepts(other)
    assert not wanted.accepts_code(0)


def test_one_bar_is_part_of_a_tag() -> None:
    """Only two bars join tags."""
    assert parse_tags("a|b").tags == {"a|b"}


def test_tags_that_share_a_hash() -> None:
    """A tag with the same hash passes the broker's check and is stopped by the consumer's."""
    wanted = parse_tags("Aa")
    assert wanted.accepts_code(tags_code("BB"))
    assert not wanted.accepts("BB")


@pytest.mark.parametrize("expression", ["||", " || ", "||||"])
def test_no_tag(expression: str) -> None:
    """An expression that names nothing is refused, and the error shows it."""
    with pytest.raises(TagExpressionError, match="no tag") as caught:
        parse_tags(expression)
    assert caught.value.position == 0
    assert repr(expression) in str(caught.value)


def test_longest_expression() -> None:
    """An expression may be as long as the limit; one past it is refused without repeating it all."""
    assert parse_tags("a" * 100, limit=100).tags == {"a" * 100}
    with pytest.raises(TagExpressionError, match="longer than 100 characters") as caught:
        parse_tags("a" * 101, limit=100)
    assert len(str(caught.value)) < 200


@given(st.lists(st.text(st.characters(exclude_characters="|", exclude_categories=["Cs"]), min_size=1)))
def test_any_tags(tags: list[str]) -> None:
    """A filter takes each tag that it was made of, by name and by hash."""
    named = {tag.strip() for tag in tags} - {""}
    if not named or named == {"*"}:
        return
    wanted = parse_tags("||".join(tags))
    assert wanted.tags == named
    assert all(wanted.accepts(tag) and wanted.accepts_code(tags_code(tag)) for tag in named)
