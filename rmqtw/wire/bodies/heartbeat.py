"""What clients say about themselves: groups and subscriptions."""

from __future__ import annotations

import msgspec

from rmqtw.wire.bodies.base import Body, JavaEnum


class ConsumeType(JavaEnum):
    """Who keeps the pace. Java: `ConsumeType`."""

    CONSUME_ACTIVELY = "CONSUME_ACTIVELY"
    CONSUME_PASSIVELY = "CONSUME_PASSIVELY"
    CONSUME_POP = "CONSUME_POP"

    @classmethod
    def _fallback(cls) -> ConsumeType:
        return cls.CONSUME_PASSIVELY


class MessageModel(JavaEnum):
    """Whether each consumer of a group gets all messages or a share. Java: `MessageModel`."""

    BROADCASTING = "BROADCASTING"
    CLUSTERING = "CLUSTERING"
    LITE_SELECTIVE = "LITE_SELECTIVE"

    @classmethod
    def _fallback(cls) -> MessageModel:
        return cls.CLUSTERING


class ConsumeFromWhere(JavaEnum):
    """Where a new group starts. Java: `ConsumeFromWhere`, the deprecated ones included."""

    CONSUME_FROM_LAST_OFFSET = "CONSUME_FROM_LAST_OFFSET"
    CONSUME_FROM_LAST_OFFSET_AND_FROM_MIN_WHEN_BOOT_FIRST = (
        "CONSUME_FROM_LAST_OFFSET_AND_FROM_MIN_WHEN_BOOT_FIRST"
    )
    CONSUME_FROM_MIN_OFFSET = "CONSUME_FROM_MIN_OFFSET"
    CONSUME_FROM_MAX_OFFSET = "CONSUME_FROM_MAX_OFFSET"
    CONSUME_FROM_FIRST_OFFSET = "CONSUME_FROM_FIRST_OFFSET"
    CONSUME_FROM_TIMESTAMP = "CONSUME_FROM_TIMESTAMP"


class SubscriptionData(Body):
    """A topic and its filter. Java: `SubscriptionData`; `sub_version` in ms.

    `code_set` holds the hashes of the tags in `tags_set`.
    """

    topic: str = ""
    sub_string: str | None = None
    expression_type: str = "TAG"
    tags_set: list[str] = []
    code_set: list[int] = []
    sub_version: int = 0
    class_filter_mode: bool = False


class ConsumerData(Body):
    """One consumer group of a client. Java: `ConsumerData`."""

    group_name: str = ""
    consume_type: ConsumeType = ConsumeType.CONSUME_PASSIVELY
    message_model: MessageModel = MessageModel.CLUSTERING
    consume_from_where: ConsumeFromWhere = ConsumeFromWhere.CONSUME_FROM_LAST_OFFSET
    subscription_data_set: list[SubscriptionData] = []
    unit_mode: bool = False


class ProducerData(Body):
    """One producer group of a client. Java: `ProducerData`."""

    group_name: str = ""


class HeartbeatData(Body):
    """Everything a client takes part in: HEART_BEAT. Java: `HeartbeatData`.

    With a fingerprint, and `without_sub` set, the subscriptions are those of the last heartbeat
    with that fingerprint ("heartbeat V2").
    """

    client_id: str = msgspec.field(name="clientID", default="")
    producer_data_set: list[ProducerData] = []
    consumer_data_set: list[ConsumerData] = []
    heartbeat_fingerprint: int = 0
    without_sub: bool = False


class CheckClientRequestBody(Body):
    """A subscription to be checked: CHECK_CLIENT_CONFIG. Java: `CheckClientRequestBody`."""

    client_id: str = ""
    group: str = ""
    subscription_data: SubscriptionData = msgspec.field(default_factory=SubscriptionData)
    namespace: str | None = None
