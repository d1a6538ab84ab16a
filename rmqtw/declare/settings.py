"""Every setting of the services, declared once.

`BrokerSettings()` and `NameserverSettings()` are the `dev` profile; `.for_profile("safe", ...)`
gives another one. A setting that is `live` may be assigned while running; any other raises
`attrs.exceptions.FrozenAttributeError`. A value out of bounds raises `BadSetting` at once.
Names and defaults of Apache's settings follow `BrokerConfig`, `MessageStoreConfig`,
`NamesrvConfig` and `NettyServerConfig`; where a default differs, the house's profiles say so.
"""

import ipaddress
from typing import Any, Self

import attrs

from rmqtw.declare.setting import defaults_in, setting
from rmqtw.declare.values import ADDRESS, BYTES, MILLISECONDS, PATH, SECONDS

LISTENING = "Listening"
LIMITS = "Limits"
SAFETY = "Safety"
IDENTITY = "Identity"
NAMESERVERS = "Nameservers"
STORE = "Store"
TOPICS = "Topics and groups"
CONSUMING = "Consuming"

KIB, MIB, GIB = 2**10, 2**20, 2**30
_HIGHEST = 2**31 - 1
NAMESRV_PORT = 9876
NO_NAMESERVER = "none"


def is_loopback(address: str) -> bool:
    """True for an address that only this machine can reach."""
    return ipaddress.ip_address(address).is_loopback


@attrs.define(kw_only=True)
class ServerSettings:
    """What every service that listens has."""

    bind_address: str = setting(
        "127.0.0.1", "Address to listen on; 0.0.0.0 for all. Another than loopback needs --accept-risks "
        "while nobody authenticates.", group=LISTENING, unit=ADDRESS)
    listen_port: int = setting(
        0, "Port to listen on; 0 picks a free one.", group=LISTENING, bounds=(0, 65535))
    port_offset: int = setting(
        0, "Added to every port of this service, so that a second set runs beside the first.",
        group=LISTENING, bounds=(0, 55000))

    auth: str = setting(
        "loopback", "Who may do what, as PLUGIN:ARGUMENT; --help-auth lists the plugins.",
        group=SAFETY, apache="none")
    accept_risks: str = setting(
        "", "Names of start checks to pass over, comma-separated: unauthenticated-listener.",
        group=SAFETY, apache="unauthenticated-listener")

    frame_max_length: int = setting(
        16 * MIB, "Longest frame that is read; a longer one closes the connection.",
        group=LIMITS, unit=BYTES, bounds=(64 * KIB, 256 * MIB))
    unauthenticated_max_bytes: int = setting(
        64 * KIB, "Bytes a connection may send before its first request is admitted.",
        group=LIMITS, unit=BYTES, bounds=(1 * KIB, 16 * MIB))
    unauthenticated_timeout: int = setting(
        10_000, "Time a connection has for its first admitted request.",
        group=LIMITS, unit=MILLISECONDS, bounds=(100, 600_000))
    server_channel_max_idle_time_seconds: int = setting(
        120, "A connection without traffic for so long is closed.",
        group=LIMITS, unit=SECONDS, bounds=(1, 86_400))
    max_connections: int = setting(
        10_000, "Connections open at once; further ones are closed when they arrive.",
        group=LIMITS, bounds=(1, 1_000_000))
    max_unauthenticated_connections: int = setting(
        1024, "Of those, without an admitted request; one more closes the oldest of them.",
        group=LIMITS, bounds=(1, 1_000_000))

    @classmethod
    def for_profile(cls, profile: str, **values: Any) -> Self:
        """Settings of a profile (`dev`, `safe`, `apache`) with some values changed."""
        return cls(**{**defaults_in(cls, profile), **values})

    @property
    def port(self) -> int:
        """The port to listen on, offset included; 0 stays 0."""
        return self.listen_port + self.port_offset if self.listen_port else 0

    @property
    def reachable_host(self) -> str:
        """Host part of an address at which this machine reaches the listener; `[...]` around IPv6."""
        bound = ipaddress.ip_address(self.bind_address)
        if bound.version == 4:
            return "127.0.0.1" if bound.is_unspecified else self.bind_address
        return "[::1]" if bound.is_unspecified else f"[{self.bind_address}]"

    @property
    def accepted(self) -> frozenset[str]:
        """Names of the start checks that `accept_risks` passes over."""
        return frozenset(name.strip() for name in self.accept_risks.split(",") if name.strip())


