"""What a group is subscribed to after its clients' heartbeats."""

from __future__ import annotations

import pytest

from rmqtw.filters import TagExpressionError
from rmqtw.model.subscriptions import is_tag_type, merge, subscribe, tag_filter


def test_new_and_dropped_topics() -> None:
    """A topic that is named is subscribed, one that is no longer named is not."""
    first = merge({}, [subscribe("A", "*", 1), subscribe("B", "x", 1)])
    assert first.changed
    assert sorted(first.subscriptions) == ["A", "B"]
    second = merge(first.subscriptions, [subscribe("B", "x", 1)])
    assert second.changed
    assert list(second.subscriptions) == ["B"]


def test_the_newest_version_wins() -> None:
    """An older heartbeat does not undo a newer subscription; a newer one replaces it."""
    known = {"A": subscribe("A", "new", 5)}
    older = merge(known, [subscribe("A", "old", 4)])
    assert not older.changed
    assert older.subscriptions["A"].sub_string == "new"
    same = merge(known, [subscribe("A", "other", 5)])
    assert same.subscriptions["A"].sub_string == "new"
    newer = merge(known, [subscribe("A", "newer", 6)])
    assert newer.changed
    assert newer.subscriptions["A"].sub_string == "newer"


def test_a_renewed_subscription_is_no_change() -> None:
    """A newer version of the same expression moves the version and wakes nobody."""
    known = {"A": subscribe("A", "x", 5)}
    merged = merge(known, [subscribe("A", "x", 6)])
    assert not merged.changed
    assert merged.subscriptions["A"].sub_version == 6


def test_the_same_topic_twice() -> None:
    """A heartbeat that names a topic twice means the newer one."""
    merged = merge({}, [subscribe("A", "x", 2), subscribe("A", "y", 1)])
    assert merged.subscriptions["A"].sub_string == "x"


def test_tags_as_a_java_consumer_sends_them() -> None:
    """A tag subscription carries tags and hashes as Java's consumer sends them."""
    sent = subscribe("VecPush", "TagA || TagB", 1795519691960)
    assert (sent.tags_set, sent.code_set) == (["TagA", "TagB"], [2598919, 2598920])
    assert (sent.sub_string, sent.expression_type) == ("TagA || TagB", "TAG")
    assert tag_filter(sent).codes == {2598919, 2598920}


@pytest.mark.parametrize("text", [None, "", "*"])
def test_everything(text: str | None) -> None:
    """No expression is sent as `*`, and takes all."""
    sent = subscribe("T", text, 1)
    assert (sent.sub_string, sent.tags_set, sent.code_set) == ("*", [], [])
    assert tag_filter(sent).takes_all


def test_sql_is_no_tag_expression() -> None:
    """An expression of another type is carried as it is."""
    sent = subscribe("T", "a || b", 1, "SQL92")
    assert (sent.sub_string, sent.tags_set, sent.expression_type) == ("a || b", [], "SQL92")
    assert [is_tag_type(kind) for kind in (None, "", "TAG", "SQL92")] == [True, True, True, False]


def test_broken_tags() -> None:
    """A broken expression fails where it is written, at the consumer."""
    with pytest.raises(TagExpressionError):
        subscribe("T", "||", 1)
