"""Bodies are read as Java reads them and written so that every client reads them."""

from __future__ import annotations

import contextlib
import json
import zlib
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmqtw.wire import fastjson
from rmqtw.wire.bodies import groups, heartbeat, queues, register, route, topics
from rmqtw.wire.bodies.base import DataVersion, MalformedBody
from rmqtw.wire.checksum import body_crc
from rmqtw.wire.codes import VERSION
from rmqtw.wire.fastjson import ObjectKeyMap
from tests.golden import SCENARIOS, frames

REQUESTS = {
    34: heartbeat.HeartbeatData, 46: heartbeat.CheckClientRequestBody, 103: register.RegisterBrokerBody,
    322: DataVersion, 41: queues.LockBatchRequestBody, 42: queues.LockBatchRequestBody,
    400: queues.QueryAssignmentRequestBody, 401: queues.SetMessageRequestModeRequestBody,
    200151: queues.BatchAckMessageRequestBody, 200: groups.SubscriptionGroupConfig,
    225: groups.SubscriptionGroupList, 18: topics.CreateTopicListRequestBody,
    513: topics.TopicQueueMappingDetail,
}  # fmt: skip
ANSWERS = {
    105: route.TopicRouteData, 106: route.ClusterInfo, 103: route.KVTable, 28: route.KVTable,
    38: groups.ConsumerIds, 322: DataVersion, 21: topics.TopicConfigWrapper,
    201: groups.SubscriptionGroupWrapper, 203: groups.ConsumerConnection, 204: groups.ProducerConnection,
    41: queues.LockBatchResponseBody, 400: queues.QueryAssignmentResponseBody, 202: queues.TopicStatsTable,
    208: queues.ConsumeStats, 222: queues.ResetOffsetBody, 221: queues.GetConsumerStatusBody,
    223: queues.GetConsumerStatusBody, 206: route.TopicList, 305: route.TopicList, 300: groups.GroupList,
    351: topics.TopicConfigAndQueueMapping, 309: groups.ConsumeMessageDirectlyResult,
}  # fmt: skip


def bodies(scenario):
    """The recorded bodies of a conversation that we know, each with its class and its frame."""
    for each in frames(scenario):
        table = ANSWERS if each.is_response else REQUESTS
        kind = table.get(each.reply_to_code if each.is_response else each.line["code"])
        if kind is not None and each.body and not (each.is_response and each.line["code"]):
            yield kind, each


def members_that_java_leaves_out(value):
    """What only 5.x writes, or only Java: C++, Go and Java 4.9 leave these out."""
    absent = {"heartbeatFingerprint", "withoutSub", "onlyThisBroker", "consumerDataSet", "producerDataSet"}
    if isinstance(value, dict):
        return {k: members_that_java_leaves_out(v) for k, v in value.items() if not (k in absent and not v)}
    return [members_that_java_leaves_out(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_recorded_bodies_survive(scenario):
    """A client's or server's body would lose or change a value on its way through us."""
    for kind, each in bodies(scenario):
        body = kind.decode(each.body)
        assert kind.decode(body.encode()) == body, each.number
        if each.body[:1] == b"x" or each.line["language"] == "CPP":
            continue  # deflated, and numbers for enumerations: see the tests below
        sent, ours = fastjson.loads(each.body), fastjson.loads(body.encode())
        if (each.line["language"], each.line["version"]) != ("JAVA", VERSION):
            sent, ours = members_that_java_leaves_out(sent), members_that_java_leaves_out(ours)
        assert ours == sent, each.number


def test_every_body_is_in_a_recording():
    """A class that no recording exercises would be tested by nothing but itself."""
    seen = {(kind, each.is_response) for scenario in SCENARIOS for kind, each in bodies(scenario)}
    assert seen >= {(kind, False) for kind in REQUESTS.values()} | {(kind, True) for kind in ANSWERS.values()}


def test_cpp_heartbeat_has_numbers_for_enumerations():
    """A C++ consumer would be refused, or taken for one that broadcasts."""
    body = (
        b'{"clientID":"c","consumerDataSet":[{"consumeFromWhere":4,"consumeType":1,"groupName":"g",'
        b'"messageModel":1,"subscriptionDataSet":[{"codeSet":["2598919"],"subString":"TagA",'
        b'"subVersion":"1795520154848","tagsSet":["TagA"],"topic":"T"}],"unitMode":0}]}\n'
    )
    (consumer,) = heartbeat.HeartbeatData.decode(body).consumer_data_set
    assert consumer.consume_type is heartbeat.ConsumeType.CONSUME_PASSIVELY
    assert consumer.message_model is heartbeat.MessageModel.CLUSTERING
    assert consumer.consume_from_where is heartbeat.ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET
    (subscription,) = consumer.subscription_data_set
    assert (subscription.code_set, subscription.sub_version) == ([2598919], 1795520154848)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("CONSUME_POP", "CONSUME_POP"),
        (2, "CONSUME_POP"),
        ("0", "CONSUME_ACTIVELY"),
        ("CONSUME_SOMEHOW", "CONSUME_PASSIVELY"),
        (7, "CONSUME_PASSIVELY"),
        (None, "CONSUME_PASSIVELY"),
        (-1, "CONSUME_PASSIVELY"),
        ("²", "CONSUME_PASSIVELY"),
        ("9" * 5000, "CONSUME_PASSIVELY"),
    ],
)
def test_enumerations_are_read_by_name_and_number(value, expected):
    """A newer client's enumeration would make its whole heartbeat unreadable."""
    body = json.dumps({"groupName": "g", "consumeType": value}).encode()
    assert heartbeat.ConsumerData.decode(body).consume_type.value == expected


