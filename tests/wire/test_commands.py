"""Every command says who may use it, as Java does or stricter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import pytest

from rmqtw.declare.access import Access, Action
from rmqtw.declare.fields import Header, NoFields, Resource, field
from rmqtw.wire import commands
from rmqtw.wire.bodies.base import MalformedBody
from rmqtw.wire.bodies.groups import SubscriptionGroupConfig, SubscriptionGroupList
from rmqtw.wire.bodies.heartbeat import ConsumerData, HeartbeatData, ProducerData, SubscriptionData
from rmqtw.wire.bodies.queues import BatchAck, BatchAckMessageRequestBody
from rmqtw.wire.bodies.topics import CreateTopicListRequestBody, TopicConfig
from rmqtw.wire.codes import RequestCode
from rmqtw.wire.commands import COMMANDS, NO_COMMAND, Command, UnruledCommand
from rmqtw.wire.headers.group import GetConsumeStatsRequest, HeartbeatRequest, UnregisterClientRequest
from rmqtw.wire.headers.pull import PullMessageRequest, ViewMessageRequest
from rmqtw.wire.headers.send import SendMessageRequestV2
from rmqtw.wire.headers.transaction import EndTransactionRequest
from tests.golden import SCENARIOS, frames

CONTEXTS = [
    json.loads(line)
    for line in (Path(__file__).parent.parent / "golden" / "request-contexts.jsonl").read_text().splitlines()
]
CLUSTER = Resource.CLUSTER
GROUP = Resource.GROUP
TOPIC = Resource.TOPIC
NUMBERS = """
    defaultTopicQueueNums sysFlag bornTimestamp flag queueOffset commitOffset maxMsgNums suspendTimeoutMillis
    subVersion offset timestamp maxNum beginTimestamp endTimestamp readQueueNums writeQueueNums perm
    delayLevel tranStateTableOffset commitLogOffset commitOrRollback pollTime bornTime invisibleTime initMode
    checkStoreTime storeTimestamp READ_AHEAD_MODE brokerId masterFlushOffset d e f g h
"""
TEXTS = """
    defaultTopic topicFilterType key extraInfo clientID msgId bornHost storeHost recallHandle
    brokerAddr
    haServerAddr namespace value statsName statsKey configType compareGroup brokerClusterName liteTopic a b c
"""
FILLED = (
    dict.fromkeys(NUMBERS.split(), "0")
    | dict.fromkeys(TEXTS.split(), "x")
    | dict.fromkeys(["order", "isForce", "isOrder", "designateElect"], "false")
)
STRICTER = {
    310: "Java takes the producer group of a send to a retry topic, which the sender chooses freely",
    320: "the same",
}


def java_wants(row):
    """Java's resources and actions of one request, in our words."""
    kinds = {"Topic": TOPIC, "Group": GROUP, "Cluster": CLUSTER}
    wanted = set()
    for resource, actions in row["wants"]:
        kind, _, name = resource.partition(":")
        name = "*" if kind == "Cluster" else name
        wanted.add((kinds[kind], name, frozenset(Action(action.lower()) for action in actions)))
    return wanted


def we_want(row):
    """What our command wants of the same request; what every principal may do is left out."""
    command = COMMANDS[row["code"]]
    fields = FILLED | row["extFields"]
    found = command.accesses(command.request.decode(fields), row.get("body", "").encode())
    return {(a.kind, a.name, frozenset(a.actions)) for a in found if a.action is not Action.ANY}


RULED = [row for row in CONTEXTS if row["wants"]]


@pytest.mark.parametrize(
    "row",
    RULED,
    ids=lambda row: f"{row['code']}-{row['extFields'].get('topic') or row['extFields'].get('b')}",
)
def test_rule_is_javas(row):
    """A policy written for Apache would grant too little, or too much."""
    if row["code"] in STRICTER and row["extFields"].get("b", "").startswith("%RETRY%"):
        assert we_want(row) == {(GROUP, "G1", frozenset([Action.SUB]))}
        assert java_wants(row) == {(GROUP, "PG1", frozenset([Action.SUB]))}
    else:
        assert we_want(row) == java_wants(row)


@pytest.mark.parametrize(
    "row",
    [row for row in CONTEXTS if not row["wants"] and row["code"] in COMMANDS],
    ids=lambda row: str(row["code"]),
)
def test_what_java_leaves_open_is_closed(row):
    """Any authenticated user could read and change a broker's settings, groups and modes."""
    command = COMMANDS[row["code"]]
    body = row.get("body", "{}").encode()
    wanted = command.accesses(command.request.decode(FILLED | row["extFields"]), body)
    assert wanted
    assert all(access.action is not Action.ANY for access in wanted)


def test_every_code_has_a_command_or_a_reason():
    """A request code would have no rule, and no entry in the documentation."""
    assert {int(code) for code in RequestCode} == set(COMMANDS) | set(NO_COMMAND)
    assert not set(COMMANDS) & set(NO_COMMAND)
    assert all(NO_COMMAND.values())


@pytest.mark.parametrize("code", sorted(COMMANDS))
def test_commands_are_named_like_their_codes(code):
    """`commands.PULL_MESSAGE` would be another command."""
    assert getattr(commands, RequestCode(code).name) is COMMANDS[code]


def test_a_command_without_a_rule_is_refused():
    """A command that nobody rules would be open to everybody."""
    with pytest.raises(UnruledCommand, match=r"NoFields.*resource="):
        Command(9999, NoFields, NoFields, Action.GET)


def test_a_marked_header_is_a_rule():
    """A command whose header names its resources would have to say so twice."""

    class Marked(Header, kw_only=True):
        topic: Annotated[str, field("A topic.", resource=TOPIC)]

    command = Command(9999, Marked, NoFields, Action.DELETE)
    assert command.accesses(Marked(topic="T")) == [Access(Action.DELETE, TOPIC, "T")]


