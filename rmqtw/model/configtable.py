"""What the tables of topics and of subscription groups have in common.

They change through `apply` only, so that a replicated log can feed them, and count their changes as
Java does (`DataVersion.nextVersion`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Generic, TypeVar

import attrs

from rmqtw.model.javafiles import next_version
from rmqtw.wire.bodies.base import Body, DataVersion

C = TypeVar("C", bound=Body)


@attrs.frozen
class Put(Generic[C]):
    """A config was created or changed at `timestamp` (ms)."""

    config: C
    timestamp: int


@attrs.frozen
class Delete:
    """A config was deleted at `timestamp` (ms)."""

    name: str
    timestamp: int


@attrs.define(eq=False)
class ConfigTable(Generic[C]):
    """Configs by name; `version` counts the changes.

    A config that is in the table is never changed in place: `apply` would not see the difference.
    """

    named_by: ClassVar[str]
    """The attribute of a config that is its name."""

    configs: dict[str, C] = attrs.Factory(dict)
    version: DataVersion = attrs.Factory(DataVersion)

    def get(self, name: str) -> C | None:
        """The config of this name, or None."""
        return self.configs.get(name)

    def __contains__(self, name: object) -> bool:
        return name in self.configs

    def __iter__(self) -> Iterator[C]:
        """Every config, in order of creation."""
        return iter(self.configs.values())

    def __len__(self) -> int:
        return len(self.configs)

    def apply(self, change: Put[C] | Delete) -> bool:
        """Carry out a change; False, with nothing counted, when it changes nothing."""
        changed = self._put(change.config) if isinstance(change, Put) else self._delete(change.name)
        if changed:
            self.version = next_version(self.version, change.timestamp)
        return changed

    def _put(self, config: C) -> bool:
        name = getattr(config, self.named_by)
        if self.configs.get(name) == config:
            return False
        self.configs[name] = config
        return True

    def _delete(self, name: str) -> bool:
        return self.configs.pop(name, None) is not None