def test_absent_members_are_as_java_constructs_them():
    """A group or topic of an older client would get other settings than Apache gives it."""
    group = groups.SubscriptionGroupConfig.decode(b'{"groupName":"g"}')
    assert (group.consume_enable, group.retry_max_times, group.retry_queue_nums) == (True, 16, 1)
    assert group.group_retry_policy.type is groups.GroupRetryPolicyType.CUSTOMIZED
    topic = topics.TopicConfig.decode(b'{"topicName":"T"}')
    assert (topic.read_queue_nums, topic.write_queue_nums, topic.perm) == (16, 16, 6)
    subscription = heartbeat.SubscriptionData.decode(b'{"topic":"T"}')
    assert (subscription.expression_type, subscription.class_filter_mode) == ("TAG", False)


def test_nulls_and_unknown_members_do_no_harm():
    """A member that is null, or that a newer client adds, would make a body unreadable."""
    body = b'{"topicName":"T","perm":null,"attributes":null,"newThing":{"a":[1]},"order":null}'
    assert topics.TopicConfig.decode(body) == topics.TopicConfig(topic_name="T")


def test_written_bodies_are_compact_quoted_and_without_nulls():
    """The Go client reads routes by splitting text: a blank or a bare id would break its addresses."""
    data = route.TopicRouteData(
        broker_datas=[route.BrokerData(cluster="c", broker_name="b", broker_addrs={0: "127.0.0.1:10911"})],
        queue_datas=[route.QueueData(broker_name="b", read_queue_nums=4, write_queue_nums=4, perm=6)],
    )
    text = data.encode()
    assert b'"brokerAddrs":{"0":"127.0.0.1:10911"}' in text
    assert b" " not in text
    assert b"null" not in text
    assert json.loads(text)["queueDatas"][0]["topicSysFlag"] == 0


def test_maps_keyed_by_queues_have_bare_objects_as_keys():
    """fastjson 2 (clients from 5.4) reads no other form of these maps."""
    queue = queues.MessageQueue(topic="T", broker_name="b", queue_id=0)
    body = queues.ResetOffsetBody(offset_table=ObjectKeyMap({queue: 7}))
    assert body.encode() == b'{"offsetTable":{{"brokerName":"b","queueId":0,"topic":"T"}:7}}'
    assert queues.ResetOffsetBody.decode(body.encode()) == body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"garbage",
        b"[]",
        b"{",
        b'{"topicConfigList":5}',
        b'{"topicConfigList":[{"perm":"x"}]}',
        b"\xff\xfe",
        b'{"topicConfigList":' + b"[" * 5000 + b"]" * 5000 + b"}",
    ],
)
def test_malformed_bodies_are_refused_by_name(body):
    """Garbage would be an unhandled error instead of an answer that says which body is wrong."""
    with pytest.raises(MalformedBody, match="CreateTopicListRequestBody: "):
        topics.CreateTopicListRequestBody.decode(body)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body):
    """A body made to harm would end the process or leave an unhandled error."""
    for kind in (heartbeat.HeartbeatData, register.RegisterBrokerBody, queues.ResetOffsetBody):
        with contextlib.suppress(MalformedBody):
            assert isinstance(kind.decode(body), kind)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["groupName", "consumeType", "topic", "codeSet", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["clientID", "consumerDataSet", "withoutSub", "other"]), JSON_VALUES))
def test_any_json_is_read_or_refused(value):
    """A heartbeat of the wrong shape would be an unhandled error."""
    with contextlib.suppress(MalformedBody):
        body = heartbeat.HeartbeatData.decode(json.dumps(value).encode())
        assert heartbeat.HeartbeatData.decode(body.encode()) == body


# Registrations.

REGISTRATION = register.RegisterBrokerBody(
    topic_config_serialize_wrapper=topics.TopicConfigWrapper(
        topic_config_table={
            name: topics.TopicConfig(topic_name=name, attributes=attributes)
            for name, attributes in (("A", {}), ("%RETRY%g", {"+message.type": "DELAY now"}))
        },
        data_version=DataVersion(counter=3, timestamp=1795520031502),
        topic_queue_mapping_info_map={"A": topics.TopicQueueMappingInfo(topic="A", curr_id_map={0: 1})},
    ),
    filter_server_list=["127.0.0.1:1"],
)


