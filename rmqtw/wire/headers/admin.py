"""Administration of a broker and of a broker container."""

from __future__ import annotations

from typing import Annotated

import msgspec

from rmqtw.declare.fields import Header, Int32, Int64, Resource, field


class GetBrokerConfigResponse(Header, kw_only=True):
    """Version of the configuration in the body. Java: `GetBrokerConfigResponseHeader`."""

    version: Annotated[str, field("Version of the configuration, as JSON.")]


class ViewBrokerStatsDataRequest(Header, kw_only=True):
    """Sums and rates of one statistics item: VIEW_BROKER_STATS_DATA.

    Java: `ViewBrokerStatsDataRequestHeader`.
    """

    stats_key: Annotated[str, field("Key within the statistics.")]
    stats_name: Annotated[str, field("Name of the statistics.")]


class GetConsumeStatsInBroker(Header, kw_only=True):
    """How far all groups have come: GET_BROKER_CONSUME_STATS. Java: `GetConsumeStatsInBrokerHeader`."""

    is_order: Annotated[bool, field("Whether the topics are ordered.")]


class CheckRocksdbCqWriteProgressRequest(Header, kw_only=True):
    """Compare two forms of consume queues: CHECK_ROCKSDB_CQ_WRITE_PROGRESS.

    Java: `CheckRocksdbCqWriteProgressRequestHeader`.
    """

    topic: Annotated[str, field("The topic.", resource=Resource.TOPIC)]
    check_store_time: Annotated[Int64, field("Start of the range to check, ms.")] = 0


class ExportRocksDBConfigToJsonRequest(Header, kw_only=True):
    """Write configuration as JSON files: EXPORT_ROCKSDB_CONFIG_TO_JSON.

    Java: `ExportRocksDBConfigToJsonRequestHeader`.
    """

    config_type: Annotated[str, field("Which tables, semicolon separated.")]


class AddBrokerRequest(Header, kw_only=True):
    """Start a broker in a container: ADD_BROKER. Java: `AddBrokerRequestHeader`."""

    config_path: Annotated[str | None, field("Configuration file of the broker.")] = None


class RemoveBrokerRequest(Header, kw_only=True):
    """Stop a broker in a container: REMOVE_BROKER. Java: `RemoveBrokerRequestHeader`."""

    broker_cluster_name: Annotated[str, field("Name of the cluster.")]
    broker_id: Annotated[Int64, field("0 is the master.")]
    broker_name: Annotated[str, field("Name of the broker.")]


class SetCommitLogReadModeRequest(Header, kw_only=True):
    """How the log is read ahead: SET_COMMITLOG_READ_MODE. Java has no header class for it."""

    read_ahead_mode: Annotated[
        Int32,
        field("Advice to the kernel: 0 normal, 1 random."),
    ] = msgspec.field(name="READ_AHEAD_MODE")
