"""Which subscription groups a broker has."""

from __future__ import annotations

from pathlib import Path

import pytest

from rmqtw.model.groups import DeleteGroup, GroupTable, PutGroup, group_for_client, predefined_groups
from rmqtw.wire import fastjson
from rmqtw.wire.bodies.groups import SubscriptionGroupConfig

JAVA_FILE = Path(__file__).parents[1] / "golden" / "java-store" / "config" / "subscriptionGroup.json"


def test_java_file() -> None:
    """Java's subscriptionGroup.json is read, and written again with the same meaning."""
    document = fastjson.loads(JAVA_FILE.read_bytes())
    table = GroupTable.from_java(document)
    assert table.to_java() == document
    assert "CG_store_full" in table
    assert table.version.counter == 7


def test_predefined_groups_are_javas() -> None:
    """A new broker has the groups that Java had in the same place, with the same settings."""
    java = GroupTable.from_java(fastjson.loads(JAVA_FILE.read_bytes()))
    made = {group.group_name: group for group in predefined_groups()}
    assert made == {name: group for name, group in java.configs.items() if not name.startswith("CG_")}


def test_use_creates_a_group() -> None:
    """An unknown group comes to be by use with Java's defaults: 16 attempts, one retry queue."""
    group = group_for_client("CG_new")
    assert (group.group_name, group.retry_max_times, group.retry_queue_nums) == ("CG_new", 16, 1)
    assert group.consume_enable


@pytest.mark.parametrize("name", ["", "a b", "../etc", "g" * 256])
def test_bad_names_create_no_group(name: str) -> None:
    """A name that breaks a rule makes no group."""
    assert group_for_client(name) is None


def test_creation_switched_off() -> None:
    """Without auto-creation only the system's own groups come to be by use."""
    assert group_for_client("CG_new", auto_create=False) is None
    assert group_for_client("CID_RMQ_SYS_TRANS", auto_create=False) is not None
    assert group_for_client("g" * 255) is not None


def test_only_real_changes_count() -> None:
    """The version moves with each change and stays when nothing changes."""
    table = GroupTable()
    assert table.apply(PutGroup(SubscriptionGroupConfig(group_name="A"), 10))
    assert not table.apply(PutGroup(SubscriptionGroupConfig(group_name="A"), 11))
    assert table.apply(PutGroup(SubscriptionGroupConfig(group_name="A", consume_enable=False), 12))
    assert not table.apply(DeleteGroup("B", 13))
    assert table.apply(DeleteGroup("A", 14))
    assert (table.version.counter, table.version.timestamp, list(table), len(table)) == (3, 14, [], 0)


def test_forbidden_table_survives() -> None:
    """What Java keeps about forbidden topics is not lost by reading and writing."""
    document = {"forbiddenTable": {"CG": {"T": 1}}}
    assert GroupTable.from_java(document).to_java()["forbiddenTable"] == {"CG": {"T": 1}}


def test_a_broken_file_is_named() -> None:
    """A file that cannot be read says which group is to blame."""
    with pytest.raises(ValueError, match=r"group 'CG'.*retryMaxTimes"):
        GroupTable.from_java({"subscriptionGroupTable": {"CG": {"retryMaxTimes": "often"}}})
