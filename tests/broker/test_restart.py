"""What a broker knew survives its restart, in files that Java reads."""

from __future__ import annotations

import errno
import json

import pytest

from rmqtw.wire.bodies.groups import SubscriptionGroupConfig
from rmqtw.wire.codes import ResponseCode
from tests.broker.test_committing import ask, commit
from tests.broker.test_topics import create
from tests.broker.world import consumer


@pytest.fixture
def used(make_world):
    """A world whose broker has a topic, a group and an offset of its own."""
    world = make_world()
    client = world.connect()
    client.send()
    client.heartbeat(consumers=[consumer()])
    commit(client, 1)
    return world


def document(world, name):
    """A document on the disk."""
    return json.loads(bytes(world.disk.content(f"config/{name}.json")))


def test_restarted_broker_knows_what_it_knew(used):
    """Topics, groups or offsets would be lost with each restart."""
    version = used.broker.topics.data_version
    used.stop_broker()
    used.start_broker()
    client = used.connect()
    assert used.broker.topics.get("Orders").write_queue_nums == 4
    assert used.broker.topics.get("%RETRY%G") is not None
    assert used.broker.topics.data_version == version
    assert used.broker.groups.get("G") == SubscriptionGroupConfig(group_name="G")
    assert ask(client) == (0, 1)


def test_files_have_javas_shape(used):
    """Apache's broker could not be started on the data, nor mqadmin's export be read."""
    used.time.advance(5.1, steps=10)
    topics = document(used, "topics")
    assert topics.keys() == {"dataVersion", "topicConfigTable"}
    assert topics["dataVersion"].keys() == {"counter", "stateVersion", "timestamp"}
    assert topics["topicConfigTable"]["Orders"].items() >= {
        "topicName": "Orders", "readQueueNums": 4, "writeQueueNums": 4, "perm": 6,
        "topicFilterType": "SINGLE_TAG", "topicSysFlag": 0, "order": False,
    }.items()
    groups = document(used, "subscriptionGroup")
    assert groups.keys() == {"dataVersion", "forbiddenTable", "subscriptionGroupTable"}
    assert groups["subscriptionGroupTable"]["G"].items() >= {
        "groupName": "G", "consumeEnable": True, "consumeBroadcastEnable": True, "retryQueueNums": 1,
        "retryMaxTimes": 16, "brokerId": 0, "notifyConsumerIdsChangedEnable": True,
    }.items()
    offsets = document(used, "consumerOffset")
    assert offsets["offsetTable"] == {"Orders@G": {"0": 1}}


def test_kill_loses_seconds_of_offsets_and_no_topic(used):
    """A group would be set back by more than the few seconds that are promised."""
    used.time.advance(5.1, steps=10)
    client = used.connect()
    commit(client, 2)
    create(client, "Late")
    used.network.cut("127.0.0.1:10911")
    disk = used.disk.crash()
    left = json.loads(bytes(disk.content("config/consumerOffset.json")))
    assert left["offsetTable"]["Orders@G"]["0"] == 1
    assert "Late" in json.loads(bytes(disk.content("config/topics.json")))["topicConfigTable"]


def test_topic_that_cannot_be_written_is_said(used, logged_errors):
    """An administrator would believe in a topic that is gone after the next restart."""
    client = used.connect()
    fault = used.disk.fail("write", errno.ENOSPC)
    answer = create(client, "Late")
    assert answer.code == ResponseCode.SYSTEM_ERROR
    assert "disk" in answer.remark
    assert client.send("Late").code == ResponseCode.SUCCESS
    used.disk.faults.remove(fault)
    create(client, "Later")
    assert "Late" in document(used, "topics")["topicConfigTable"]
    assert logged_errors.flush()


def test_offsets_that_could_not_be_written_are_tried_again(used, logged_errors):
    """A full disk that was cleaned would leave a group's offsets unwritten."""
    used.time.advance(5.1, steps=10)
    commit(used.connect(), 7)
    fault = used.disk.fail("write", errno.ENOSPC)
    used.time.advance(5.1, steps=10)
    used.disk.faults.remove(fault)
    used.time.advance(5.1, steps=10)
    assert document(used, "consumerOffset")["offsetTable"]["Orders@G"]["0"] == 7
    assert logged_errors.flush()
