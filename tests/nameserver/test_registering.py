"""Registrations: what brokers say of themselves, and what clients then hear."""

from __future__ import annotations

import json

import pytest

from rmqtw.wire import commands
from rmqtw.wire.bodies.base import DataVersion
from rmqtw.wire.bodies.topics import TopicConfig
from rmqtw.wire.checksum import body_crc
from rmqtw.wire.headers.route import GetRouteInfoRequest


def config(name, queues=4, perm=6):
    """A topic."""
    return TopicConfig(topic_name=name, read_queue_nums=queues, write_queue_nums=queues, perm=perm)


def test_registered_broker_is_in_the_routes_of_its_topics(names, broker):
    """Clients would not find it, or would be told another number of queues."""
    answer = broker.register(topics=[config("Orders", 3, 4), config("Other")])
    assert (answer.code, answer.ext_fields or {}, bytes(answer.body)) == (0, {}, b"")
    route = names.route("Orders")
    (queues,) = route.queue_datas
    assert (queues.broker_name, queues.perm) == ("a", 4)
    assert (queues.read_queue_nums, queues.write_queue_nums) == (3, 3)
    assert names.addresses() == {"a": {0: "10.0.0.97:10910"}}
    assert names.route("NoSuch") is None


def test_topics_are_merged_and_not_replaced(names, broker):
    """A new topic would take all others of its broker out of the routes."""
    broker.register()
    assert broker.register(topics=[config("New", 7)]).code == 0
    assert names.route("Orders") is not None
    assert names.route("New").queue_datas[0].write_queue_nums == 7
    broker.register(topics=[config("Orders", 9)])
    assert names.route("Orders").queue_datas[0].write_queue_nums == 9


def test_two_brokers_serve_one_topic(names, broker):
    """Clients would know only one of two brokers."""
    broker.register()
    names.connect().register("b")
    assert set(names.addresses()) == {"a", "b"}
    assert len(names.route("Orders").queue_datas) == 2
    assert names.clusters().cluster_addr_table == {"C": ["a", "b"]}
    assert {name: data.cluster for name, data in names.clusters().broker_addr_table.items()} == {
        "a": "C", "b": "C",
    }


def test_single_topic_of_an_unknown_broker_is_refused(names, broker):
    """After a restart of the nameserver, a broker would seem to serve one topic only."""
    answer = broker.register(topics=["Orders"])
    assert answer.code == 1
    assert "a must register all its topics" in answer.remark
    assert names.addresses() == {}
    assert names.clusters().broker_addr_table == {}


def test_slave_is_told_its_master_and_changes_no_topics(names, broker):
    """A slave would not know from whom to copy, or its old topics would come back."""
    broker.register()
    answer = names.connect().register(broker_id=1, topics=["Old", "Older"])
    assert answer.ext_fields == {"haServerAddr": "10.0.0.97:10920", "masterAddr": "10.0.0.97:10910"}
    assert names.addresses() == {"a": {0: "10.0.0.97:10910", 1: "10.0.0.97:10911"}}
    assert names.route("Old") is None


def test_address_that_changes_its_id_is_listed_once(names, broker):
    """A slave that became master would still be listed as a slave."""
    broker.register(broker_id=1, broker_addr="10.0.0.1:1")
    broker.register(broker_id=0, broker_addr="10.0.0.1:1")
    assert names.addresses() == {"a": {0: "10.0.0.1:1"}}


def test_older_state_does_not_push_a_newer_master_out(names, broker, kit):
    """A master that was replaced would take its place back when it wakes up."""
    def body(state):
        return kit.registration(
            [config("Orders"), config("Other")], DataVersion(state_version=state)
        ).encode()

    broker.register(broker_addr="10.0.0.1:1", body=body(5))
    old = names.connect()
    assert old.register(broker_addr="10.0.0.2:1", body=body(4)).code == 0
    assert names.addresses() == {"a": {0: "10.0.0.1:1"}}
    assert old.register(broker_addr="10.0.0.2:1", body=body(5)).code == 0
    assert names.addresses() == {"a": {0: "10.0.0.2:1"}}


@pytest.mark.parametrize("says_so", [False, True])
def test_compressed_registration_is_read_whatever_its_header_says(names, broker, kit, says_so):
    """Apache 5.3.3 with compressedRegister=true would never appear: it says compressed=false."""
    body = kit.registration([config("Orders", 5), config("Other")], DataVersion(counter=1))
    answer = broker.register(body=body.encode_compressed(), compressed=says_so)
    assert answer.code == 0, answer.remark
    assert names.route("Orders").queue_datas[0].write_queue_nums == 5


def test_checksum_is_compared_when_there_is_one(names, broker, kit):
    """A registration that was damaged on its way would be believed."""
    body = kit.registration([config("Orders"), config("Other")], DataVersion()).encode()
    answer = broker.register(body=body, body_crc32=body_crc(body) ^ 1)
    assert answer.code == 1
    assert "crc32" in answer.remark
    assert names.addresses() == {}
    assert broker.register(body=body, body_crc32=body_crc(body)).code == 0


def test_good_bye_takes_the_broker_out(names, broker):
    """Clients would be sent to a broker that is gone."""
    broker.register()
    names.connect().register("b", topics=["Orders", "Only"])
    assert broker.unregister("b").code == 0
    assert set(names.addresses()) == {"a"}
    assert names.route("Only") is None
    assert names.clusters().cluster_addr_table == {"C": ["a"]}
    assert broker.unregister("nobody").code == 0


def test_slave_outlives_its_master(names, broker):
    """Consumers could not go on reading from a slave whose master stopped."""
    broker.register()
    names.connect().register(broker_id=1)
    broker.unregister()
    assert names.addresses() == {"a": {1: "10.0.0.97:10911"}}


@pytest.mark.parametrize(
    "wrong", [{"broker_name": ""}, {"broker_addr": " "}, {"cluster_name": ""}, {"broker_id": -1}]
)
def test_broker_that_nobody_could_reach_is_refused(names, broker, wrong):
    """Routes would hold an empty name or address, on which clients fail."""
    answer = broker.register(**wrong)
    assert answer.code == 29
    assert "RegisterBrokerRequest." in answer.remark
    assert names.clusters().broker_addr_table == {}


def test_answers_are_plain_json(names, broker):
    """A client whose JSON reader is strict could not read routes, as it cannot read Apache's."""
    broker.register()
    route = names.asker.call(commands.GET_ROUTEINFO_BY_TOPIC, GetRouteInfoRequest(topic="Orders"))
    (data,) = json.loads(bytes(route.body))["brokerDatas"]
    assert data["brokerAddrs"] == {"0": "10.0.0.97:10910"}
    cluster = names.asker.call(commands.GET_BROKER_CLUSTER_INFO)
    assert json.loads(bytes(cluster.body))["brokerAddrTable"]["a"]["brokerAddrs"] == data["brokerAddrs"]
