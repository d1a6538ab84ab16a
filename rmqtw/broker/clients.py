"""Who is connected: producers and consumers by group, as their heartbeats said.

Java: `ProducerManager`, `ConsumerManager`. Pure tables; times are seconds of a monotonic clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from rmqtw.model.subscriptions import merge
from rmqtw.wire.bodies.heartbeat import (
    ConsumeFromWhere,
    ConsumerData,
    ConsumeType,
    MessageModel,
    SubscriptionData,
)


@attrs.define(eq=False)
class Member:
    """One client of a group, on one connection."""

    client_id: str
    peer: Any
    heard_at: float


@attrs.define(eq=False)
class ConsumerGroup:
    """A consumer group that has live members."""

    name: str
    consume_type: ConsumeType = ConsumeType.CONSUME_PASSIVELY
    message_model: MessageModel = MessageModel.CLUSTERING
    consume_from_where: ConsumeFromWhere = ConsumeFromWhere.CONSUME_FROM_LAST_OFFSET
    members: dict[str, Member] = attrs.Factory(dict)
    subscriptions: dict[str, SubscriptionData] = attrs.Factory(dict)

    def heard(self, data: ConsumerData) -> bool:
        """Take what a heartbeat says of the group; True when a subscription changed."""
        self.consume_type = data.consume_type
        self.message_model = data.message_model
        self.consume_from_where = data.consume_from_where
        self.subscriptions, changed = merge(self.subscriptions, data.subscription_data_set)
        return changed


class Clients:
    """Every live client of this broker. One that is silent for `expires_after` seconds is forgotten."""

    def __init__(self, *, expires_after: float = 120.0) -> None:
        self._expires_after = expires_after
        self.producers: dict[str, dict[str, Member]] = {}
        self.consumers: dict[str, ConsumerGroup] = {}

    def producer(self, group: str, client_id: str, peer: Any, now: float) -> None:
        """A producer gave a sign of life."""
        self.producers.setdefault(group, {})[client_id] = Member(client_id, peer, now)

    def consumer(self, data: ConsumerData, client_id: str, peer: Any, now: float) -> bool:
        """A consumer gave a sign of life; True when members or subscriptions of its group changed."""
        group = self.consumers.setdefault(data.group_name, ConsumerGroup(data.group_name))
        known = group.members.get(client_id)
        group.members[client_id] = Member(client_id, peer, now)
        return group.heard(data) or known is None or known.peer is not peer

    def renew(self, group_name: str, client_id: str, peer: Any, now: float) -> bool:
        """A consumer's short heartbeat, without subscriptions; False when the client is not known here."""
        group = self.consumers.get(group_name)
        member = group.members.get(client_id) if group else None
        if member is None or member.peer is not peer:
            return False
        member.heard_at = now
        return True

    def unregister_producer(self, group: str, client_id: str, peer: Any) -> None:
        """A producer said good-bye on its connection; on another one it means nothing."""
        members = self.producers.get(group, {})
        if client_id in members and members[client_id].peer is peer:
            self._remove_producer(group, client_id)

    def unregister_consumer(self, group_name: str, client_id: str, peer: Any) -> bool:
        """A consumer said good-bye on its connection; True when it was a member there."""
        group = self.consumers.get(group_name)
        member = group.members.get(client_id) if group else None
        if member is None or member.peer is not peer:
            return False
        self._remove_consumer(group_name, client_id)
        return True

    def lost(self, peer: Any) -> list[str]:
        """Forget all clients of a connection; the consumer groups that changed."""
        return self._drop(lambda member: member.peer is peer)

    def expire(self, now: float) -> list[str]:
        """Forget clients that were silent for too long; the consumer groups that changed."""
        return self._drop(lambda member: now - member.heard_at > self._expires_after)

    def client_ids(self, group_name: str) -> list[str]:
        """Ids of the live members of a consumer group; empty when there are none."""
        group = self.consumers.get(group_name)
        return list(group.members) if group else []

    def peers(self, group_name: str) -> list[Any]:
        """Connections of the live members of a consumer group, each once: many ids may share one."""
        group = self.consumers.get(group_name)
        return list(dict.fromkeys(member.peer for member in group.members.values())) if group else []

    def _remove_producer(self, group: str, client_id: str) -> None:
        del self.producers[group][client_id]
        if not self.producers[group]:
            del self.producers[group]

    def _remove_consumer(self, group_name: str, client_id: str) -> None:
        members = self.consumers[group_name].members
        del members[client_id]
        if not members:
            del self.consumers[group_name]

    def _drop(self, gone: Any) -> list[str]:
        for name, client_id in _matching(self.producers, gone):
            self._remove_producer(name, client_id)
        members = {name: group.members for name, group in self.consumers.items()}
        changed = _matching(members, gone)
        for name, client_id in changed:
            self._remove_consumer(name, client_id)
        return sorted({name for name, _ in changed})


def _matching(groups: dict[str, dict[str, Member]], gone: Any) -> list[tuple[str, str]]:
    def pairs() -> Iterator[tuple[str, str]]:
        for name, members in groups.items():
            for client_id, member in members.items():
                if gone(member):
                    yield name, client_id

    return list(pairs())
