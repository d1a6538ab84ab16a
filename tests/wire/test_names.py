"""Names of topics and groups."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmqtw.wire import names
from rmqtw.wire.errors import InvalidParameter
from rmqtw.wire.names import (
    LEGACY_GROUP_LIMIT,
    ResourceName,
    check_group,
    check_topic,
    dlq_topic,
    is_system_group,
    is_system_topic,
    parse_name,
    path_name,
    retry_topic,
)

HOSTILE = [
    "..",
    ".",
    "../etc",
    "a/b",
    "/",
    "a\x00b",
    "a\nb",
    "a\\b",
    "",
    " ",
    "a b",
    "é",
    "a.b",
    "\uff41",
    "a\n",
]


@pytest.mark.parametrize("name", ["a", "%RETRY%CG", "ns%topic", "A-b_9|x", "t" * 127, "%RETRY%" + "g" * 248])
def test_good_topics(name: str) -> None:
    """Every name that Java takes is taken, at its longest too."""
    check_topic(name)
    assert path_name(name) == name


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("t" * 128, "longer than topic max length 127: it has 128"),
        ("%RETRY%" + "g" * 249, "longer than topic max length 255: it has 256"),
        ("%DLQ%" + "g" * 251, "longer than topic max length 255: it has 256"),
        ("", "topic is blank"),
        ("  ", "topic is blank"),
        ("a b", r"allowing only \^\[%|a-zA-Z0-9_-\]\+\$ \(it has 3 characters\)"),
    ],
)
def test_bad_topics(name: str, rule: str) -> None:
    """A bad name is refused with code 29 and a remark that names the rule and the length."""
    with pytest.raises(InvalidParameter, match=rule):
        check_topic(name)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(name: str) -> None:
    """Names that could leave the store's folder, or spoil a log line, pass no check."""
    with pytest.raises(InvalidParameter):
        check_topic(name)
    with pytest.raises(InvalidParameter):
        check_group(name)


@pytest.mark.parametrize(
    "name", ["..", ".", "../etc", "a/b", "/", "a\x00b", "a\nb", "a\\b", "", ".hidden", "t" * 256, "é" * 128]
)
def test_hostile_paths(name: str) -> None:
    """No folder is made of a hostile name, even if it got past every other check."""
    with pytest.raises(InvalidParameter, match="cannot name a folder"):
        path_name(name)


@given(st.text(max_size=300))
def test_a_path_stays_one_element(name: str) -> None:
    """Whatever is accepted is one plain path element that means the topic itself."""
    try:
        path = path_name(name)
    except InvalidParameter:
        return
    assert path == name
    assert "/" not in path
    assert "\0" not in path
    assert path not in ("", ".", "..")
    assert len(path.encode()) <= 255


def test_a_cluster_with_dots() -> None:
    """Java lets clusters and brokers have dots in their names, and makes topics of them."""
    assert path_name(names.revive_topic("prod.eu")) == "rmq_sys_REVIVE_LOG_prod.eu"


def test_groups() -> None:
    """Groups have 120 characters; servers tolerate the 255 of old clients."""
    check_group("g" * 120)
    with pytest.raises(InvalidParameter, match="group max length 120: it has 121"):
        check_group("g" * 121)
    check_group("g" * 255, LEGACY_GROUP_LIMIT)
    with pytest.raises(InvalidParameter, match="it has 256"):
        check_group("g" * 256, LEGACY_GROUP_LIMIT)


@pytest.mark.parametrize(
    ("full", "parts"),
    [
        ("Topic", ("", "", "Topic")),
        ("ns%Topic", ("", "ns", "Topic")),
        ("%RETRY%CG", ("%RETRY%", "", "CG")),
        ("%RETRY%ns%CG", ("%RETRY%", "ns", "CG")),
        ("%DLQ%ns%CG", ("%DLQ%", "ns", "CG")),
        ("%LMQ%queue", ("%LMQ%", "", "queue")),
        ("TBW102", ("", "", "TBW102")),
        ("rmq_sys_a%b", ("", "", "rmq_sys_a%b")),
        ("%odd", ("", "", "%odd")),
        ("odd%", ("", "", "odd%")),
    ],
)
def test_parts_of_a_name(full: str, parts: tuple[str, str, str]) -> None:
    """Prefix and namespace are found, and together give the same name again."""
    assert parse_name(full) == parts
    assert str(ResourceName(*parts)) == full


@given(st.text("%RETYDLQMab", max_size=20))
def test_no_name_is_lost(name: str) -> None:
    """Taking any name apart and putting it together gives the name."""
    assert str(parse_name(name)) == name


def test_derived_topics() -> None:
    """A group's retry and dead-letter topics have Java's names."""
    assert retry_topic("ns%CG") == "%RETRY%ns%CG"
    assert dlq_topic("CG") == "%DLQ%CG"
    assert names.reply_topic("DefaultCluster") == "DefaultCluster_REPLY_TOPIC"
    assert names.is_retry_topic("%RETRY%CG")
    assert names.is_dlq_topic("%DLQ%CG")
    assert not names.is_retry_topic("%DLQ%CG")


def test_what_is_the_systems() -> None:
    """The system's own names are known as such; a user's are not."""
    assert is_system_topic("SCHEDULE_TOPIC_XXXX")
    assert is_system_topic("rmq_sys_wheel_timer")
    assert not is_system_topic("%RETRY%CG")
    assert is_system_group("CID_RMQ_SYS_anything")
    assert is_system_group("TOOLS_CONSUMER")
    assert not is_system_group("CG")
