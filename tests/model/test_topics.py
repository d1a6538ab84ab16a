"""Which topics a broker has, and who may make more."""

from __future__ import annotations

from pathlib import Path

import pytest

from rmqtw.model.topics import (
    DeleteTopic,
    PutTopic,
    SystemTopicOptions,
    TopicTable,
    check_creatable,
    check_sendable,
    dlq_topic_for,
    make_topic,
    retry_topic_for,
    system_topics,
    topic_for_send,
    unit_flag,
)
from rmqtw.wire import fastjson
from rmqtw.wire.bodies.topics import TopicFilterType
from rmqtw.wire.errors import InvalidParameter, NoPermission, TopicNotExist

JAVA_FILE = Path(__file__).parents[1] / "golden" / "java-store" / "config" / "topics.json"
OPTIONS = SystemTopicOptions(cluster="DefaultCluster", broker="broker-store", trace_topic=None)


def table_of(*topics) -> TopicTable:
    """A table that holds these topics."""
    table = TopicTable()
    for topic in topics:
        table.apply(PutTopic(topic, 1))
    return table


def test_java_file() -> None:
    """Java's topics.json is read, and written again with the same meaning."""
    document = fastjson.loads(JAVA_FILE.read_bytes())
    table = TopicTable.from_java(document)
    assert table.to_java() == document
    assert table.get("StoreTimer").attributes == {"message.type": "DELAY"}
    assert (table.version.counter, len(table)) == (12, 25)


def test_system_topics_are_javas() -> None:
    """A new broker makes the topics that Java made in the same place, with the same queues and rights."""
    java = TopicTable.from_java(fastjson.loads(JAVA_FILE.read_bytes()))
    made = {topic.topic_name: topic for topic in system_topics(OPTIONS)}
    assert made == {name: java.get(name) for name in made}
    users = {name for name in java.configs if name.startswith(("Store", "%"))}
    assert set(made) == set(java.configs) - users


def test_system_topics_that_are_switched_off() -> None:
    """Without auto-creation there is no template; cluster and broker topics may be closed."""
    options = SystemTopicOptions(
        cluster="c", broker="b", auto_create=False, cluster_topic=False, broker_topic=False
    )
    perms = {topic.topic_name: topic.perm for topic in system_topics(options)}
    assert "TBW102" not in perms
    assert (perms["c"], perms["b"], perms["RMQ_SYS_TRACE_TOPIC"]) == (1, 1, 6)


@pytest.mark.parametrize(("asked", "queues"), [(4, 4), (8, 8), (16, 8), (0, 1), (-5, 1)])
def test_a_send_creates_its_topic(asked: int, queues: int) -> None:
    """A topic made by a send is as wide as asked, at most as its template, and cannot be a template."""
    table = table_of(*system_topics(OPTIONS))
    topic = topic_for_send(table, "New", "TBW102", asked)
    assert (topic.read_queue_nums, topic.write_queue_nums, topic.perm) == (queues, queues, 6)
    assert "New" not in table


def test_a_template_of_ones_own() -> None:
    """Any topic with the inherit bit is a template; its rights and filter type go over, the bit does not."""
    template = make_topic("Mine", 3, perm=5)
    template.topic_filter_type = TopicFilterType.MULTI_TAG
    topic = topic_for_send(table_of(template), "New", "Mine", 9, auto_create=False, sys_flag=1)
    assert (topic.perm, topic.write_queue_nums, topic.topic_sys_flag) == (4, 3, 1)
    assert topic.topic_filter_type is TopicFilterType.MULTI_TAG


@pytest.mark.parametrize("template", ["Nothing", "SELF_TEST_TOPIC", "TBW102"])
def test_no_template(template: str) -> None:
    """Without a template that hands on its rights, a send to an unknown topic is answered 17."""
    table = table_of(*system_topics(OPTIONS))
    with pytest.raises(TopicNotExist, match=r"topic\[New\] not exist, apply first please!"):
        topic_for_send(table, "New", template, 4, auto_create=template != "TBW102")