@attrs.define(kw_only=True)
class NameserverSettings(ServerSettings):
    """Settings of a nameserver."""

    listen_port: int = setting(
        NAMESRV_PORT, "Port the nameserver listens on; 0 picks a free one.",
        group=LISTENING, bounds=(0, 65535))
    scan_not_active_broker_interval: int = setting(
        5000, "How often brokers that fell silent are looked for.",
        group=NAMESERVERS, unit=MILLISECONDS, bounds=(100, 600_000))
    request_lane_capacity: int = setting(
        10_000, "Requests admitted at once; one more is answered SYSTEM_BUSY.",
        group=LIMITS, bounds=(1, _HIGHEST))


@attrs.define(kw_only=True)
class BrokerSettings(ServerSettings):
    """Settings of a broker."""

    listen_port: int = setting(
        10911, "Port that clients connect to; 0 picks a free one.", group=LISTENING, bounds=(0, 65535))
    fast_port_enable: bool = setting(
        False, "Also listen two ports below, for clients with vipChannelEnabled.",
        group=LISTENING, apache=True)
    broker_ip1: str = setting(
        "", "Address told to clients. Empty: the bind address, or this machine's if that is 0.0.0.0.",
        key="brokerIP1", group=LISTENING, unit=ADDRESS)

    broker_name: str = setting("", "Name of this broker. Empty: the host's name.", group=IDENTITY)
    broker_cluster_name: str = setting("DefaultCluster", "Cluster this broker belongs to.", group=IDENTITY)
    broker_id: int = setting(0, "0 for a master.", group=IDENTITY, bounds=(0, _HIGHEST))

    namesrv_addr: str = setting(
        "", "Nameservers to register at, as host:port;host:port. Empty: the one on this machine, port 9876 "
        "plus the port offset. `none`: register nowhere.", group=NAMESERVERS)
    register_name_server_period: int = setting(
        30_000, "How often the broker registers again.",
        group=NAMESERVERS, unit=MILLISECONDS, bounds=(10_000, 60_000))

    store: str = setting(
        "file", "Where messages are kept, as PLUGIN:ARGUMENT; --help-store lists the plugins.", group=STORE)
    store_path_root_dir: str = setting(
        "~/rmqtw-data", "Folder of the data.", group=STORE, unit=PATH)
    mapped_file_size_commit_log: int = setting(
        64 * MIB, "Size of a commit log segment; what is on disk already keeps its size.",
        group=STORE, unit=BYTES, bounds=(1 * MIB, 1 * GIB), safe=1 * GIB, apache=1 * GIB)
    mapped_file_size_consume_queue: int = setting(
        6_000_000, "Size of a consume queue segment, a multiple of 20.",
        group=STORE, unit=BYTES, bounds=(20, 600_000_000))
    flush_disk_type: str = setting(
        "ASYNC_FLUSH", "SYNC_FLUSH answers a send when the disk has it, ASYNC_FLUSH before.",
        group=STORE, choices=("ASYNC_FLUSH", "SYNC_FLUSH"), safe="SYNC_FLUSH")
    flush_interval_commit_log: int = setting(
        500, "With ASYNC_FLUSH, the longest a message waits for the disk.",
        group=STORE, unit=MILLISECONDS, bounds=(10, 60_000))
    flush_interval_consume_queue: int = setting(
        200, "The longest that consume queue entries stay in memory only.",
        group=STORE, unit=MILLISECONDS, bounds=(10, 60_000))
    max_unflushed_bytes: int = setting(
        256 * MIB, "Log that is written but not on disk, above which sends are answered SYSTEM_BUSY.",
        group=STORE, unit=BYTES, bounds=(1 * MIB, 64 * GIB))
    sync_flush_timeout: int = setting(
        5000, "With SYNC_FLUSH, a send not on disk by then is answered FLUSH_DISK_TIMEOUT.",
        group=STORE, unit=MILLISECONDS, bounds=(100, 600_000))
    message_index_enable: bool = setting(
        True, "Keep an index, by which messages are found by key.", group=STORE)
    max_hash_slot_num: int = setting(
        5_000_000, "Hash slots of a new index file; Java has the same number or misreads it.",
        group=STORE, bounds=(1, 100_000_000))
    max_index_num: int = setting(
        20_000_000, "Entries of a new index file; Java has the same number or misreads it.",
        group=STORE, bounds=(2, 400_000_000))
    file_reserved_time: int = setting(
        72, "Hours that messages are kept, while there is room on the disk.",
        group=STORE, bounds=(1, 1_000_000))
    delete_when: str = setting(
        "04", "Hours of the day, as 04;16, in which messages kept for longer are removed.", group=STORE)
    disk_max_used_space_ratio: int = setting(
        75, "Per cent of the disk in use from which on they are removed at any hour.",
        group=STORE, bounds=(10, 99))
    disk_space_clean_forcibly_ratio: int = setting(
        85, "Per cent of the disk in use from which on the oldest messages are removed, whatever their age.",
        group=STORE, bounds=(10, 99))
    disk_space_warning_level_ratio: int = setting(
        90, "Per cent of the disk in use from which on sends are refused.", group=STORE, bounds=(10, 99))
    max_message_size: int = setting(
        4 * MIB, "Largest message body.", group=STORE, unit=BYTES, bounds=(1 * KIB, 64 * MIB))

    auto_create_topic_enable: bool = setting(
        True, "Create an unknown topic when a client sends to it.", group=TOPICS, safe=False)
    auto_create_subscription_group: bool = setting(
        True, "Create an unknown consumer group when it is first used.", group=TOPICS, safe=False)
    default_topic_queue_nums: int = setting(
        8, "Most queues of a topic created by sending to it.", group=TOPICS, bounds=(1, 1024))
    broker_permission: int = setting(
        6, "What the broker allows: 4 reads, 2 writes, 6 both.", group=TOPICS, bounds=(0, 7))
    cluster_topic_enable: bool = setting(
        True, "Keep a topic named like the cluster.", group=TOPICS)
    broker_topic_enable: bool = setting(
        True, "Keep a topic named like the broker.", group=TOPICS)

    long_polling_enable: bool = setting(
        True, "Hold a pull that finds nothing, as long as the client allows.", group=CONSUMING)
    short_polling_time_mills: int = setting(
        1000, "How long such a pull is held when long polling is off.",
        group=CONSUMING, unit=MILLISECONDS, bounds=(1, 60_000))
    max_transfer_bytes_on_message_in_memory: int = setting(
        256 * KIB, "Most bytes a pull answers; one message is always sent whole.",
        group=CONSUMING, unit=BYTES, bounds=(1 * KIB, 64 * MIB))
    max_transfer_count_on_message_in_memory: int = setting(
        32, "Most messages a pull answers.", group=CONSUMING, bounds=(1, 1024))
    channel_expired_timeout: int = setting(
        120_000, "A client that sends no heartbeat for so long is forgotten.",
        group=CONSUMING, unit=MILLISECONDS, bounds=(10_000, 3_600_000))
    flush_consumer_offset_interval: int = setting(
        5000, "How often committed offsets are written to disk.",
        group=CONSUMING, unit=MILLISECONDS, bounds=(100, 600_000))

    send_lane_capacity: int = setting(
        10_000, "Sends admitted at once; one more is answered SYSTEM_BUSY.",
        group=LIMITS, bounds=(1, _HIGHEST))
    pull_lane_capacity: int = setting(
        100_000, "Pulls admitted at once, held ones included.", group=LIMITS, bounds=(1, _HIGHEST))
    heartbeat_lane_capacity: int = setting(
        50_000, "Heartbeats admitted at once.", group=LIMITS, bounds=(1, _HIGHEST))
    query_lane_capacity: int = setting(
        10_000, "Searches for messages admitted at once.", group=LIMITS, bounds=(1, _HIGHEST))
    admin_lane_capacity: int = setting(
        10_000, "Other requests admitted at once.", group=LIMITS, bounds=(1, _HIGHEST))

    @property
    def delete_hours(self) -> tuple[int, ...]:
        """The hours of `delete_when`. ValueError for what is no hour."""
        hours = tuple(int(hour) for hour in self.delete_when.split(";") if hour.strip())
        if not all(0 <= hour < 24 for hour in hours):
            raise ValueError(f"deleteWhen must be hours from 00 to 23, as 04;16, not {self.delete_when!r}")
        return hours

    @property
    def fast_port(self) -> int | None:
        """The port of the fast listener (Java: listenPort - 2), None when it is off."""
        return self.port - 2 if self.fast_port_enable and self.port else None

    @property
    def namesrv_addresses(self) -> tuple[str, ...]:
        """`host:port` of every nameserver to register at; empty for `none`."""
        if self.namesrv_addr == NO_NAMESERVER:
            return ()
        listed = tuple(address.strip() for address in self.namesrv_addr.split(";") if address.strip())
        return listed or (f"127.0.0.1:{NAMESRV_PORT + self.port_offset}",)

    @property
    def advertised_host(self) -> str:
        """Address told to clients; empty when this machine's own has to be looked up."""
        if self.broker_ip1 or ipaddress.ip_address(self.bind_address).is_unspecified:
            return self.broker_ip1
        return self.bind_address
