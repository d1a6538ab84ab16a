"""Routes and registration at the nameserver."""

from __future__ import annotations

from typing import Annotated

import msgspec

from rmqtw.declare.fields import Header, Int32, Int64, Resource, field
from rmqtw.wire.headers.base import TopicRequest


class GetRouteInfoRequest(TopicRequest, kw_only=True):
    """Where the queues of a topic are: GET_ROUTEINFO_BY_TOPIC. Java: `GetRouteInfoRequestHeader`."""

    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]
    accept_standard_json_only: Annotated[bool | None, field("Whether map keys must be quoted.")] = None


class RegisterBrokerRequest(Header, kw_only=True):
    """A broker registers itself and its topics: REGISTER_BROKER. Java: `RegisterBrokerRequestHeader`."""

    broker_addr: Annotated[str, field("Address of the broker, ip:port.")]
    broker_id: Annotated[Int64, field("0 is the master.")]
    broker_name: Annotated[str, field("Name of the broker.")]
    cluster_name: Annotated[str, field("Name of the cluster.")]
    ha_server_addr: Annotated[str, field("Where slaves connect, ip:port.")]
    body_crc32: Annotated[Int32, field("CRC-32 of the body as sent; 0: none.")] = 0
    compressed: Annotated[bool, field("Whether the body is a zlib stream.")] = False
    enable_acting_master: Annotated[bool | None, field("Whether a slave may act as master.")] = None
    heartbeat_timeout_millis: Annotated[
        Int64 | None,
        field("Silence after which the broker counts as gone, ms."),
    ] = None


class RegisterBrokerResponse(Header, kw_only=True):
    """What a slave learns about its master. Java: `RegisterBrokerResponseHeader`."""

    ha_server_addr: Annotated[str | None, field("Where slaves connect, ip:port.")] = None
    master_addr: Annotated[str | None, field("Address of the master, ip:port.")] = None


class UnRegisterBrokerRequest(Header, kw_only=True):
    """A broker leaves: UNREGISTER_BROKER. Java: `UnRegisterBrokerRequestHeader`."""

    broker_addr: Annotated[str, field("Address of the broker, ip:port.")]
    broker_id: Annotated[Int64, field("0 is the master.")]
    broker_name: Annotated[str, field("Name of the broker.")]
    cluster_name: Annotated[str, field("Name of the cluster.")]


class QueryDataVersionRequest(Header, kw_only=True):
    """Must the broker register again? QUERY_DATA_VERSION. Java: `QueryDataVersionRequestHeader`."""

    broker_addr: Annotated[str, field("Address of the broker, ip:port.")]
    broker_id: Annotated[Int64, field("0 is the master.")]
    broker_name: Annotated[str, field("Name of the broker.")]
    cluster_name: Annotated[str, field("Name of the cluster.")]


class QueryDataVersionResponse(Header, kw_only=True):
    """Whether it must. Java: `QueryDataVersionResponseHeader`."""

    changed: Annotated[bool, field("Whether the nameserver knows another version.")]


class BrokerHeartbeatRequest(Header, kw_only=True):
    """A broker says that it lives: BROKER_HEARTBEAT. Java: `BrokerHeartbeatRequestHeader`."""

    broker_addr: Annotated[str, field("Address of the broker, ip:port.")]
    broker_name: Annotated[str, field("Name of the broker.")]
    cluster_name: Annotated[str, field("Name of the cluster.")]
    broker_id: Annotated[Int64 | None, field("0 is the master.")] = None
    confirm_offset: Annotated[Int64 | None, field("Offset that all in-sync replicas have.")] = None
    election_priority: Annotated[Int32 | None, field("Smaller wins an election.")] = None
    epoch: Annotated[Int32 | None, field("Epoch of the master.")] = None
    heartbeat_timeout_millis: Annotated[
        Int64 | None,
        field("Silence after which the broker counts as gone, ms."),
    ] = msgspec.field(name="heartbeatTimeoutMills", default=None)
    max_offset: Annotated[Int64 | None, field("End of its commit log.")] = None


class GetBrokerMemberGroupRequest(Header, kw_only=True):
    """Master and slaves of one broker name: GET_BROKER_MEMBER_GROUP.

    Java: `GetBrokerMemberGroupRequestHeader`.
    """

    broker_name: Annotated[str, field("Name of the broker.")]
    cluster_name: Annotated[str, field("Name of the cluster.")]


class RegisterTopicRequest(TopicRequest, kw_only=True):
    """Register one topic: REGISTER_TOPIC_IN_NAMESRV. Java: `RegisterTopicRequestHeader`."""

    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]


class DeleteTopicFromNamesrvRequest(TopicRequest, kw_only=True):
    """Forget the route of a topic: DELETE_TOPIC_IN_NAMESRV. Java: `DeleteTopicFromNamesrvRequestHeader`."""

    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]
    cluster_name: Annotated[str | None, field("Name of the cluster.")] = None


class GetTopicsByClusterRequest(Header, kw_only=True):
    """Topics of a cluster: GET_TOPICS_BY_CLUSTER. Java: `GetTopicsByClusterRequestHeader`."""

    cluster: Annotated[str, field("Name of the cluster.")]


class WipeWritePermOfBrokerRequest(Header, kw_only=True):
    """Take a broker out of writing: WIPE_WRITE_PERM_OF_BROKER. Java: `WipeWritePermOfBrokerRequestHeader`."""

    broker_name: Annotated[str, field("Name of the broker.")]


class WipeWritePermOfBrokerResponse(Header, kw_only=True):
    """How many routes changed. Java: `WipeWritePermOfBrokerResponseHeader`."""

    wipe_topic_count: Annotated[Int32, field("Routes that lost the write permission.")]


class AddWritePermOfBrokerRequest(Header, kw_only=True):
    """Let a broker be written again: ADD_WRITE_PERM_OF_BROKER. Java: `AddWritePermOfBrokerRequestHeader`."""

    broker_name: Annotated[str, field("Name of the broker.")]


class AddWritePermOfBrokerResponse(Header, kw_only=True):
    """How many routes changed. Java: `AddWritePermOfBrokerResponseHeader`."""

    add_topic_count: Annotated[Int32, field("Routes that got the write permission.")]


class PutKVConfigRequest(Header, kw_only=True):
    """Store a value: PUT_KV_CONFIG. Java: `PutKVConfigRequestHeader`."""

    key: Annotated[str, field("The key.")]
    namespace: Annotated[str, field("Namespace of the key-value configuration.")]
    value: Annotated[str, field("The value.")]


class GetKVConfigRequest(Header, kw_only=True):
    """Ask for a value: GET_KV_CONFIG. Java: `GetKVConfigRequestHeader`."""

    key: Annotated[str, field("The key.")]
    namespace: Annotated[str, field("Namespace of the key-value configuration.")]


class GetKVConfigResponse(Header, kw_only=True):
    """The value. Java: `GetKVConfigResponseHeader`."""

    value: Annotated[str | None, field("The value.")] = None


class DeleteKVConfigRequest(Header, kw_only=True):
    """Delete a value: DELETE_KV_CONFIG. Java: `DeleteKVConfigRequestHeader`."""

    key: Annotated[str, field("The key.")]
    namespace: Annotated[str, field("Namespace of the key-value configuration.")]


class GetKVListByNamespaceRequest(Header, kw_only=True):
    """All values of a namespace: GET_KVLIST_BY_NAMESPACE. Java: `GetKVListByNamespaceRequestHeader`."""

    namespace: Annotated[str, field("Namespace of the key-value configuration.")]
