"""Which codes a broker serves, by which verb, in which lane."""

from __future__ import annotations

import attrs

from rmqtw.broker.admin.cleaning import Cleaning
from rmqtw.broker.admin.topics import TopicAdmin
from rmqtw.broker.bounds import QueueBounds
from rmqtw.broker.committing import Committing
from rmqtw.broker.heartbeats import Heartbeats
from rmqtw.broker.notserved import NOT_SERVED
from rmqtw.broker.pulling import Pulling
from rmqtw.broker.sending import Sending
from rmqtw.broker.viewing import Viewing
from rmqtw.net.lanes import Lane
from rmqtw.net.routes import Route, Routes
from rmqtw.wire.codes import RequestCode as Code
from rmqtw.wire.commands import (
    CHECK_CLIENT_CONFIG,
    CLEAN_EXPIRED_CONSUMEQUEUE,
    CLEAN_UNUSED_TOPIC,
    DELETE_EXPIRED_COMMITLOG,
    GET_CONSUMER_LIST_BY_GROUP,
    GET_EARLIEST_MSG_STORETIME,
    GET_MAX_OFFSET,
    GET_MIN_OFFSET,
    HEART_BEAT,
    LITE_PULL_MESSAGE,
    PULL_MESSAGE,
    QUERY_CONSUMER_OFFSET,
    QUERY_MESSAGE,
    SEARCH_OFFSET_BY_TIMESTAMP,
    SEND_BATCH_MESSAGE,
    SEND_MESSAGE,
    SEND_MESSAGE_V2,
    UNREGISTER_CLIENT,
    UPDATE_AND_CREATE_TOPIC,
    UPDATE_CONSUMER_OFFSET,
    VIEW_MESSAGE_BY_ID,
)

FAST_PORT_REASON = "the fast port serves no pulls"


@attrs.frozen
class Verbs:
    """Everything that a broker does when it is asked."""

    sending: Sending
    pulling: Pulling
    heartbeats: Heartbeats
    committing: Committing
    bounds: QueueBounds
    viewing: Viewing
    topics: TopicAdmin
    cleaning: Cleaning


@attrs.frozen
class LaneSizes:
    """How many requests of a kind may be under way at once; one more is answered SYSTEM_BUSY."""

    send: int = 10_000
    pull: int = 100_000
    heartbeat: int = 50_000
    query: int = 10_000
    admin: int = 10_000


def broker_routes(verbs: Verbs, sizes: LaneSizes) -> Routes:
    """The table."""
    send, pull = Lane("send", sizes.send), Lane("pull", sizes.pull)
    heartbeat, admin = Lane("heartbeat", sizes.heartbeat), Lane("admin", sizes.admin)
    query = Lane("query", sizes.query)
    return Routes(
        Route(SEND_MESSAGE, verbs.sending.send, send),
        Route(SEND_MESSAGE_V2, verbs.sending.send, send),
        Route(SEND_BATCH_MESSAGE, verbs.sending.send, send),
        Route(PULL_MESSAGE, verbs.pulling.pull, pull),
        Route(LITE_PULL_MESSAGE, verbs.pulling.pull, pull),
        Route(HEART_BEAT, verbs.heartbeats.heartbeat, heartbeat),
        Route(UNREGISTER_CLIENT, verbs.heartbeats.unregister, heartbeat),
        Route(GET_CONSUMER_LIST_BY_GROUP, verbs.heartbeats.members, heartbeat),
        Route(CHECK_CLIENT_CONFIG, verbs.heartbeats.check, heartbeat),
        Route(QUERY_CONSUMER_OFFSET, verbs.committing.query, admin),
        Route(UPDATE_CONSUMER_OFFSET, verbs.committing.update, admin),
        Route(GET_MAX_OFFSET, verbs.bounds.highest, admin),
        Route(GET_MIN_OFFSET, verbs.bounds.lowest, admin),
        Route(SEARCH_OFFSET_BY_TIMESTAMP, verbs.bounds.at_time, admin),
        Route(QUERY_MESSAGE, verbs.viewing.query, query),
        Route(VIEW_MESSAGE_BY_ID, verbs.viewing.view, query),
        Route(GET_EARLIEST_MSG_STORETIME, verbs.viewing.earliest, admin),
        Route(UPDATE_AND_CREATE_TOPIC, verbs.topics.put, admin),
        Route(CLEAN_EXPIRED_CONSUMEQUEUE, verbs.cleaning.queues, admin),
        Route(CLEAN_UNUSED_TOPIC, verbs.cleaning.unused_topics, admin),
        Route(DELETE_EXPIRED_COMMITLOG, verbs.cleaning.log, admin),
        not_served=NOT_SERVED,
    )


def fast_port_routes(routes: Routes) -> Routes:
    """What the fast port serves: everything but pulls, as in Apache's."""
    return routes.without(FAST_PORT_REASON, Code.PULL_MESSAGE, Code.LITE_PULL_MESSAGE)