def test_compressed_registration_is_read():
    """A broker with compressedRegister=true would never appear at the nameserver."""
    assert register.RegisterBrokerBody.decode(REGISTRATION.encode_compressed()) == REGISTRATION
    assert register.RegisterBrokerBody.decode(REGISTRATION.encode()) == REGISTRATION


def test_recorded_compressed_registration_is_read():
    """Java 5.3.3 deflates the body and says that it did not; its topics would be lost."""
    deflated = [each for each in frames("broker-register-compressed") if each.body[:1] == b"x"]
    assert deflated
    for each in deflated:
        register.check_crc(each.body, int(each.line["extFields"]["bodyCrc32"]))
        body = register.RegisterBrokerBody.decode(each.body)
        table = body.topic_config_serialize_wrapper.topic_config_table
        assert table["TBW102"].write_queue_nums == 8
        assert register.RegisterBrokerBody.decode(body.encode_compressed()) == body


def test_registration_of_java_4_has_no_mappings():
    """A 4.x broker stops after the filter servers; its registration would be refused."""
    whole = zlib.decompress(REGISTRATION.encode_compressed())
    mapping = REGISTRATION.topic_config_serialize_wrapper.topic_queue_mapping_info_map["A"].encode()
    without = whole[: -len(pack(">ii", 1, len(mapping)) + mapping)]
    body = register.RegisterBrokerBody.decode(zlib.compress(without))
    assert set(body.topic_config_serialize_wrapper.topic_config_table) == {"A", "%RETRY%g"}


def test_inflating_is_capped():
    """A few kilobytes could be made to inflate until memory is gone."""
    size = len(zlib.decompress(REGISTRATION.encode_compressed()))
    assert register.RegisterBrokerBody.decode(REGISTRATION.encode_compressed(), limit=size) == REGISTRATION
    with pytest.raises(MalformedBody, match=f"more than {size - 1} bytes"):
        register.RegisterBrokerBody.decode(REGISTRATION.encode_compressed(), limit=size - 1)
    with pytest.raises(MalformedBody, match="more than"):
        register.RegisterBrokerBody.decode(zlib.compress(bytes(10_000_000)), limit=1_000_000)


@pytest.mark.parametrize("keep", range(60))
def test_a_registration_cut_anywhere_is_refused(keep):
    """A torn registration would be taken for a broker with fewer topics."""
    whole = zlib.decompress(REGISTRATION.encode_compressed())
    cut = whole[: len(whole) * keep // 60]
    without_mappings = whole.index(b'["127.0.0.1:1"]') + len(b'["127.0.0.1:1"]')
    assert len(cut) != without_mappings
    with pytest.raises(MalformedBody):
        register.RegisterBrokerBody.decode(zlib.compress(cut))


@pytest.mark.parametrize(
    "sections", [pack(">i", -1), pack(">i", 2**31 - 1), pack(">i", 2) + b"{}" + pack(">i", 10**6)]
)
def test_a_registration_with_impossible_lengths_is_refused(sections):
    """A length beyond the stream would cost memory or an unhandled error."""
    with pytest.raises(MalformedBody):
        register.RegisterBrokerBody.decode(zlib.compress(sections))


def test_a_wrong_checksum_is_refused():
    """A registration damaged on its way would change routes."""
    body = REGISTRATION.encode()
    register.check_crc(body, body_crc(body))
    register.check_crc(body, 0)
    register.check_crc(body, None)
    with pytest.raises(MalformedBody, match="crc32"):
        register.check_crc(body, body_crc(body) ^ 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("T 8 4 6 SINGLE_TAG", topics.TopicConfig(topic_name="T", read_queue_nums=8, write_queue_nums=4)),
        (
            "T 8 8 6 MULTI_TAG {}",
            topics.TopicConfig(
                topic_name="T",
                read_queue_nums=8,
                write_queue_nums=8,
                topic_filter_type=topics.TopicFilterType.MULTI_TAG,
            ),
        ),
        (
            'T 1 1 2 SINGLE_TAG {"message.type":"FIFO"}',
            topics.TopicConfig(
                topic_name="T",
                read_queue_nums=1,
                write_queue_nums=1,
                perm=2,
                attributes={"message.type": "FIFO"},
            ),
        ),
    ],
)
def test_topic_text_is_read(text, expected):
    """Topics of a compressed registration would have other queues or permissions."""
    assert topics.TopicConfig.from_text(text) == expected
    assert topics.TopicConfig.from_text(expected.to_text()) == expected


@pytest.mark.parametrize(
    "text", ["", "T", "T 1 1 6", "T x 1 6 SINGLE_TAG", "T 1 1 6 SINGLE_TAG {", "T 1 1 6 SINGLE_TAG []"]
)
def test_malformed_topic_text_is_refused(text):
    """A damaged topic would be registered with made-up values."""
    with pytest.raises(MalformedBody):
        topics.TopicConfig.from_text(text)
