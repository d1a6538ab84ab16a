"""The nameserver's tables, as pure values: no clock, no connection.

Java: `RouteInfoManager`. Times are seconds of a monotonic clock, handed in by the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from rmqtw.wire.bodies.base import DataVersion
from rmqtw.wire.bodies.route import MASTER_ID, QueueData
from rmqtw.wire.bodies.topics import TopicConfig
from rmqtw.wire.errors import SystemFailure


@attrs.frozen
class Registration:
    """What one broker says of itself in REGISTER_BROKER."""

    cluster: str
    broker_name: str
    broker_id: int
    address: str
    ha_address: str
    topics: Mapping[str, TopicConfig]
    data_version: DataVersion
    enable_acting_master: bool = False
    timeout: float = 120.0


@attrs.define
class LiveBroker:
    """A broker address that registered and was heard of lately."""

    cluster: str
    broker_name: str
    broker_id: int
    address: str
    ha_address: str
    data_version: DataVersion
    timeout: float
    heard_at: float
    peer: Any = None


@attrs.define
class BrokerGroup:
    """All addresses of one broker name: the master under id 0, its slaves under others."""

    cluster: str
    name: str
    addresses: dict[int, str] = attrs.Factory(dict)
    enable_acting_master: bool = False


class Registry:
    """Brokers, clusters and topics, as the registrations made them."""

    def __init__(self) -> None:
        self.groups: dict[str, BrokerGroup] = {}
        self.live: dict[tuple[str, str], LiveBroker] = {}
        self.topics: dict[str, dict[str, QueueData]] = {}

    def register(self, registration: Registration, now: float, peer: Any = None) -> None:
        """Take a registration; merge its topics, since a change announces only the changed ones.

        A registration older than the live one of another address under the same id is ignored.
        Raises `SystemFailure` when an unknown broker announces a single topic: it would show a
        cluster with one topic until the full registration comes (Java answers 1 likewise).
        """
        group = self._group(registration)
        if self._is_outdated(registration, group):
            return
        if registration.broker_id not in group.addresses and len(registration.topics) == 1:
            if not group.addresses:
                self._forget_groups({group.name})
            raise SystemFailure(
                f"broker {registration.broker_name} must register all its topics before a single one"
            )
        self._place(registration, group)
        if registration.broker_id == MASTER_ID:
            self._merge_topics(registration)
        self.live[registration.cluster, registration.address] = LiveBroker(
            cluster=registration.cluster, broker_name=registration.broker_name,
            broker_id=registration.broker_id, address=registration.address,
            ha_address=registration.ha_address, data_version=registration.data_version,
            timeout=registration.timeout, heard_at=now, peer=peer,
        )

    def master_of(self, broker_name: str) -> LiveBroker | None:
        """The live master of a broker name, or None."""
        group = self.groups.get(broker_name)
        address = group.addresses.get(MASTER_ID) if group else None
        return self.live.get((group.cluster, address)) if group and address else None

    def data_version(self, cluster: str, address: str) -> DataVersion | None:
        """The data version that this address registered last, or None."""
        broker = self.live.get((cluster, address))
        return broker.data_version if broker else None

    def heard_of(self, cluster: str, address: str, now: float) -> None:
        """Note that a registered broker gave a sign of life."""
        broker = self.live.get((cluster, address))
        if broker is not None:
            broker.heard_at = now

    def unregister(self, cluster: str, broker_name: str, broker_id: int, address: str) -> None:
        """Forget one address, and what was served only there. Unknown ones are no error."""
        if self._take_out(cluster, broker_name, broker_id, address):
            self._forget_groups({broker_name})

    def expired(self, now: float) -> list[LiveBroker]:
        """Brokers not heard of for longer than their own time-out."""
        return [broker for broker in self.live.values() if now - broker.heard_at > broker.timeout]

    def behind(self, peer: Any) -> list[LiveBroker]:
        """Brokers that registered over this connection."""
        return [broker for broker in self.live.values() if broker.peer is peer]

    def forget(self, brokers: Iterable[LiveBroker]) -> None:
        """Unregister each of these; the topics are looked through once for all of them."""
        gone = {
            broker.broker_name
            for broker in brokers
            if self._take_out(broker.cluster, broker.broker_name, broker.broker_id, broker.address)
        }
        if gone:
            self._forget_groups(gone)

    def _take_out(self, cluster: str, broker_name: str, broker_id: int, address: str) -> bool:
        """Take one address out; True when it was the last of its broker."""
        self.live.pop((cluster, address), None)
        group = self.groups.get(broker_name)
        if group is None or group.addresses.get(broker_id) != address:
            return False
        del group.addresses[broker_id]
        return not group.addresses

    def _group(self, registration: Registration) -> BrokerGroup:
        name = registration.broker_name
        return self.groups.setdefault(name, BrokerGroup(registration.cluster, name))

    def _is_outdated(self, registration: Registration, group: BrokerGroup) -> bool:
        address = group.addresses.get(registration.broker_id)
        if address is None or address == registration.address:
            return False
        current = self.live.get((registration.cluster, address))
        return (
            current is not None
            and current.data_version.state_version > registration.data_version.state_version
        )

    def _place(self, registration: Registration, group: BrokerGroup) -> None:
        """One address has one id: a slave that became master must not stay listed as slave."""
        for broker_id, address in list(group.addresses.items()):
            if address == registration.address and broker_id != registration.broker_id:
                del group.addresses[broker_id]
        group.addresses[registration.broker_id] = registration.address
        group.cluster = registration.cluster
        group.enable_acting_master = registration.enable_acting_master

    def _merge_topics(self, registration: Registration) -> None:
        for name, config in registration.topics.items():
            self.topics.setdefault(name, {})[registration.broker_name] = QueueData(
                broker_name=registration.broker_name, read_queue_nums=config.read_queue_nums,
                write_queue_nums=config.write_queue_nums, perm=config.perm,
                topic_sys_flag=config.topic_sys_flag,
            )

    def _forget_groups(self, names: set[str]) -> None:
        for name in names:
            self.groups.pop(name, None)
        for topic, brokers in list(self.topics.items()):
            for name in names.intersection(brokers):
                del brokers[name]
            if not brokers:
                del self.topics[topic]
