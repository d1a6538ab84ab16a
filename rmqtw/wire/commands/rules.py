"""Rules of commands whose accesses lie in the body, or need more than the header's marks.

Each lists what a request wants. Those that read the body raise `MalformedBody` when it is none.
"""

from __future__ import annotations

from typing import Any

from rmqtw.declare.access import Access, Action
from rmqtw.declare.fields import Resource
from rmqtw.wire.bodies.groups import (
    LiteSubscriptionCtlRequestBody,
    SubscriptionGroupConfig,
    SubscriptionGroupList,
)
from rmqtw.wire.bodies.heartbeat import CheckClientRequestBody, HeartbeatData
from rmqtw.wire.bodies.queues import (
    BatchAckMessageRequestBody,
    LockBatchRequestBody,
    QueryAssignmentRequestBody,
    SetMessageRequestModeRequestBody,
)
from rmqtw.wire.bodies.topics import CreateTopicListRequestBody
from rmqtw.wire.commands.command import Command
from rmqtw.wire.headers.group import GetConsumeStatsRequest, UnregisterClientRequest
from rmqtw.wire.headers.transaction import EndTransactionRequest

AnyCommand = Command[Any, Any]


def heartbeat(command: AnyCommand, body: bytes) -> list[Access]:
    """SUB on each group and each topic it subscribes; a producer group needs a known principal only.

    Java: `newConsumerGroupContexts`, which asks nothing of producers.
    """
    data = HeartbeatData.decode(body)
    wanted = [_present(producer.group_name) for producer in data.producer_data_set]
    for consumer in data.consumer_data_set:
        wanted.append(_group(command, consumer.group_name))
        wanted += [_topic(command, item.topic) for item in consumer.subscription_data_set]
    return wanted


def unregister_client(command: AnyCommand, header: UnregisterClientRequest) -> list[Access]:
    """SUB on the consumer group; a producer group needs a known principal only, as in Java."""
    wanted = command.named_accesses(header)
    if header.producer_group is not None:
        wanted.append(_present(header.producer_group))
    return wanted


def end_transaction(command: AnyCommand, header: EndTransactionRequest) -> list[Access]:
    """PUB on the topic; 4.9 clients send none, for them PUB on the producer group."""
    return command.named_accesses(header) or [_group(command, header.producer_group)]


def check_client_config(command: AnyCommand, body: bytes) -> list[Access]:
    """SUB on the group and on the topic of the subscription."""
    data = CheckClientRequestBody.decode(body)
    return [_group(command, data.group), _topic(command, data.subscription_data.topic)]


def lock_queues(command: AnyCommand, body: bytes) -> list[Access]:
    """SUB on the group and on the topic of each queue."""
    data = LockBatchRequestBody.decode(body)
    return [_group(command, data.consumer_group), *(_topic(command, queue.topic) for queue in data.mq_set)]


def assignment(command: AnyCommand, body: bytes) -> list[Access]:
    """SUB on the group and on the topic."""
    data = QueryAssignmentRequestBody.decode(body)
    return [_group(command, data.consumer_group), _topic(command, data.topic)]


def request_mode(command: AnyCommand, body: bytes) -> list[Access]:
    """UPDATE on the group and on the topic."""
    data = SetMessageRequestModeRequestBody.decode(body)
    return [_group(command, data.consumer_group), _topic(command, data.topic)]


def batch_ack(command: AnyCommand, body: bytes) -> list[Access]:
    """SUB on the group and on the topic of each entry."""
    wanted = []
    for ack in BatchAckMessageRequestBody.decode(body).acks:
        wanted += [_group(command, ack.consumer_group), _topic(command, ack.topic)]
    return wanted


def lite_subscription(command: AnyCommand, body: bytes) -> list[Access]:
    """SUB on the group and on the parent topic of each entry."""
    wanted = []
    for entry in LiteSubscriptionCtlRequestBody.decode(body).subscription_set:
        wanted += [_group(command, entry.group), _topic(command, entry.topic)]
    return wanted


def topic_list(command: AnyCommand, body: bytes) -> list[Access]:
    """CREATE on each topic."""
    configs = CreateTopicListRequestBody.decode(body).topic_config_list
    return [_topic(command, config.topic_name) for config in configs]


def subscription_group(command: AnyCommand, body: bytes) -> list[Access]:
    """CREATE on the group."""
    return [_group(command, SubscriptionGroupConfig.decode(body).group_name)]


def subscription_group_list(command: AnyCommand, body: bytes) -> list[Access]:
    """CREATE on each group."""
    configs = SubscriptionGroupList.decode(body).group_config_list
    return [_group(command, config.group_name) for config in configs]


def consume_stats(command: AnyCommand, header: GetConsumeStatsRequest) -> list[Access]:
    """GET on the group, on the topic, and on each topic of the list."""
    listed = (header.topic_list or "").split(";")
    return command.named_accesses(header) + [_topic(command, topic) for topic in listed if topic]


def _group(command: AnyCommand, name: str) -> Access:
    return command.access(Resource.GROUP, name)


def _topic(command: AnyCommand, name: str) -> Access:
    return command.access(Resource.TOPIC, name)


def _present(producer_group: str) -> Access:
    return Access(Action.ANY, Resource.GROUP, producer_group)
