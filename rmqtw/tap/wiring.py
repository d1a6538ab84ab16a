"""The wiring of a broker: the one place that builds its object graph."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import attrs

from rmqtw.broker.admin.cleaning import Cleaning
from rmqtw.broker.admin.topics import TopicAdmin
from rmqtw.broker.bounds import QueueBounds
from rmqtw.broker.clients import Clients
from rmqtw.broker.committing import Committing
from rmqtw.broker.groups import Groups
from rmqtw.broker.heartbeats import Heartbeats
from rmqtw.broker.holding import Holding
from rmqtw.broker.offsets import Offsets
from rmqtw.broker.pulling import Pulling
from rmqtw.broker.registration import Identity, Registration
from rmqtw.broker.routes import LaneSizes, Verbs, broker_routes
from rmqtw.broker.sending import Sending
from rmqtw.broker.service import Broker
from rmqtw.broker.stamping import Stamp
from rmqtw.broker.topics import Topics
from rmqtw.broker.viewing import Viewing
from rmqtw.declare.settings import BrokerSettings
from rmqtw.model.topics import SystemTopicOptions
from rmqtw.net.connections import Connections
from rmqtw.net.routes import Routes
from rmqtw.net.turns import EndOfTurn
from rmqtw.tap.storage import Storage
from rmqtw.tap.surroundings import hot_bytes, random, wall
from rmqtw.tap.translate import pull_limits, send_limits
from rmqtw.wire.ids import UniqueKeys
from rmqtw.wire.messages import pack_host


@attrs.frozen
class Wiring:
    """What every part of one broker is built from."""

    settings: BrokerSettings
    reactor: Any
    turns: EndOfTurn
    storage: Storage
    connections: Connections
    port: int

    @property
    def identity(self) -> Identity:
        """Who this broker is."""
        settings = self.settings
        host = f"[{settings.broker_ip1}]" if ":" in settings.broker_ip1 else settings.broker_ip1
        return Identity(
            settings.broker_cluster_name, settings.broker_name, settings.broker_id,
            f"{host}:{self.port}", f"{host}:{self.port + 1}",
        )


def build(wiring: Wiring, process_id: int) -> tuple[Broker, Routes]:
    """Build a broker's parts, and the table of what it serves."""
    settings, reactor, storage = wiring.settings, wiring.reactor, wiring.storage
    topics = Topics(
        storage.document("config/topics.json"), wall, auto_create=settings.auto_create_topic_enable,
    )
    groups = Groups(
        storage.document("config/subscriptionGroup.json"), wall,
        auto_create=settings.auto_create_subscription_group,
    )
    offsets = Offsets(
        reactor, storage.document("config/consumerOffset.json"), wall,
        flush_seconds=settings.flush_consumer_offset_interval / 1000,
    )
    holding = Holding(reactor)
    clients = Clients(expires_after=settings.channel_expired_timeout / 1000)
    heartbeats = Heartbeats(reactor, clients, topics, groups)
    storage.store.subscribe(holding.appended)
    registration = Registration(
        reactor, wiring.connections, settings.namesrv_addresses, wiring.identity,
        lambda: topics, lambda: topics.data_version, period=settings.register_name_server_period / 1000,
    )
    verbs = Verbs(
        sending=_sending(wiring, topics, groups, process_id),
        pulling=Pulling(
            reactor, storage.store, topics, groups, clients, offsets, holding, pull_limits(settings),
            broker_permission=settings.broker_permission, broker_name=settings.broker_name,
        ),
        heartbeats=heartbeats,
        committing=Committing(
            storage.store, topics, groups, offsets, hot_bytes=hot_bytes(), log_end=storage.log_end
        ),
        bounds=QueueBounds(storage.store),
        viewing=Viewing(storage.store),
        topics=TopicAdmin(topics),
        cleaning=Cleaning(storage.store, topics),
    )
    broker = Broker(topics, groups, offsets, heartbeats, holding, registration, _system_topics(settings))
    return broker, broker_routes(verbs, _lanes(settings))


def _sending(wiring: Wiring, topics: Topics, groups: Groups, process_id: int) -> Sending:
    settings = wiring.settings
    address = ip_address(settings.broker_ip1)
    keys = UniqueKeys(address.packed, process_id, wall, salt=random().getrandbits(32))
    stamp = Stamp(pack_host(settings.broker_ip1, wiring.port), settings.broker_cluster_name, keys.next)
    return Sending(
        wiring.storage.store, topics, groups, stamp, random(), send_limits(settings),
        broker_permission=settings.broker_permission, broker_name=settings.broker_name,
    )


def _system_topics(settings: BrokerSettings) -> SystemTopicOptions:
    return SystemTopicOptions(
        cluster=settings.broker_cluster_name, broker=settings.broker_name,
        auto_create=settings.auto_create_topic_enable, default_queues=settings.default_topic_queue_nums,
        cluster_topic=settings.cluster_topic_enable, broker_topic=settings.broker_topic_enable,
    )


def _lanes(settings: BrokerSettings) -> LaneSizes:
    return LaneSizes(
        send=settings.send_lane_capacity, pull=settings.pull_lane_capacity,
        heartbeat=settings.heartbeat_lane_capacity, query=settings.query_lane_capacity,
        admin=settings.admin_lane_capacity,
    )
