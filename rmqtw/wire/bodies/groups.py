"""Consumer groups: configuration, members, connections."""

from __future__ import annotations

import msgspec

from rmqtw.wire.bodies.base import Body, DataVersion, JavaEnum
from rmqtw.wire.bodies.heartbeat import ConsumeFromWhere, ConsumeType, MessageModel, SubscriptionData


class GroupRetryPolicyType(JavaEnum):
    """How waits between attempts grow. Java: `GroupRetryPolicyType`."""

    EXPONENTIAL = "EXPONENTIAL"
    CUSTOMIZED = "CUSTOMIZED"

    @classmethod
    def _fallback(cls) -> GroupRetryPolicyType:
        return cls.CUSTOMIZED


class ExponentialRetryPolicy(Body):
    """Each wait is a multiple of the one before, ms. Java: `ExponentialRetryPolicy`."""

    initial: int = 5_000
    max: int = 7_200_000
    multiplier: int = 2


class CustomizedRetryPolicy(Body):
    """The waits one by one, ms. Java: `CustomizedRetryPolicy`."""

    next: list[int] = []


class GroupRetryPolicy(Body):
    """Waits between attempts. Java: `GroupRetryPolicy`; without a policy Java's default waits."""

    type: GroupRetryPolicyType = GroupRetryPolicyType.CUSTOMIZED
    exponential_retry_policy: ExponentialRetryPolicy | None = None
    customized_retry_policy: CustomizedRetryPolicy | None = None


class SimpleSubscriptionData(Body):
    """A stored subscription. Java: `SimpleSubscriptionData`."""

    topic: str = ""
    expression_type: str | None = None
    expression: str | None = None
    version: int = 0


class SubscriptionGroupConfig(Body):
    """Configuration of one group. Java: `SubscriptionGroupConfig`."""

    group_name: str = ""
    consume_enable: bool = True
    consume_from_min_enable: bool = True
    consume_broadcast_enable: bool = True
    consume_message_orderly: bool = False
    retry_queue_nums: int = 1
    retry_max_times: int = 16
    group_retry_policy: GroupRetryPolicy = msgspec.field(default_factory=GroupRetryPolicy)
    broker_id: int = 0
    which_broker_when_consume_slowly: int = 1
    notify_consumer_ids_changed_enable: bool = True
    group_sys_flag: int = 0
    consume_timeout_minute: int = 15
    subscription_data_set: list[SimpleSubscriptionData] | None = None
    attributes: dict[str, str] = {}


class SubscriptionGroupWrapper(Body):
    """All groups of a broker. Java: `SubscriptionGroupWrapper`.

    `forbidden_table` has bits per group and topic.
    """

    subscription_group_table: dict[str, SubscriptionGroupConfig] = {}
    forbidden_table: dict[str, dict[str, int]] = {}
    data_version: DataVersion = msgspec.field(default_factory=DataVersion)


class SubscriptionGroupList(Body):
    """Groups to create or change: UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST.

    Java: `SubscriptionGroupList`.
    """

    group_config_list: list[SubscriptionGroupConfig] = []


class ConsumerIds(Body):
    """Ids of the clients of a group. Java: `GetConsumerListByGroupResponseBody`."""

    consumer_id_list: list[str] = []


class GroupList(Body):
    """Names of groups. Java: `GroupList`."""

    group_list: list[str] = []


class Connection(Body):
    """One client of a group. Java: `Connection`; `language` is the name of a LanguageCode."""

    client_id: str = ""
    client_addr: str = ""
    language: str = "JAVA"
    version: int = 0


class ConsumerConnection(Body):
    """Clients and subscriptions of a consumer group: GET_CONSUMER_CONNECTION_LIST.

    Java: `ConsumerConnection`.
    """

    connection_set: list[Connection] = []
    subscription_table: dict[str, SubscriptionData] = {}
    consume_type: ConsumeType | None = None
    message_model: MessageModel | None = None
    consume_from_where: ConsumeFromWhere | None = None


class ProducerConnection(Body):
    """Clients of a producer group: GET_PRODUCER_CONNECTION_LIST. Java: `ProducerConnection`."""

    connection_set: list[Connection] = []


class CMResult(JavaEnum):
    """How consuming one message ended. Java: `CMResult`."""

    CR_SUCCESS = "CR_SUCCESS"
    CR_LATER = "CR_LATER"
    CR_ROLLBACK = "CR_ROLLBACK"
    CR_COMMIT = "CR_COMMIT"
    CR_THROW_EXCEPTION = "CR_THROW_EXCEPTION"
    CR_RETURN_NULL = "CR_RETURN_NULL"

    @classmethod
    def _fallback(cls) -> CMResult:
        return cls.CR_RETURN_NULL


class ConsumeMessageDirectlyResult(Body):
    """A client's answer to CONSUME_MESSAGE_DIRECTLY. Java: `ConsumeMessageDirectlyResult`."""

    order: bool = False
    auto_commit: bool = True
    consume_result: CMResult | None = None
    remark: str | None = None
    spent_time_mills: int = 0


class LiteSubscription(Body):
    """Lite topics of a client below one topic. Java: `LiteSubscriptionDTO`."""

    action: str | None = None
    client_id: str | None = None
    group: str = ""
    topic: str = ""
    lite_topic_set: list[str] = []
    version: int = 0


class LiteSubscriptionCtlRequestBody(Body):
    """Lite subscriptions that a client adds or drops. Java: `LiteSubscriptionCtlRequestBody`."""

    subscription_set: list[LiteSubscription] = []
