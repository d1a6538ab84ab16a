"""Checks of settings against each other, made before a service starts.

`check(settings)` returns what is wrong, one sentence each, naming the settings and the next step.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable

from rmqtw.declare.settings import (
    NO_NAMESERVER,
    BrokerSettings,
    NameserverSettings,
    ServerSettings,
    is_loopback,
)
from rmqtw.declare.values import nearest, show

UNAUTHENTICATED_LISTENER = "unauthenticated-listener"
RISKS = (UNAUTHENTICATED_LISTENER,)
# Room that a record and its frame need beside the body: properties (32767), header, fixed fields.
_BESIDE_BODY = 64 * 2**10
_NOBODY_AUTHENTICATES = ("loopback", "none")
_QUEUE_ENTRY = 20


def check(settings: ServerSettings) -> list[str]:
    """Everything that keeps a service with these settings from starting; empty when nothing does."""
    found = [complaint(settings) for complaint in _FOR_ALL]
    if isinstance(settings, BrokerSettings):
        found += [complaint(settings) for complaint in _FOR_BROKERS]
    return [problem for problem in found if problem]


def check_together(broker: BrokerSettings, nameserver: NameserverSettings) -> list[str]:
    """What keeps a broker and a nameserver from starting in one process."""
    taken = {port for port in (broker.port, broker.fast_port) if port}
    if nameserver.port not in taken:
        return []
    return [f"nameserver and broker both want port {nameserver.port}; change listenPort or namesrvListenPort"]


def _unknown_risk(settings: ServerSettings) -> str | None:
    for name in sorted(settings.accepted - set(RISKS)):
        return f"acceptRisks names no check: {name!r}{nearest(name, RISKS)}; known: {', '.join(RISKS)}"
    return None


def _open_listener(settings: ServerSettings) -> str | None:
    if is_loopback(settings.bind_address) or settings.auth.partition(":")[0] not in _NOBODY_AUTHENTICATES:
        return None
    if UNAUTHENTICATED_LISTENER in settings.accepted:
        return None
    return (f"bindAddress {settings.bind_address} is reachable from other machines, and auth {settings.auth} "
            f"authenticates nobody; listen on 127.0.0.1, or accept it with acceptRisks="
            f"{UNAUTHENTICATED_LISTENER} (and auth=none, to serve other machines)")


def _high_port(settings: ServerSettings) -> str | None:
    if settings.port <= 65535:
        return None
    return (f"listenPort {settings.listen_port} and portOffset {settings.port_offset} "
            f"make {settings.port}, which is over 65535")


def _misadvertised(settings: BrokerSettings) -> str | None:
    advertised = settings.advertised_host
    if not advertised or is_loopback(advertised) == is_loopback(settings.bind_address):
        return None
    return (f"bindAddress {settings.bind_address} and brokerIP1 {advertised} do not go together: "
            "one is loopback and the other is not, so clients could not connect; change one of them")


def _unspecified(settings: BrokerSettings) -> str | None:
    if settings.broker_ip1 and ipaddress.ip_address(settings.broker_ip1).is_unspecified:
        return f"brokerIP1 {settings.broker_ip1} is no address to connect to; name one of this machine's"
    return None


def _low_fast_port(settings: BrokerSettings) -> str | None:
    if settings.fast_port is None or settings.fast_port > 0:
        return None
    return f"fastPortEnable needs listenPort above 2, not {settings.listen_port}"


def _torn_queue_entry(settings: BrokerSettings) -> str | None:
    size = settings.mapped_file_size_consume_queue
    if size % _QUEUE_ENTRY == 0:
        return None
    return f"mappedFileSizeConsumeQueue must be a multiple of {_QUEUE_ENTRY}, not {size}"


def _large_message(settings: BrokerSettings) -> str | None:
    need = settings.max_message_size + _BESIDE_BODY
    for key, size in (("mappedFileSizeCommitLog", settings.mapped_file_size_commit_log),
                      ("frameMaxLength", settings.frame_max_length)):
        if need > size:
            return (f"maxMessageSize {show(settings.max_message_size, 'bytes')} plus 64 KiB does not fit "
                    f"into {key} {show(size, 'bytes')}")
    return None


def _bad_hours(settings: BrokerSettings) -> str | None:
    try:
        hours = settings.delete_hours
    except ValueError:
        hours = ()
    if hours or not settings.delete_when.strip():
        return None
    return f"deleteWhen must be hours from 00 to 23, as 04;16, not {settings.delete_when!r}"


def _disk_ratios(settings: BrokerSettings) -> str | None:
    clean, force, refuse = (settings.disk_max_used_space_ratio, settings.disk_space_clean_forcibly_ratio,
                            settings.disk_space_warning_level_ratio)
    if clean <= force <= refuse:
        return None
    return (f"diskMaxUsedSpaceRatio {clean}, diskSpaceCleanForciblyRatio {force} and "
            f"diskSpaceWarningLevelRatio {refuse} must not fall; put them in this order")


def _large_index(settings: BrokerSettings) -> str | None:
    slots, entries = settings.max_hash_slot_num, settings.max_index_num
    if 40 + 4 * slots + 20 * entries < 2**31:
        return None
    return (f"maxHashSlotNum {slots} and maxIndexNum {entries} make index files of 2 GiB or more, "
            "which Java cannot open; lower one of them")


def _bad_namesrv(settings: BrokerSettings) -> str | None:
    for address in settings.namesrv_addresses:
        host, colon, port = address.rpartition(":")
        if not (host and colon and port.isascii() and port.isdigit() and 0 < int(port) <= 65535):
            return f"namesrvAddr must be host:port;host:port or {NO_NAMESERVER}, not {address!r}"
    return None


_FOR_ALL: Iterable[Callable[[ServerSettings], str | None]] = (_unknown_risk, _open_listener, _high_port)
_FOR_BROKERS: Iterable[Callable[[BrokerSettings], str | None]] = (
    _unspecified, _misadvertised, _low_fast_port, _torn_queue_entry, _large_message, _bad_namesrv,
    _bad_hours, _disk_ratios, _large_index)
