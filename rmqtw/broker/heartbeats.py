"""HEART_BEAT, UNREGISTER_CLIENT, GET_CONSUMER_LIST_BY_GROUP and CHECK_CLIENT_CONFIG.

Java: `ClientManageProcessor`, `ConsumerManageProcessor`. A group whose members or subscriptions
changed is told at once (NOTIFY_CONSUMER_IDS_CHANGED), so that it shares its queues anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall

from rmqtw.broker.clients import Clients
from rmqtw.broker.groups import Groups
from rmqtw.broker.topics import Topics
from rmqtw.filters import FilterError
from rmqtw.model.subscriptions import is_tag_type, tag_filter
from rmqtw.net.request import Answer, Request
from rmqtw.wire.bodies.groups import ConsumerIds
from rmqtw.wire.bodies.heartbeat import CheckClientRequestBody, ConsumerData, HeartbeatData
from rmqtw.wire.codes import RequestCode
from rmqtw.wire.errors import InvalidParameter, SubscriptionParseFailed, SystemFailure
from rmqtw.wire.frames import ONEWAY_FLAG, RemotingCommand
from rmqtw.wire.headers.group import GetConsumerListByGroupRequest, UnregisterClientRequest
from rmqtw.wire.names import LEGACY_GROUP_LIMIT, check_group

LONGEST_BODY = 1024 * 1024
MOST_GROUPS = 1000
SCAN_SECONDS = 10.0
V2_EXT = {"IS_SUPPORT_HEART_BEAT_V2": "true", "IS_SUB_CHANGE": "true"}
V2_KNOWN_EXT = {"IS_SUPPORT_HEART_BEAT_V2": "true", "IS_SUB_CHANGE": "false"}


class Heartbeats:
    """Keeps the table of clients, from what they say and from connections that end."""

    def __init__(self, clock: IReactorTime, clients: Clients, topics: Topics, groups: Groups) -> None:
        self._clock = clock
        self._clients = clients
        self._topics = topics
        self._groups = groups
        self._watched: set[Any] = set()
        self._scan = LoopingCall(self._expire)
        self._scan.clock = clock

    def start(self) -> None:
        """Begin to look for clients that fell silent."""
        self._scan.start(SCAN_SECONDS, now=False)

    def stop(self) -> None:
        """Stop looking."""
        if self._scan.running:
            self._scan.stop()

    def heartbeat(self, request: Request[Any]) -> Answer:
        """Take a client's groups and subscriptions. Those who must know are told before the answer."""
        if len(request.body) > LONGEST_BODY:
            size = len(request.body)
            raise InvalidParameter(f"HeartbeatData: {size} bytes, at most {LONGEST_BODY} are read")
        data = HeartbeatData.decode(request.body)
        _check(data)
        peer, now = request.peer, self._clock.seconds()
        self._watch(peer)
        for producer in data.producer_data_set:
            self._clients.producer(producer.group_name, data.client_id, peer, now)
        if data.without_sub:
            return Answer(ext=dict(V2_KNOWN_EXT if self._renew(data, peer, now) else V2_EXT))
        self._tell(
            consumer.group_name for consumer in data.consumer_data_set
            if self._consumer(consumer, data.client_id, peer, now)
        )
        return Answer(ext=dict(V2_KNOWN_EXT if data.heartbeat_fingerprint else V2_EXT))

    def unregister(self, request: Request[UnregisterClientRequest]) -> Answer:
        """A client leaves a group on its own; what it never registered is no error."""
        header = request.header
        if header.producer_group:
            self._clients.unregister_producer(header.producer_group, header.client_id, request.peer)
        group = header.consumer_group
        if group and self._clients.unregister_consumer(group, header.client_id, request.peer):
            self._tell([group])
        return Answer()

    def members(self, request: Request[GetConsumerListByGroupRequest]) -> Answer:
        """The ids of a group's live members; Java answers 1 when there are none."""
        group = request.header.consumer_group
        ids = self._clients.client_ids(group)
        if not ids:
            raise SystemFailure(f"no consumer for this group, {group}")
        return Answer(body=ConsumerIds(consumer_id_list=ids).encode())

    def check(self, request: Request[Any]) -> Answer:
        """Say whether a subscription can be served, before the consumer starts with it."""
        data = CheckClientRequestBody.decode(request.body)
        subscription = data.subscription_data
        if not is_tag_type(subscription.expression_type):
            raise SystemFailure(
                "The broker does not support consumer to filter message by "
                f"{subscription.expression_type}; subscribe by tags (TAG)"
            )
        try:
            tag_filter(subscription)
        except FilterError as problem:
            raise SubscriptionParseFailed(str(problem)) from None
        return Answer()

    def _consumer(self, data: ConsumerData, client_id: str, peer: Any, now: float) -> bool:
        """Take one group of a heartbeat; True when its members have to be told."""
        group = self._groups.for_client(data.group_name)
        if group is None:
            return False
        self._topics.create_retry(data.group_name, group.retry_queue_nums)
        changed = self._clients.consumer(data, client_id, peer, now)
        return changed and group.notify_consumer_ids_changed_enable

    def _renew(self, data: HeartbeatData, peer: Any, now: float) -> bool:
        renewed = [
            self._clients.renew(consumer.group_name, data.client_id, peer, now)
            for consumer in data.consumer_data_set
        ]
        return all(renewed)

    def _watch(self, peer: Any) -> None:
        if peer not in self._watched:
            self._watched.add(peer)
            peer.when_lost(self._lost)

    def _lost(self, peer: Any) -> None:
        self._watched.discard(peer)
        self._tell(self._clients.lost(peer))

    def _expire(self) -> None:
        self._tell(self._clients.expire(self._clock.seconds()))

    def _tell(self, groups: Iterable[str]) -> None:
        for group in groups:
            for peer in self._clients.peers(group):
                peer.send(RemotingCommand(
                    code=RequestCode.NOTIFY_CONSUMER_IDS_CHANGED, flag=ONEWAY_FLAG,
                    ext_fields={"consumerGroup": group},
                ))


def _check(data: HeartbeatData) -> None:
    """Raise `InvalidParameter` for names that must not get into the tables."""
    groups = [producer.group_name for producer in data.producer_data_set]
    groups += [consumer.group_name for consumer in data.consumer_data_set]
    if len(groups) > MOST_GROUPS:
        raise InvalidParameter(f"HeartbeatData: {len(groups)} groups of one client, at most {MOST_GROUPS}")
    if groups and not data.client_id:
        raise InvalidParameter("HeartbeatData.clientID: it is empty")
    for group in groups:
        check_group(group, LEGACY_GROUP_LIMIT)
