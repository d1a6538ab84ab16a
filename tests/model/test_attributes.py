"""Attributes of topics."""

from __future__ import annotations

import pytest

from rmqtw.model.attributes import alter, parse_changes
from rmqtw.wire.errors import InvalidParameter


def test_creating_and_changing() -> None:
    """Attributes are set on creation, changed and removed later."""
    made = alter({}, parse_changes("+message.type=FIFO,+cleanup.policy=COMPACTION"), create=True)
    assert made == {"message.type": "FIFO", "cleanup.policy": "COMPACTION"}
    changed = alter(made, parse_changes("+reserve.time=3600000,-message.type"), create=False)
    assert changed == {"cleanup.policy": "COMPACTION", "reserve.time": "3600000"}
    assert parse_changes(None) == parse_changes("") == {}


@pytest.mark.parametrize(
    "text", ["message.type=FIFO", "+message.type", "+", "-", "-message.type=FIFO", "=", "+=x"]
)
def test_ill_formed_changes(text: str) -> None:
    """A change that is neither an addition nor a removal is refused, and named."""
    with pytest.raises(InvalidParameter, match="neither"):
        parse_changes(text)


def test_changed_twice() -> None:
    """One attribute cannot be changed twice at once."""
    with pytest.raises(InvalidParameter, match="twice"):
        parse_changes("+message.type=FIFO,-message.type")


@pytest.mark.parametrize(
    ("current", "text", "create", "cause"),
    [
        ({}, "+colour=red", True, "'colour' is not known"),
        ({}, "+message.type=fifo", True, "one of UNSPECIFIED"),
        ({}, "+reserve.time=soon", True, "milliseconds"),
        ({}, "+reserve.time=-2", True, "milliseconds"),
        ({}, "-message.type", True, "while the topic is created"),
        ({}, "-message.type", False, "the topic has none"),
        ({"queue.type": "BatchCQ"}, "+queue.type=SimpleCQ", False, "cannot change"),
    ],
)
def test_refused_changes(current: dict, text: str, create: bool, cause: str) -> None:
    """What Java refuses is refused with the attribute's name and the reason, and changes nothing."""
    before = dict(current)
    with pytest.raises(InvalidParameter, match=cause):
        alter(current, parse_changes(text), create=create)
    assert current == before
