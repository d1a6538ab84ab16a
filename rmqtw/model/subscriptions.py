"""Subscriptions of consumer groups, and how heartbeats change them.

Java: `ConsumerGroupInfo.updateSubscription`, `FilterAPI`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from rmqtw.filters import TagFilter, parse_tags
from rmqtw.wire.bodies.heartbeat import SubscriptionData

TAG = "TAG"
SQL92 = "SQL92"


class Merged(NamedTuple):
    """A group's subscriptions after a heartbeat, by topic; `changed` says whether they differ."""

    subscriptions: dict[str, SubscriptionData]
    changed: bool


def merge(known: Mapping[str, SubscriptionData], named: Iterable[SubscriptionData]) -> Merged:
    """Take what a heartbeat names into what is known of its group.

    For each topic the newest `sub_version` wins, the known one when they are equal; topics that
    are no longer named are dropped. `changed` is True when a topic came or went, or when another
    expression took the place of the known one.
    """
    merged: dict[str, SubscriptionData] = {}
    for offered in named:
        current = merged.get(offered.topic) or known.get(offered.topic)
        if current is None or offered.sub_version > current.sub_version:
            current = offered
        merged[offered.topic] = current
    changed = merged.keys() != known.keys() or any(
        expression(merged[topic]) != expression(known[topic]) for topic in merged
    )
    return Merged(merged, changed)


def expression(subscription: SubscriptionData) -> tuple[str, str]:
    """(type, text) of what a subscription filters by; an absent type is a tag expression."""
    return subscription.expression_type or TAG, subscription.sub_string or "*"


def is_tag_type(expression_type: str | None) -> bool:
    """Whether an expression type means tags (Java: `ExpressionType.isTagType`)."""
    return expression_type in (None, "", TAG)


def tag_filter(subscription: SubscriptionData) -> TagFilter:
    """The filter of a tag subscription. Raises `filters.TagExpressionError` for a broken expression."""
    return parse_tags(subscription.sub_string)


def subscribe(topic: str, text: str | None, version: int, expression_type: str = TAG) -> SubscriptionData:
    """The subscription that a consumer sends for a topic and an expression; `version` is ms.

    Raises `filters.TagExpressionError` for a broken tag expression.
    """
    tags = parse_tags(text) if is_tag_type(expression_type) else parse_tags(None)
    return SubscriptionData(
        topic=topic,
        sub_string="*" if tags.takes_all and is_tag_type(expression_type) else text or "",
        sub_version=version,
        expression_type=expression_type,
        tags_set=sorted(tags.tags),
        code_set=sorted(tags.codes),
    )
