"""Settings from files: rmqtw's own, which refuses what it does not know, and Apache's.

Both use Java's properties syntax and the same keys. Errors are `BadConfiguration`, with the
file's name and line.
"""

from __future__ import annotations

from typing import Any

import attrs

from rmqtw.declare.catalogue import Catalogue
from rmqtw.declare.javakeys import KEYS, LEGACY_SPELLINGS
from rmqtw.declare.properties_file import Entry, MalformedProperties, decode, parse
from rmqtw.declare.setting import BadSetting
from rmqtw.declare.values import nearest


class BadConfiguration(ValueError):
    """A configuration file cannot be used. `str()` names file, line, key, value and bound."""


@attrs.frozen
class JavaConfiguration:
    """What was read from a file of Apache's: values by key, and the keys that change nothing."""

    values: dict[str, Any]
    without_effect: tuple[str, ...]
    unknown: tuple[str, ...]

    def warning(self, name: str) -> str | None:
        """One sentence on the keys that change nothing; None when there are none."""
        parts = []
        if self.without_effect:
            parts.append("without effect here: " + ", ".join(map(_with_todays_name, self.without_effect)))
        if self.unknown:
            parts.append("unknown to rmqtw and Apache RocketMQ: " + ", ".join(self.unknown))
        return f"{name} has keys {'; '.join(parts)}" if parts else None


def read_own(name: str, data: bytes, catalogue: Catalogue) -> dict[str, Any]:
    """Values by key of rmqtw's own file; an unknown or repeated key is refused."""
    values: dict[str, Any] = {}
    for entry in _entries(name, data):
        if entry.key in values:
            raise BadConfiguration(f"{name} line {entry.line}: {entry.key} is there twice; keep one")
        values[entry.key] = _value(name, entry, catalogue)
    return values


def read_java(name: str, data: bytes, catalogue: Catalogue) -> JavaConfiguration:
    """Values of a Java `broker.conf` or `namesrv.properties`; of a repeated key the last, as in Java."""
    values: dict[str, Any] = {}
    strange: dict[str, None] = {}
    for entry in _entries(name, data):
        if entry.key in catalogue.by_key:
            values[entry.key] = _value(name, entry, catalogue)
        else:
            strange[entry.key] = None
    known = {key for key in strange if key in KEYS or key in LEGACY_SPELLINGS}
    return JavaConfiguration(values, tuple(key for key in strange if key in known),
                             tuple(key for key in strange if key not in known))


def _entries(name: str, data: bytes) -> list[Entry]:
    try:
        return parse(decode(data))
    except MalformedProperties as problem:
        raise BadConfiguration(f"{name} {problem}") from None


def _value(name: str, entry: Entry, catalogue: Catalogue) -> Any:
    known = catalogue.by_key
    place = f"{name} line {entry.line}"
    if entry.key not in known:
        raise BadConfiguration(f"{place}: unknown key {entry.key}{nearest(entry.key, known)}")
    try:
        return known[entry.key].setting.parse(entry.value, entry.key)
    except BadSetting as problem:
        raise BadConfiguration(f"{place}: {problem}") from None


def _with_todays_name(key: str) -> str:
    return f"{key} (today {LEGACY_SPELLINGS[key]})" if key in LEGACY_SPELLINGS else key
