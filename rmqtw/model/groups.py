"""Subscription groups of a broker: the table, its changes, and the groups that are always there.

Java: `SubscriptionGroupManager`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from rmqtw.model.configtable import ConfigTable, Delete, Put
from rmqtw.model.javafiles import (
    bodies_from_java,
    mapping_from_java,
    to_java,
    version_from_java,
)
from rmqtw.wire import names
from rmqtw.wire.bodies.groups import SubscriptionGroupConfig
from rmqtw.wire.errors import InvalidParameter

PREDEFINED_GROUPS = (
    "TOOLS_CONSUMER",
    "FILTERSRV_CONSUMER",
    "SELF_TEST_C_GROUP",
    "CID_ONS-HTTP-PROXY",
    "CID_ONSAPI_PULL",
    "CID_ONSAPI_PERMISSION",
    "CID_ONSAPI_OWNER",
    "CID_RMQ_SYS_TRANS",
)


class PutGroup(Put[SubscriptionGroupConfig]):
    """A group was created or changed at `timestamp` (ms)."""


class DeleteGroup(Delete):
    """A group was deleted at `timestamp` (ms)."""


GroupChange = PutGroup | DeleteGroup


@attrs.define(eq=False)
class GroupTable(ConfigTable[SubscriptionGroupConfig]):
    """What groups there are; `forbidden` is kept as Java wrote it."""

    named_by = "group_name"

    forbidden: dict[str, Any] = attrs.Factory(dict)

    def to_java(self) -> dict[str, Any]:
        """The document that Java keeps as `config/subscriptionGroup.json`."""
        return {
            "dataVersion": to_java(self.version),
            "forbiddenTable": self.forbidden,
            "subscriptionGroupTable": to_java(self.configs),
        }

    @classmethod
    def from_java(cls, document: Mapping[str, Any]) -> GroupTable:
        """Read Java's `config/subscriptionGroup.json`. Raises `ValueError` naming an ill-formed group."""
        table = document.get("subscriptionGroupTable")
        configs = bodies_from_java(table, SubscriptionGroupConfig, "group_name", "group")
        forbidden = dict(mapping_from_java(document.get("forbiddenTable"), "forbiddenTable"))
        return cls(configs, version_from_java(document.get("dataVersion")), forbidden)


def predefined_groups() -> list[SubscriptionGroupConfig]:
    """The groups that exist from a broker's start on (Java: `SubscriptionGroupManager.init`)."""
    return [SubscriptionGroupConfig(group_name=name) for name in PREDEFINED_GROUPS]


def group_for_client(name: str, *, auto_create: bool = True) -> SubscriptionGroupConfig | None:
    """The group that a client's use of the unknown `name` creates, with Java's defaults.

    None when groups are not created by use and this is none of the system's own, or when the name
    breaks a rule. Java: `findSubscriptionGroupConfig`.
    """
    if not (auto_create or names.is_system_group(name)):
        return None
    try:
        names.check_group(name, names.LEGACY_GROUP_LIMIT)
    except InvalidParameter:
        return None
    return SubscriptionGroupConfig(group_name=name)
