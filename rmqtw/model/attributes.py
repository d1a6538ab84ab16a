"""Attributes of topics: what may be set, and how a change is written (`+key=value,-key`).

Java: `TopicAttributes`, `AttributeParser`, `AttributeUtil`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs

from rmqtw.wire.errors import InvalidParameter

LONGEST = 2**63 - 1


@attrs.frozen
class Attribute:
    """One attribute: whether it may change after creation, and which values it takes."""

    changeable: bool
    takes: Callable[[str], bool]
    meant: str


def _one_of(*values: str) -> tuple[Callable[[str], bool], str]:
    return frozenset(values).__contains__, "one of " + ", ".join(values)


def _milliseconds(value: str) -> bool:
    digits = value.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) < 20 and -1 <= int(value) <= LONGEST


TOPIC_ATTRIBUTES: dict[str, Attribute] = {
    "queue.type": Attribute(False, *_one_of("BatchCQ", "SimpleCQ")),
    "cleanup.policy": Attribute(False, *_one_of("DELETE", "COMPACTION")),
    "message.type": Attribute(
        True, *_one_of("UNSPECIFIED", "NORMAL", "FIFO", "DELAY", "TRANSACTION", "MIXED")
    ),
    "reserve.time": Attribute(True, _milliseconds, "milliseconds, or -1"),
}


def parse_changes(text: str | None) -> dict[str, str]:
    """Read `+key=value,-key` into {"+key": "value", "-key": ""}.

    Raises `InvalidParameter` (29) naming the part that is ill-formed or given twice.
    """
    changes: dict[str, str] = {}
    for part in filter(None, (text or "").split(",")):
        key, _, value = part.partition("=")
        if len(key) < 2 or key[0] not in "+-" or (key[0] == "+") != bool(value):
            raise InvalidParameter(f"attribute change {part!r} is neither +key=value nor -key")
        if key[1:] in {known[1:] for known in changes}:
            raise InvalidParameter(f"attribute {key[1:]!r} is changed twice")
        changes[key] = value
    return changes


def alter(
    current: Mapping[str, str],
    changes: Mapping[str, str],
    *,
    create: bool,
    known: Mapping[str, Attribute] = TOPIC_ATTRIBUTES,
) -> dict[str, str]:
    """Return the attributes after `changes` (as `parse_changes` returns them).

    Raises `InvalidParameter` (29): an unknown attribute or value, one that may not change once the
    topic exists, a removal of what is not there, or of anything while creating (`create`).
    """
    altered = dict(current)
    for change, value in changes.items():
        key = change[1:]
        _check(change, value, known.get(key), create=create)
        if change[0] == "+":
            altered[key] = value
        elif altered.pop(key, None) is None:
            raise InvalidParameter(f"attribute {key!r} cannot be removed: the topic has none")
    return altered


def _check(change: str, value: str, attribute: Attribute | None, *, create: bool) -> None:
    key = change[1:]
    if attribute is None:
        raise InvalidParameter(f"attribute {key!r} is not known")
    if create and change[0] == "-":
        raise InvalidParameter(f"attribute {key!r} cannot be removed while the topic is created")
    if not create and not attribute.changeable:
        raise InvalidParameter(f"attribute {key!r} cannot change once the topic exists")
    if change[0] == "+" and not attribute.takes(value):
        raise InvalidParameter(f"attribute {key!r} is {attribute.meant}, not {value!r}")
