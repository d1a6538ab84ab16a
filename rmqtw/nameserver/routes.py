"""Which codes a nameserver serves, by which verb."""

from __future__ import annotations

from rmqtw.nameserver.verbs import Verbs
from rmqtw.net.lanes import Lane
from rmqtw.net.routes import Route, Routes
from rmqtw.wire.codes import RequestCode as Code
from rmqtw.wire.commands import (
    GET_BROKER_CLUSTER_INFO,
    GET_ROUTEINFO_BY_TOPIC,
    QUERY_DATA_VERSION,
    REGISTER_BROKER,
    UNREGISTER_BROKER,
)
from rmqtw.wire.serving import NAMESERVER, foreign_to

_KEY_VALUES = "this nameserver keeps no key-value configuration"
_ADMIN = "this nameserver has no administration over remoting"
NOT_SERVED = foreign_to(NAMESERVER) | {
    Code.PUT_KV_CONFIG: _KEY_VALUES,
    Code.GET_KV_CONFIG: _KEY_VALUES,
    Code.DELETE_KV_CONFIG: _KEY_VALUES,
    Code.GET_KVLIST_BY_NAMESPACE: _KEY_VALUES,
    Code.WIPE_WRITE_PERM_OF_BROKER: _ADMIN,
    Code.ADD_WRITE_PERM_OF_BROKER: _ADMIN,
    Code.GET_ALL_TOPIC_LIST_FROM_NAMESERVER: _ADMIN,
    Code.DELETE_TOPIC_IN_NAMESRV: _ADMIN,
    Code.REGISTER_TOPIC_IN_NAMESRV: "brokers announce their topics by REGISTER_BROKER",
    Code.GET_TOPICS_BY_CLUSTER: _ADMIN,
    Code.GET_SYSTEM_TOPIC_LIST_FROM_NS: _ADMIN,
    Code.GET_UNIT_TOPIC_LIST: _ADMIN,
    Code.GET_HAS_UNIT_SUB_TOPIC_LIST: _ADMIN,
    Code.GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST: _ADMIN,
    Code.UPDATE_NAMESRV_CONFIG: _ADMIN,
    Code.GET_NAMESRV_CONFIG: _ADMIN,
    Code.GET_BROKER_MEMBER_GROUP: "acting masters are not supported",
    Code.BROKER_HEARTBEAT: "acting masters are not supported",
}


def nameserver_routes(verbs: Verbs, *, capacity: int) -> Routes:
    """The table. Brokers and clients have lanes of their own, so that neither locks the other out."""
    brokers, clients = Lane("brokers", capacity), Lane("clients", capacity)
    return Routes(
        Route(REGISTER_BROKER, verbs.register, brokers),
        Route(UNREGISTER_BROKER, verbs.unregister, brokers),
        Route(QUERY_DATA_VERSION, verbs.data_version, brokers),
        Route(GET_ROUTEINFO_BY_TOPIC, verbs.route, clients),
        Route(GET_BROKER_CLUSTER_INFO, verbs.cluster, clients),
        not_served=NOT_SERVED,
    )
