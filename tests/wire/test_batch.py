"""Batch bodies: many messages in one send."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmqtw.wire.batch import BatchItem, MalformedBatch, join_batch, split_batch

JAVA_READABLE = Path(__file__).parents[1] / "golden" / "java-store" / "batch-body.hex"

items = st.builds(BatchItem, st.integers(-(2**31), 2**31 - 1), st.binary(max_size=50), st.binary(max_size=50))


def test_batch_of_a_real_client() -> None:
    """A batch that a Java broker took is read as its three messages and written back bit by bit."""
    body = bytes.fromhex(JAVA_READABLE.read_text())
    found = split_batch(body)
    assert [(item.flag, item.body, item.properties) for item in found] == [
        (0, b"b%d" % number, b"TAGS\x01TB\x02") for number in (1, 2, 3)
    ]
    assert join_batch(found) == body


@given(st.lists(items, min_size=1, max_size=8))
def test_round_trip(batch: list[BatchItem]) -> None:
    """Whatever was joined is split into the same messages."""
    assert split_batch(join_batch(batch)) == batch


@given(st.binary(max_size=200))
def test_garbage(data: bytes) -> None:
    """Garbage is refused as `MalformedBatch` or read within its bounds; nothing else is raised."""
    try:
        found = split_batch(data)
    except MalformedBatch:
        return
    assert sum(len(item.body) + len(item.properties) + 22 for item in found) == len(data)


@given(st.lists(items, min_size=1, max_size=3), st.integers(1, 200))
def test_cut_batch(batch: list[BatchItem], missing: int) -> None:
    """A batch whose last message is cut is refused as a whole, naming the message."""
    last = 22 + len(batch[-1].body) + len(batch[-1].properties)
    data = join_batch(batch)[: -min(missing, last - 1)]
    with pytest.raises(MalformedBatch, match=f"message {len(batch) - 1}"):
        split_batch(data)


def test_empty_and_overfull() -> None:
    """No message, or more than the limit, is no batch."""
    with pytest.raises(MalformedBatch, match="no message"):
        split_batch(b"")
    three = join_batch([BatchItem(0, b"")] * 3)
    assert len(split_batch(three, limit=3)) == 3
    with pytest.raises(MalformedBatch, match="more than 2"):
        split_batch(three, limit=2)


def test_bodies_are_not_copied() -> None:
    """Splitting a view gives views: a batch of megabytes is not held twice."""
    view = memoryview(join_batch([BatchItem(0, b"x" * 100, b"a\x01b\x02")]))
    assert split_batch(view)[0].body.obj is view.obj
