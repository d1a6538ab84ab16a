"""Lite topics (Apache 5.4 and later): many small topics below one parent."""

from __future__ import annotations

from typing import Annotated

from rmqtw.declare.fields import Header, Int32, Int64, Resource, field
from rmqtw.wire.headers.base import RpcRequest


class PopLiteMessageRequest(RpcRequest, kw_only=True):
    """Receive messages of the lite topics of a client: POP_LITE_MESSAGE.

    Java: `PopLiteMessageRequestHeader`.
    """

    born_time: Annotated[Int64, field("When the client sent the request, ms.")]
    client_id: Annotated[str, field("Id of the client.")]
    consumer_group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]
    invisible_time: Annotated[Int64, field("How long a received message stays hidden, ms.")]
    max_msg_num: Annotated[Int32, field("Most messages wanted.")]
    poll_time: Annotated[Int64, field("How long the broker may hold the request, ms.")]
    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]
    attempt_id: Annotated[str | None, field("Same for each try of one receive call.")] = None


class PopLiteMessageResponse(Header, kw_only=True):
    """What follows received messages of lite topics. Java: `PopLiteMessageResponseHeader`."""

    invisible_time: Annotated[Int64, field("How long a received message stays hidden, ms.")]
    pop_time: Annotated[Int64, field("When the messages were received, ms.")]
    revive_qid: Annotated[Int32, field("Revive queue of the check point.")]
    msg_offset_info: Annotated[str | None, field("Offsets of the messages of each queue, as text.")] = None
    order_count_info: Annotated[str | None, field("Delivery attempts of each queue, as text.")] = None
    start_offset_info: Annotated[str | None, field("First offset of each queue, as text.")] = None


class LiteSubscriptionCtlRequest(RpcRequest):
    """Subscribe lite topics: LITE_SUBSCRIPTION_CTL. Java: `LiteSubscriptionCtlRequestHeader`."""


class NotifyUnsubscribeLiteRequest(RpcRequest, kw_only=True):
    """A broker tells a client that a lite subscription ended: NOTIFY_UNSUBSCRIBE_LITE.

    Java: `NotifyUnsubscribeLiteRequestHeader`.
    """

    client_id: Annotated[str, field("Id of the client.")]
    consumer_group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]
    lite_topic: Annotated[str, field("Lite topic below the topic.")]


class GetParentTopicInfoRequest(Header, kw_only=True):
    """Ask about a parent topic: GET_PARENT_TOPIC_INFO. Java: `GetParentTopicInfoRequestHeader`."""

    topic: Annotated[str, field("Topic above the lite topics.", resource=Resource.TOPIC)]


class GetLiteTopicInfoRequest(Header, kw_only=True):
    """Ask about a lite topic: GET_LITE_TOPIC_INFO. Java: `GetLiteTopicInfoRequestHeader`."""

    lite_topic: Annotated[str | None, field("Lite topic below the topic.")] = None
    parent_topic: Annotated[
        str | None,
        field("Topic above the lite topics.", resource=Resource.TOPIC),
    ] = None


class GetLiteClientInfoRequest(Header, kw_only=True):
    """Ask about a client of lite topics: GET_LITE_CLIENT_INFO. Java: `GetLiteClientInfoRequestHeader`."""

    client_id: Annotated[str | None, field("Id of the client.")] = None
    group: Annotated[str | None, field("The consumer group.", resource=Resource.GROUP)] = None
    max_count: Annotated[Int32, field("Most entries wanted.")] = 1000
    parent_topic: Annotated[
        str | None,
        field("Topic above the lite topics.", resource=Resource.TOPIC),
    ] = None


class GetLiteGroupInfoRequest(Header, kw_only=True):
    """Ask about a group of lite topics: GET_LITE_GROUP_INFO. Java: `GetLiteGroupInfoRequestHeader`."""

    group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]
    lite_topic: Annotated[str | None, field("Lite topic below the topic.")] = None
    top_k: Annotated[Int32, field("Most entries wanted.")] = 0


class TriggerLiteDispatchRequest(Header, kw_only=True):
    """Deliver lite topics again: TRIGGER_LITE_DISPATCH. Java: `TriggerLiteDispatchRequestHeader`."""

    group: Annotated[str, field("The consumer group.", resource=Resource.GROUP)]
    client_id: Annotated[str | None, field("Id of the client.")] = None
