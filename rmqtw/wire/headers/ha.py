"""Replication: roles, addresses and offsets of masters and slaves."""

from __future__ import annotations

from typing import Annotated

from rmqtw.declare.fields import Header, Int32, Int64, field


class ExchangeHAInfoRequest(Header, kw_only=True):
    """A slave and a master exchange addresses: EXCHANGE_BROKER_HA_INFO.

    Java: `ExchangeHAInfoRequestHeader`.
    """

    master_address: Annotated[str | None, field("Address of the master, ip:port.")] = None
    master_flush_offset: Annotated[Int64 | None, field("Offset up to which the master has flushed.")] = None
    master_ha_address: Annotated[str | None, field("Where slaves connect, ip:port.")] = None


class ExchangeHAInfoResponse(Header, kw_only=True):
    """The other side's addresses. Java: `ExchangeHAInfoResponseHeader`."""

    master_address: Annotated[str | None, field("Address of the master, ip:port.")] = None
    master_flush_offset: Annotated[Int64 | None, field("Offset up to which the master has flushed.")] = None
    master_ha_address: Annotated[str | None, field("Where slaves connect, ip:port.")] = None


class NotifyMinBrokerIdChangeRequest(Header, kw_only=True):
    """A nameserver says who is the smallest id: NOTIFY_MIN_BROKER_ID_CHANGE.

    Java: `NotifyMinBrokerIdChangeRequestHeader`.
    """

    broker_name: Annotated[str | None, field("Name of the broker.")] = None
    ha_broker_addr: Annotated[str | None, field("Where slaves connect, ip:port.")] = None
    min_broker_addr: Annotated[str | None, field("Address of that broker, ip:port.")] = None
    min_broker_id: Annotated[Int64 | None, field("Smallest id that is online.")] = None
    offline_broker_addr: Annotated[str | None, field("Address of the broker that left, ip:port.")] = None


class NotifyBrokerRoleChangedRequest(Header, kw_only=True):
    """A controller says who is master: NOTIFY_BROKER_ROLE_CHANGED.

    Java: `NotifyBrokerRoleChangedRequestHeader`.
    """

    master_address: Annotated[str | None, field("Address of the master, ip:port.")] = None
    master_broker_id: Annotated[Int64 | None, field("Broker id of the master.")] = None
    master_epoch: Annotated[Int32 | None, field("Epoch of the master.")] = None
    sync_state_set_epoch: Annotated[Int32 | None, field("Epoch of the set of in-sync replicas.")] = None


class ResetMasterFlushOffset(Header, kw_only=True):
    """Set the flush offset that a slave knows: RESET_MASTER_FLUSH_OFFSET.

    Java: `ResetMasterFlushOffsetHeader`.
    """

    master_flush_offset: Annotated[Int64, field("Offset up to which the master has flushed.")]