@pytest.mark.parametrize("topic", ["%RETRY%g", "%RETRY%ns%g"])
def test_sending_to_a_retry_topic_needs_the_group(topic):
    """Whoever may publish on topics could feed messages to a group's retry topic."""
    header = SendMessageRequestV2(
        producer_group="other", topic=topic, default_topic="TBW102", default_topic_queue_nums=4, queue_id=0,
        sys_flag=0, born_timestamp=0, flag=0,
    )  # fmt: skip
    wanted = commands.SEND_MESSAGE_V2.accesses(header)
    assert wanted == [Access(Action.SUB, GROUP, topic.removeprefix("%RETRY%"))]


def test_pulling_the_own_retry_topic_needs_the_group_once():
    """A consumer would need a right on a topic that it never chose."""
    header = PullMessageRequest(
        consumer_group="g", topic="%RETRY%g", queue_id=0, queue_offset=0, max_msg_nums=32, sys_flag=0,
        commit_offset=0, suspend_timeout_millis=0, sub_version=0,
    )  # fmt: skip
    assert commands.PULL_MESSAGE.accesses(header) == [Access(Action.SUB, GROUP, "g")]


def test_heartbeat_lists_groups_and_topics():
    """A client could join a group, or subscribe a topic, that it may not read."""
    subscriptions = [SubscriptionData(topic="T"), SubscriptionData(topic="%RETRY%g")]
    data = HeartbeatData(
        client_id="c",
        producer_data_set=[ProducerData(group_name="p")],
        consumer_data_set=[ConsumerData(group_name="g", subscription_data_set=subscriptions)],
    )
    wanted = commands.HEART_BEAT.accesses(HeartbeatRequest(), data.encode())
    assert wanted == [
        Access(Action.ANY, GROUP, "p"), Access(Action.SUB, GROUP, "g"), Access(Action.SUB, TOPIC, "T"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "command",
    [
        commands.HEART_BEAT,
        commands.LOCK_BATCH_MQ,
        commands.BATCH_ACK_MESSAGE,
        commands.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP,
    ],
)
def test_a_body_that_cannot_be_read_grants_nothing(command):
    """Garbage in the body would pass for a request that wants nothing."""
    with pytest.raises(MalformedBody):
        command.accesses(command.request(), b"garbage")


@pytest.mark.parametrize(
    "command", [commands.HEART_BEAT, commands.BATCH_ACK_MESSAGE, commands.UPDATE_AND_CREATE_TOPIC_LIST]
)
def test_a_body_that_names_nothing_wants_the_cluster(command):
    """An empty body would pass without being asked about."""
    assert command.accesses(command.request(), b"{}") == [Access(command.action, CLUSTER, "*")]


def test_a_message_read_by_offset_without_topic_wants_the_cluster():
    """Leaving out an optional field would get around the right on the topic."""
    assert commands.VIEW_MESSAGE_BY_ID.accesses(ViewMessageRequest(offset=0)) == [
        Access(Action.GET, CLUSTER, "*")
    ]
    wanted = commands.VIEW_MESSAGE_BY_ID.accesses(ViewMessageRequest(offset=0, topic="T"))
    assert wanted == [Access(Action.GET, TOPIC, "T")]


def test_a_transaction_without_topic_wants_the_producer_group():
    """A 4.9 client could end transactions of others."""
    header = EndTransactionRequest(
        producer_group="p", tran_state_table_offset=0, commit_log_offset=0, commit_or_rollback=8, msg_id="m"
    )
    assert commands.END_TRANSACTION.accesses(header) == [Access(Action.PUB, GROUP, "p")]


def test_a_leaving_producer_needs_no_right_on_a_group():
    """A producer with rights on its topic only could not say goodbye."""
    wanted = commands.UNREGISTER_CLIENT.accesses(UnregisterClientRequest(client_id="c", producer_group="p"))
    assert wanted == [Access(Action.ANY, GROUP, "p")]


def test_each_acknowledgement_counts():
    """One entry of an allowed topic would carry others past the check."""
    acks = [BatchAck(consumer_group="g", topic="T1"), BatchAck(consumer_group="g", topic="T2")]
    wanted = commands.BATCH_ACK_MESSAGE.accesses(NoFields(), BatchAckMessageRequestBody(acks=acks).encode())
    assert {access.name for access in wanted} == {"g", "T1", "T2"}


def test_each_listed_topic_and_group_counts():
    """A list would create or read what one request alone may not."""
    topics = CreateTopicListRequestBody(topic_config_list=[TopicConfig(topic_name=n) for n in "AB"])
    header = commands.UPDATE_AND_CREATE_TOPIC_LIST.request()
    wanted = commands.UPDATE_AND_CREATE_TOPIC_LIST.accesses(header, topics.encode())
    assert wanted == [Access(Action.CREATE, TOPIC, name) for name in "AB"]
    groups = SubscriptionGroupList(group_config_list=[SubscriptionGroupConfig(group_name=n) for n in "AB"])
    wanted = commands.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST.accesses(NoFields(), groups.encode())
    assert wanted == [Access(Action.CREATE, GROUP, name) for name in "AB"]
    stats = GetConsumeStatsRequest(consumer_group="g", topic_list="A;B")
    assert [access.name for access in commands.GET_CONSUME_STATS.accesses(stats)] == ["g", "A", "B"]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_recorded_requests_have_accesses(scenario):
    """A request of a real client would be refused before anybody asked about its rights."""
    for each in frames(scenario):
        command = COMMANDS.get(each.line["code"])
        if each.is_response or command is None:
            continue
        assert command.accesses(command.request.decode(each.line.get("extFields")), each.body), each.number
