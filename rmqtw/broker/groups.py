"""The broker's subscription groups: `config/subscriptionGroup.json`.

Java: `SubscriptionGroupManager`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rmqtw.broker.saving import Saver, load_table
from rmqtw.model.groups import GroupChange, GroupTable, PutGroup, group_for_client, predefined_groups
from rmqtw.wire.bodies.groups import SubscriptionGroupConfig
from rmqtw.wire.errors import InvalidParameter, SubscriptionGroupNotExist
from rmqtw.wire.names import LEGACY_GROUP_LIMIT, check_group


class Groups:
    """Every consumer group that this broker knows. They change through `apply` only."""

    def __init__(self, document: Any, wall: Callable[[], int], *, auto_create: bool) -> None:
        self._document = document
        self._wall = wall
        self._auto_create = auto_create
        self._table = GroupTable()
        self._saver = Saver(document, self._to_java, "subscription groups")

    def load(self) -> None:
        """Read the file, and add the groups that every broker has."""
        self._table = load_table(self._document, GroupTable.from_java)
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

    def required(self, name: str) -> SubscriptionGroupConfig:
        """Like `for_client`; raises `SubscriptionGroupNotExist` (26) with the reason instead of None."""
        group = self.for_client(name)
        if group is None:
            raise SubscriptionGroupNotExist(f"subscription group [{name}] does not exist: {_why_not(name)}")
        return group

    def apply(self, change: GroupChange) -> bool:
        """Carry out a change and begin to write the file; False when nothing changed."""
        changed = self._table.apply(change)
        if changed:
            self._saver.changed()
        return changed

    def _to_java(self) -> dict[str, Any]:
        return self._table.to_java()

    def save(self) -> None:
        """Write the file now."""
        self._saver.now()


def _why_not(name: str) -> str:
    """What kept an unknown group from being created by its use."""
    try:
        check_group(name, LEGACY_GROUP_LIMIT)
    except InvalidParameter as problem:
        return str(problem.remark)
    return "groups are not created by use here, create it first"
