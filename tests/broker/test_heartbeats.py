"""Presence: who is a member of a group, who is told of changes, and when clients are forgotten."""

from __future__ import annotations

import pytest

from rmqtw.model.groups import PutGroup
from rmqtw.wire import commands
from rmqtw.wire.bodies.groups import ConsumerIds, SubscriptionGroupConfig
from rmqtw.wire.bodies.heartbeat import CheckClientRequestBody, SubscriptionData
from rmqtw.wire.codes import RequestCode, ResponseCode
from rmqtw.wire.headers.group import GetConsumerListByGroupRequest, UnregisterClientRequest
from tests.broker.world import FAST, NAMESERVER, consumer

TOLD = (RequestCode.NOTIFY_CONSUMER_IDS_CHANGED, {"consumerGroup": "G"})


def members(client, group="G"):
    """Ids of a group's members, as a client hears them; None when the answer is 1."""
    answer = client.call(
        commands.GET_CONSUMER_LIST_BY_GROUP, GetConsumerListByGroupRequest(consumer_group=group)
    )
    if answer.code == ResponseCode.SYSTEM_ERROR:
        assert answer.remark == f"no consumer for this group, {group}"
        return None
    return ConsumerIds.decode(answer.body).consumer_id_list


def leave(client, client_id, *, consumer_group=None, producer_group=None):
    """Say good-bye; the answer."""
    return client.call(commands.UNREGISTER_CLIENT, UnregisterClientRequest(
        client_id=client_id, consumer_group=consumer_group, producer_group=producer_group
    ))


def test_new_member_is_told_before_its_answer_and_so_are_the_others(world):
    """Consumers would share the queues anew only after 20 seconds, and consume twice until then."""
    first, second = world.connect(), world.connect()
    first.heartbeat("c1", [consumer()])
    assert [one.code for one in first.peer.got] == [TOLD[0], ResponseCode.SUCCESS]
    second.heartbeat("c2", [consumer()])
    assert second.told == [TOLD]
    assert first.told == [TOLD, TOLD]
    assert members(first) == ["c1", "c2"]


def test_renewal_tells_nobody(world):
    """Each heartbeat would make the whole group share its queues anew."""
    client = world.connect()
    for _ in range(3):
        client.heartbeat("c1", [consumer()])
    assert client.told == [TOLD]


def test_changed_subscription_is_told(world):
    """Members would go on with queues of a topic that their group no longer consumes."""
    client = world.connect()
    client.heartbeat("c1", [consumer(topic="A", version=1)])
    client.heartbeat("c1", [consumer(topic="B", version=2)])
    assert client.told == [TOLD, TOLD]


def test_group_that_wants_no_notes_gets_none(world):
    """An operator could not keep a large group from sharing its queues at each restart."""
    quiet = SubscriptionGroupConfig(group_name="G", notify_consumer_ids_changed_enable=False)
    world.broker.groups.apply(PutGroup(quiet, 1))
    client = world.connect()
    client.heartbeat("c1", [consumer()])
    assert client.told == []
    assert members(client) == ["c1"]


def test_new_group_gets_its_retry_topic_and_the_nameserver_knows_it(world):
    """A push consumer would log errors at start, since it subscribes to its retry topic."""
    client, names = world.connect(), world.connect(NAMESERVER)
    assert names.route("%RETRY%G").code == ResponseCode.TOPIC_NOT_EXIST
    client.heartbeat("c1", [consumer()])
    topic = world.broker.topics.get("%RETRY%G")
    assert (topic.read_queue_nums, topic.write_queue_nums, topic.perm) == (1, 1, 6)
    assert names.route("%RETRY%G").code == ResponseCode.SUCCESS
    assert world.broker.groups.get("G") is not None


def test_unknown_group_does_not_come_into_being_where_that_is_off(make_world):
    """A heartbeat would create what the settings forbid."""
    world = make_world(auto_create_subscription_group=False)
    client = world.connect()
    assert client.heartbeat("c1", [consumer()]).code == ResponseCode.SUCCESS
    assert members(client) is None
    assert world.broker.groups.get("G") is None
    assert world.broker.topics.get("%RETRY%G") is None


def test_leaving_tells_the_rest(world):
    """The queues of a consumer that stopped would be consumed by nobody for two minutes."""
    first, second = world.connect(), world.connect()
    first.heartbeat("c1", [consumer()], producers=["P"])
    second.heartbeat("c2", [consumer()])
    before = len(first.told)
    assert leave(second, "c2", consumer_group="G").code == ResponseCode.SUCCESS
    assert first.told[before:] == [TOLD]
    assert members(first) == ["c1"]
    assert leave(second, "c2", consumer_group="G").code == ResponseCode.SUCCESS
    assert leave(second, "nobody", producer_group="none").code == ResponseCode.SUCCESS
    assert len(first.told) == before + 1


def test_nobody_can_say_good_bye_for_another(world):
    """A client with another's id would take it out of its group."""
    first, stranger = world.connect(), world.connect()
    first.heartbeat("c1", [consumer()], producers=["P"])
    leave(stranger, "c1", consumer_group="G", producer_group="P")
    assert members(first) == ["c1"]
    leave(first, "c1", consumer_group="G", producer_group="P")
    assert members(first) is None


def test_lost_connection_is_a_good_bye(world):
    """The queues of a consumer that crashed would be consumed by nobody for two minutes."""
    first, second = world.connect(), world.connect()
    first.heartbeat("c1", [consumer()])
    second.heartbeat("c2", [consumer()], producers=["P"])
    before = len(first.told)
    second.hang_up()
    assert first.told[before:] == [TOLD]
    assert members(first) == ["c1"]


