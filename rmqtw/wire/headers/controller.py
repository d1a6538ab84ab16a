"""The controller, which elects masters."""

from __future__ import annotations

from typing import Annotated

from rmqtw.declare.fields import Header, Int32, Int64, field


class AlterSyncStateSetRequest(Header, kw_only=True):
    """Change the set of in-sync replicas: CONTROLLER_ALTER_SYNC_STATE_SET.

    Java: `AlterSyncStateSetRequestHeader`.
    """

    broker_name: Annotated[str | None, field("Name of the broker.")] = None
    invoke_time: Annotated[Int64, field("When the request was made, ms.")] = 0
    master_broker_id: Annotated[Int64 | None, field("Broker id of the master.")] = None
    master_epoch: Annotated[Int32 | None, field("Epoch of the master.")] = None


class AlterSyncStateSetResponse(Header, kw_only=True):
    """The epoch of the new set. Java: `AlterSyncStateSetResponseHeader`."""

    new_sync_state_set_epoch: Annotated[Int32, field("Epoch of the new set.")] = 0


class ElectMasterRequest(Header, kw_only=True):
    """Elect a master: CONTROLLER_ELECT_MASTER. Java: `ElectMasterRequestHeader`."""

    broker_id: Annotated[Int64, field("0 is the master.")]
    broker_name: Annotated[str, field("Name of the broker.")]
    cluster_name: Annotated[str, field("Name of the cluster.")]
    designate_elect: Annotated[bool, field("Whether this very broker shall be elected.")]
    invoke_time: Annotated[Int64, field("When the request was made, ms.")] = 0


class ElectMasterResponse(Header, kw_only=True):
    """The master elected. Java: `ElectMasterResponseHeader`."""

    master_address: Annotated[str | None, field("Address of the master, ip:port.")] = None
    master_broker_id: Annotated[Int64 | None, field("Broker id of the master.")] = None
    master_epoch: Annotated[Int32 | None, field("Epoch of the master.")] = None
    sync_state_set_epoch: Annotated[Int32 | None, field("Epoch of the set of in-sync replicas.")] = None


class RegisterBrokerToControllerRequest(Header, kw_only=True):
    """A broker registers: CONTROLLER_REGISTER_BROKER. Java: `RegisterBrokerToControllerRequestHeader`."""

    broker_address: Annotated[str | None, field("Address of the broker, ip:port.")] = None
    broker_id: Annotated[Int64 | None, field("0 is the master.")] = None
    broker_name: Annotated[str | None, field("Name of the broker.")] = None
    cluster_name: Annotated[str | None, field("Name of the cluster.")] = None
    invoke_time: Annotated[Int64, field("When the request was made, ms.")] = 0


class RegisterBrokerToControllerResponse(Header, kw_only=True):
    """What the broker learns about its master. Java: `RegisterBrokerToControllerResponseHeader`."""

    broker_name: Annotated[str | None, field("Name of the broker.")] = None
    cluster_name: Annotated[str | None, field("Name of the cluster.")] = None
    master_address: Annotated[str | None, field("Address of the master, ip:port.")] = None
    master_broker_id: Annotated[Int64 | None, field("Broker id of the master.")] = None
    master_epoch: Annotated[Int32 | None, field("Epoch of the master.")] = None
    sync_state_set_epoch: Annotated[Int32 | None, field("Epoch of the set of in-sync replicas.")] = None


class GetReplicaInfoRequest(Header, kw_only=True):
    """Ask for the replicas of a broker name: CONTROLLER_GET_REPLICA_INFO.

    Java: `GetReplicaInfoRequestHeader`.
    """

    broker_name: Annotated[str | None, field("Name of the broker.")] = None


class GetReplicaInfoResponse(Header, kw_only=True):
    """The master of a broker name. Java: `GetReplicaInfoResponseHeader`."""

    master_address: Annotated[str | None, field("Address of the master, ip:port.")] = None
    master_broker_id: Annotated[Int64 | None, field("Broker id of the master.")] = None
    master_epoch: Annotated[Int32 | None, field("Epoch of the master.")] = None


class GetMetaDataResponse(Header, kw_only=True):
    """Who leads the controllers: CONTROLLER_GET_METADATA_INFO. Java: `GetMetaDataResponseHeader`."""

    controller_leader_address: Annotated[str | None, field("Address of the leading controller.")] = None
    controller_leader_id: Annotated[str | None, field("Id of the leading controller.")] = None
    group: Annotated[str | None, field("Group of the controllers.")] = None
    is_leader: Annotated[bool, field("Whether the answering controller leads.")] = False
    peers: Annotated[str | None, field("The controllers.")] = None


class CleanControllerBrokerDataRequest(Header, kw_only=True):
    """Forget brokers: CLEAN_BROKER_DATA. Java: `CleanControllerBrokerDataRequestHeader`."""

    broker_name: Annotated[str, field("Name of the broker.")]
    broker_controller_ids_to_clean: Annotated[str | None, field("Broker ids, semicolon separated.")] = None
    cluster_name: Annotated[str | None, field("Name of the cluster.")] = None
    invoke_time: Annotated[Int64, field("When the request was made, ms.")] = 0
    is_clean_living_broker: Annotated[bool, field("Whether living brokers are cleaned too.")] = False


class GetNextBrokerIdRequest(Header, kw_only=True):
    """Ask for a free broker id: CONTROLLER_GET_NEXT_BROKER_ID. Java: `GetNextBrokerIdRequestHeader`."""

    broker_name: Annotated[str | None, field("Name of the broker.")] = None
    cluster_name: Annotated[str | None, field("Name of the cluster.")] = None


class GetNextBrokerIdResponse(Header, kw_only=True):
    """A free broker id. Java: `GetNextBrokerIdResponseHeader`."""

    broker_name: Annotated[str | None, field("Name of the broker.")] = None
    cluster_name: Annotated[str | None, field("Name of the cluster.")] = None
    next_broker_id: Annotated[Int64 | None, field("First free broker id.")] = None


class ApplyBrokerIdRequest(Header, kw_only=True):
    """Apply for a broker id: CONTROLLER_APPLY_BROKER_ID. Java: `ApplyBrokerIdRequestHeader`."""

    applied_broker_id: Annotated[Int64 | None, field("Broker id applied for.")] = None
    broker_name: Annotated[str | None, field("Name of the broker.")] = None
    cluster_name: Annotated[str | None, field("Name of the cluster.")] = None
    register_check_code: Annotated[
        str | None,
        field("Secret by which an application is recognised."),
    ] = None


class ApplyBrokerIdResponse(Header, kw_only=True):
    """The id is granted. Java: `ApplyBrokerIdResponseHeader`."""

    broker_name: Annotated[str | None, field("Name of the broker.")] = None
    cluster_name: Annotated[str | None, field("Name of the cluster.")] = None