def test_retry_topics_need_no_template() -> None:
    """A retry topic comes to be with one queue, whatever the settings say."""
    topic = topic_for_send(TopicTable(), "%RETRY%CG", "TBW102", 4, auto_create=False)
    assert (topic.topic_name, topic.write_queue_nums, topic.perm) == ("%RETRY%CG", 1, 6)


def test_bad_names_create_nothing() -> None:
    """A bad name is refused before any template is looked at."""
    with pytest.raises(InvalidParameter, match="illegal characters"):
        topic_for_send(table_of(*system_topics(OPTIONS)), "../etc", "TBW102", 4)


def test_topics_of_a_group() -> None:
    """A group's retry topic is as wide as its settings say, its dead-letter topic has one queue."""
    retry, dead = retry_topic_for("CG", 3), dlq_topic_for("CG")
    assert (retry.topic_name, retry.read_queue_nums, retry.perm) == ("%RETRY%CG", 3, 6)
    assert (dead.topic_name, dead.write_queue_nums, dead.perm) == ("%DLQ%CG", 1, 6)
    assert retry_topic_for("CG", unit_mode=True).topic_sys_flag == 2


def test_unit_flags() -> None:
    """A topic that a unit-mode client makes says so, as Java's does."""
    assert [unit_flag(*case) for case in (("T", True), ("%RETRY%T", True), ("T", False))] == [1, 2, 0]


@pytest.mark.parametrize("topic", ["SCHEDULE_TOPIC_XXXX", "RMQ_SYS_TRANS_HALF_TOPIC", "SELF_TEST_TOPIC"])
def test_topics_closed_to_clients(topic: str) -> None:
    """Sending into the broker's own books is answered 16; sending elsewhere is not."""
    with pytest.raises(NoPermission, match=rf"^Sending message to topic\[{topic}\] is forbidden\.$"):
        check_sendable(topic)
    check_sendable("TBW102")
    check_sendable("rmq_sys_wheel_timer")


def test_system_topics_cannot_be_created() -> None:
    """An administrator cannot change the system's topics unless the check is switched off."""
    with pytest.raises(InvalidParameter, match="conflict with system topic"):
        check_creatable("SCHEDULE_TOPIC_XXXX")
    check_creatable("SCHEDULE_TOPIC_XXXX", refuse_system=False)
    check_creatable("Mine")
    with pytest.raises(InvalidParameter, match="blank"):
        check_creatable("", refuse_system=False)


def test_only_real_changes_count() -> None:
    """The version moves with each change and stays when nothing changes."""
    table = TopicTable()
    assert table.apply(PutTopic(make_topic("A", 4), 10))
    assert not table.apply(PutTopic(make_topic("A", 4), 11))
    assert table.apply(PutTopic(make_topic("A", 8), 12))
    assert (table.version.counter, table.version.timestamp) == (2, 12)
    assert not table.apply(DeleteTopic("B", 13))
    assert table.apply(DeleteTopic("A", 14))
    assert (table.version.counter, table.version.timestamp, list(table)) == (3, 14, [])


@pytest.mark.parametrize(
    ("document", "cause"),
    [
        ({"topicConfigTable": []}, "table of topics: an object is expected, not list"),
        ({"topicConfigTable": {"T": 5}}, "topic 'T': an object is expected, not int"),
        ({"topicConfigTable": {"T": {"perm": "much"}}}, "topic 'T'.*perm"),
        ({"dataVersion": {"counter": []}}, "dataVersion.*counter"),
    ],
)
def test_a_broken_file_is_named(document: dict, cause: str) -> None:
    """A file that cannot be read says which entry is to blame."""
    with pytest.raises(ValueError, match=cause):
        TopicTable.from_java(document)


def test_old_and_odd_files() -> None:
    """Files of old versions, with members missing, unknown or null, are read with Java's defaults."""
    table = TopicTable.from_java(
        {"topicConfigTable": {"T": {"perm": "4", "attributes": None, "news": 1, "topicName": None}}}
    )
    topic = table.get("T")
    assert (topic.topic_name, topic.perm, topic.read_queue_nums, topic.attributes) == ("T", 4, 16, {})
    assert len(TopicTable.from_java({})) == 0
