"""The broker's subscription groups: `config/subscriptionGroup.json`.

Java: `SubscriptionGroupManager`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rmqtw.broker.saving import save_later
from rmqtw.model.groups import GroupChange, GroupTable, PutGroup, group_for_client, predefined_groups
from rmqtw.wire.bodies.groups import SubscriptionGroupConfig


class Groups:
    """Every consumer group that this broker knows. They change through `apply` only."""

    def __init__(self, document: Any, wall: Callable[[], int], *, auto_create: bool) -> None:
        self._document = document
        self._wall = wall
        self._auto_create = auto_create
        self._table = GroupTable()

    def load(self) -> None:
        """Read the file, and add the groups that every broker has."""
        self._table = GroupTable.from_java(self._document.load() or {})
        for group in predefined_groups():
            if group.group_name not in self._table:
                self._table.apply(PutGroup(group, self._wall()))

    def get(self, name: str) -> SubscriptionGroupConfig | None:
        """The group of this name, or None."""
        return self._table.configs.get(name)

    def for_client(self, name: str) -> SubscriptionGroupConfig | None:
        """The group that a client names, created by its first use when the settings allow; else None."""
        known = self._table.configs.get(name)
        if known is not None:
            return known
        group = group_for_client(name, auto_create=self._auto_create)
        if group is not None:
            self.apply(PutGroup(group, self._wall()))
        return group

    def apply(self, change: GroupChange) -> bool:
        """Carry out a change and begin to write the file; False when nothing changed."""
        changed = self._table.apply(change)
        if changed:
            save_later(self._document, self._table.to_java(), "subscription groups")
        return changed

    def save(self) -> None:
        """Write the file now."""
        self._document.save(self._table.to_java())
