"""What the tables share when they become, and come from, Java's JSON files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from rmqtw.wire.bodies.topic import DataVersion

S = TypeVar("S", bound=msgspec.Struct)


def next_version(version: DataVersion, timestamp: int) -> DataVersion:
    """The version after one more change (Java: `DataVersion.nextVersion`)."""
    return msgspec.structs.replace(version, timestamp=timestamp, counter=version.counter + 1)


def struct_from_java(value: Any, cls: type[S], what: str) -> S:
    """Read one object. Raises `ValueError` naming `what` and the member that is ill-typed."""
    try:
        return msgspec.convert(value, cls, strict=False)
    except msgspec.ValidationError as problem:
        raise ValueError(f"{what}: {problem}") from None


def struct_to_java(value: msgspec.Struct) -> dict[str, Any]:
    """One object as Java writes it: members that are None left out."""
    members: dict[str, Any] = msgspec.to_builtins(value)
    return {name: member for name, member in members.items() if member is not None}


def structs_from_java(table: Any, cls: type[S], key: str, what: str) -> dict[str, S]:
    """Read a table of objects by name; the attribute `key` of each is set to its name.

    Raises `ValueError` naming the entry that is ill-formed. None is an empty table.
    """
    found = {}
    for name, value in mapping_from_java(table, what).items():
        struct = struct_from_java(value, cls, f"{what} {name!r}")
        found[name] = msgspec.structs.replace(struct, **{key: name})
    return found


def structs_to_java(table: Mapping[str, msgspec.Struct]) -> dict[str, Any]:
    """A table of objects by name, as Java writes it."""
    return {name: struct_to_java(value) for name, value in table.items()}


def version_from_java(value: Any) -> DataVersion:
    """Read a `dataVersion`; a file without one starts at 0."""
    return DataVersion() if value is None else struct_from_java(value, DataVersion, "dataVersion")


def mapping_from_java(value: Any, what: str) -> Mapping[str, Any]:
    """Read an object whose members are data. Raises `ValueError` when it is something else."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ValueError(f"{what}: an object is expected, not {type(value).__name__}")
    return value
