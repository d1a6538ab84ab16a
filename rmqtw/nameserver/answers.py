"""What clients ask a nameserver: routes and clusters, as bodies."""

from __future__ import annotations

from rmqtw.nameserver.registry import BrokerGroup, Registry
from rmqtw.wire.bodies.route import BrokerData, ClusterInfo, TopicRouteData


def route_of(registry: Registry, topic: str) -> TopicRouteData | None:
    """The route of a topic, or None when no live broker serves it."""
    queues = registry.topics.get(topic)
    if not queues:
        return None
    groups = [registry.groups[name] for name in queues if name in registry.groups]
    return TopicRouteData(
        broker_datas=[_broker_data(group) for group in groups], queue_datas=list(queues.values())
    )


def cluster_info(registry: Registry) -> ClusterInfo:
    """All broker names with their addresses, and the names of each cluster."""
    clusters: dict[str, list[str]] = {}
    for group in registry.groups.values():
        clusters.setdefault(group.cluster, []).append(group.name)
    return ClusterInfo(
        broker_addr_table={name: _broker_data(group) for name, group in registry.groups.items()},
        cluster_addr_table=clusters,
    )


def _broker_data(group: BrokerGroup) -> BrokerData:
    return BrokerData(
        cluster=group.cluster, broker_name=group.name,
        broker_addrs=dict(sorted(group.addresses.items())),
        enable_acting_master=group.enable_acting_master,
    )
