"""What the tables share when they become, and come from, Java's JSON files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from rmqtw.wire import fastjson
from rmqtw.wire.bodies.base import Body, DataVersion, MalformedBody

B = TypeVar("B", bound=Body)


def next_version(version: DataVersion, timestamp: int) -> DataVersion:
    """The version after one more change (Java: `DataVersion.nextVersion`)."""
    return msgspec.structs.replace(version, timestamp=timestamp, counter=version.counter + 1)


def body_from_java(value: Any, cls: type[B], what: str) -> B:
    """Read one object by fastjson's rules. Raises `ValueError` naming `what`, member and cause."""
    try:
        return cls.decode(fastjson.dumps(mapping_from_java(value, what)))
    except MalformedBody as problem:
        raise ValueError(f"{what}: {problem}") from None


def bodies_from_java(table: Any, cls: type[B], key: str, what: str) -> dict[str, B]:
    """Read a table of objects by name; the attribute `key` of each becomes its name.

    Raises `ValueError` naming the entry that is ill-formed. None is an empty table.
    """
    found = {}
    for name, value in mapping_from_java(table, f"table of {what}s").items():
        body = body_from_java(value, cls, f"{what} {name!r}")
        found[name] = msgspec.structs.replace(body, **{key: name})
    return found


def to_java(value: Any) -> Any:
    """A body, or a table of bodies, as plain values; members that are None are left out."""
    return _without_none(msgspec.to_builtins(value))


def version_from_java(value: Any) -> DataVersion:
    """Read a `dataVersion`; a file without one starts at 0."""
    return DataVersion() if value is None else body_from_java(value, DataVersion, "dataVersion")


def mapping_from_java(value: Any, what: str) -> Mapping[str, Any]:
    """Read an object whose members are data; None is an empty one. ValueError for anything else."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        kind = type(value).__name__
        raise ValueError(f"{what}: an object is expected, not {kind}")
    return value


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_none(member) for name, member in value.items() if member is not None}
    return value