def test_silent_client_is_forgotten_after_two_minutes(world):
    """A client that hangs would keep its queues for ever."""
    first, hung = world.connect(), world.connect()
    hung.heartbeat("hung", [consumer()], producers=["P"])
    for _ in range(4):
        world.time.advance(29, steps=29)
        first.heartbeat("c1", [consumer()])
        members(hung)  # traffic that is no heartbeat keeps the connection, not the membership
    assert members(first) == ["hung", "c1"]
    before = len(first.told)
    world.time.advance(29, steps=29)
    first.heartbeat("c1", [consumer()])
    assert members(first) == ["c1"]
    assert first.told[before:] == [TOLD]


def test_silence_is_as_long_as_the_setting_says(make_world):
    """An operator could not shorten how long the queues of a hung client are idle."""
    world = make_world(channel_expired_timeout=20_000)
    client = world.connect()
    client.heartbeat("c1", [consumer()])
    world.time.advance(19, steps=19)
    assert members(client) == ["c1"]
    world.time.advance(12, steps=12)
    assert members(client) is None


def test_reconnected_client_stays_a_member(world):
    """When the broken connection is noticed late, the client would be thrown out of its group."""
    old, new = world.connect(), world.connect()
    old.heartbeat("c1", [consumer()])
    new.heartbeat("c1", [consumer()])
    assert new.told == [TOLD]
    old.hang_up()
    assert members(new) == ["c1"]


def test_short_heartbeat_renews_and_asks_for_the_whole_when_needed(world):
    """Clients that save bytes (heartbeat V2) would be forgotten, or be members without subscription."""
    client = world.connect()
    short = {"heartbeat_fingerprint": 7, "without_sub": True}
    answer = client.heartbeat("c1", [consumer()], **short)
    assert answer.ext_fields == {"IS_SUPPORT_HEART_BEAT_V2": "true", "IS_SUB_CHANGE": "true"}
    assert members(client) is None
    client.heartbeat("c1", [consumer(text="B")], heartbeat_fingerprint=7)
    for _ in range(6):
        world.time.advance(30, steps=30)
        answer = client.heartbeat("c1", [consumer(text="*")], **short)
    assert answer.ext_fields == {"IS_SUPPORT_HEART_BEAT_V2": "true", "IS_SUB_CHANGE": "false"}
    assert members(client) == ["c1"]
    client.send(tag="B")
    assert client.pull(sys_flag=0).code == 0


@pytest.mark.parametrize("group", ["a b", "x" * 256, "", "%"])
def test_name_outside_the_rules_is_refused(world, group):
    """A name that nobody can administer would get into the broker's tables and files."""
    client = world.connect()
    for groups in ({"consumers": [consumer(group)]}, {"producers": [group]}):
        answer = client.heartbeat("c1", **groups)
        assert (answer.code == 0) == (group == "%")
        assert group == "%" or "group" in answer.remark
    assert client.heartbeat("", producers=["P"]).code == ResponseCode.INVALID_PARAMETER


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        ("A || B", "TAG", 0),
        ("*", "", 0),
        ("||", "TAG", ResponseCode.SUBSCRIPTION_PARSE_FAILED),
        ("a > 1", "SQL92", ResponseCode.SYSTEM_ERROR),
        ("a", "FOO", ResponseCode.SYSTEM_ERROR),
    ],
)
def test_subscription_is_checked_before_the_consumer_starts(world, text, kind, code):
    """A consumer with a filter that cannot work would start, and get nothing."""
    subscription = SubscriptionData(topic="Orders", sub_string=text, expression_type=kind)
    body = CheckClientRequestBody(client_id="c", group="G", subscription_data=subscription)
    answer = world.connect().call(commands.CHECK_CLIENT_CONFIG, None, body.encode())
    assert answer.code == code
    assert code != ResponseCode.SYSTEM_ERROR or kind in answer.remark


def test_fast_port_keeps_the_same_table(world):
    """A client that uses both ports would be two."""
    fast = world.connect(FAST)
    fast.heartbeat("c1", [consumer()])
    assert members(world.connect()) == ["c1"]


def test_a_client_names_a_thousand_groups_at_most(client):
    """One client could fill the broker's tables, and keep it busy with them, with a single frame."""
    accepted = client.heartbeat(producers=[f"P{number}" for number in range(1000)])
    assert accepted.code == 0
    refused = client.heartbeat(client="c2", consumers=[consumer(f"G{number}") for number in range(1001)])
    assert refused.code == ResponseCode.INVALID_PARAMETER
    assert "1001 groups" in refused.remark
    assert members(client, "G0") is None


def test_a_heartbeat_is_a_mebibyte_at_most(client):
    """Reading a body of many megabytes would keep everybody else waiting."""
    answer = client.heartbeat(client="c" * 1024 * 1024)
    assert answer.code == ResponseCode.INVALID_PARAMETER
    assert "at most 1048576" in answer.remark


def test_many_clients_of_one_connection_are_told_once(world, client):
    """A connection with thousands of client ids would get a thousand notes for each change."""
    for number in range(5):
        client.heartbeat(client=f"c{number}", consumers=[consumer("G")])
    told = len(client.told)
    client.heartbeat(client="c5", consumers=[consumer("G")])
    assert len(client.told) - told <= 1
