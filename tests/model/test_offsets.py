"""What groups have consumed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmqtw.model.offsets import CommitOffset, ForgetOffsets, OffsetTable
from rmqtw.wire import fastjson

JAVA_FILE = Path(__file__).parents[1] / "golden" / "java-store" / "config" / "consumerOffset.json"
NAMES = st.sampled_from(["A", "B", "%RETRY%A"])
COMMITS = st.builds(CommitOffset, NAMES, NAMES, st.integers(0, 3), st.integers(0, 2**63 - 1))


def as_text_keys(value: object) -> object:
    """The same values with every key as text, as JSON proper has them."""
    if isinstance(value, dict):
        return {str(key): as_text_keys(member) for key, member in value.items()}
    return value


def test_java_file() -> None:
    """Java's consumerOffset.json, unquoted queue numbers and all, is read; nothing in it is lost."""
    document = fastjson.loads(JAVA_FILE.read_bytes())
    table = OffsetTable.from_java(document)
    assert table.queues("StoreA", "CG_store_part") == {0: 5, 1: 15, 2: 25, 3: 35}
    assert table.get("StoreB", "CG_store_full", 3) == 156
    assert table.topics_of("CG_store_pop2") == ["%RETRY%CG_store_pop2_StoreB", "StoreB"]
    assert table.to_java() == as_text_keys(document)


@given(st.lists(COMMITS, max_size=20))
def test_what_was_committed_last_counts(commits: list[CommitOffset]) -> None:
    """After any commits, and after a restart, each queue has its last one."""
    table = OffsetTable()
    for commit in commits:
        table.apply(commit)
    last = {(one.topic, one.group, one.queue_id): one.offset for one in commits}
    for each in (table, OffsetTable.from_java(fastjson.loads(fastjson.dumps(table.to_java())))):
        assert {key: each.get(*key) for key in last} == last
        assert each.get("A", "nobody", 0) is None


def test_commits_may_go_back() -> None:
    """A reset is a commit of a smaller offset; a repeated commit changes nothing."""
    table = OffsetTable()
    assert table.apply(CommitOffset("T", "G", 0, 10))
    assert not table.apply(CommitOffset("T", "G", 0, 10))
    assert table.apply(CommitOffset("T", "G", 0, 3))
    assert table.get("T", "G", 0) == 3


def test_forgetting() -> None:
    """Deleting a topic or a group forgets exactly its offsets."""
    table = OffsetTable()
    for topic in ("T", "U"):
        for group in ("G", "H"):
            table.apply(CommitOffset(topic, group, 0, 1))
    assert table.apply(ForgetOffsets(topic="T", group="G"))
    assert (table.groups_of("T"), table.topics_of("G")) == (["H"], ["U"])
    assert table.apply(ForgetOffsets(group="H"))
    assert table.groups_of("U") == ["G"]
    assert not table.apply(ForgetOffsets())
    assert not table.apply(ForgetOffsets(topic="T"))
    assert table.apply(ForgetOffsets(topic="U"))
    assert table.offsets == {}


def test_version_moves_in_steps() -> None:
    """The version, by which a slave notices changes, moves every so many commits."""
    table = OffsetTable(version_step=3)
    for number in range(7):
        table.apply(CommitOffset("T", "G", 0, number), timestamp=number)
    assert (table.version.counter, table.version.timestamp) == (2, 5)


def test_a_copy_is_given_out() -> None:
    """Nobody changes offsets by changing what was asked for."""
    table = OffsetTable()
    table.apply(CommitOffset("T", "G", 0, 1))
    table.queues("T", "G")[0] = 99
    assert table.get("T", "G", 0) == 1
    assert table.queues("T", "nobody") == {}


@pytest.mark.parametrize(
    ("document", "cause"),
    [
        ({"offsetTable": 5}, "offsetTable: an object is expected, not int"),
        ({"offsetTable": {"T@G": {"x": 1}}}, "offsets of 'T@G'"),
        ({"offsetTable": {"T@G": {"0": None}}}, "offsets of 'T@G'"),
        ({"offsetTable": {"T@G": [1]}}, "offsets of 'T@G'"),
    ],
)
def test_a_broken_file_is_named(document: dict, cause: str) -> None:
    """A file that cannot be read says which entry is to blame."""
    with pytest.raises(ValueError, match=cause):
        OffsetTable.from_java(document)
