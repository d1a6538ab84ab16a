"""Permission bits."""

from __future__ import annotations

import pytest

from rmqtw.model.permissions import inherited, perm_text, readable, valid, writable


@pytest.mark.parametrize(
    ("perm", "text"), [(7, "RWX"), (6, "RW-"), (4, "R--"), (2, "-W-"), (1, "--X"), (0, "---")]
)
def test_bits(perm: int, text: str) -> None:
    """Each letter stands for its right."""
    assert perm_text(perm) == text
    assert (readable(perm), writable(perm), inherited(perm)) == ("R" in text, "W" in text, "X" in text)


def test_valid() -> None:
    """Only 0 to 7 can be given to a topic."""
    assert [perm for perm in range(-2, 12) if valid(perm)] == list(range(8))
