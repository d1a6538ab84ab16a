"""Which kind of server answers a request code at all (facts: Apache's processors of 5.3.3).

A server lists what it does not serve with a reason; for codes of another kind of server the
reasons are here.
"""

from __future__ import annotations

from collections.abc import Iterable

from rmqtw.wire.codes import RequestCode as Code

NAMESERVER = frozenset({
    Code.PUT_KV_CONFIG, Code.GET_KV_CONFIG, Code.DELETE_KV_CONFIG, Code.REGISTER_BROKER,
    Code.UNREGISTER_BROKER, Code.GET_ROUTEINFO_BY_TOPIC, Code.GET_BROKER_CLUSTER_INFO,
    Code.WIPE_WRITE_PERM_OF_BROKER, Code.ADD_WRITE_PERM_OF_BROKER, Code.GET_ALL_TOPIC_LIST_FROM_NAMESERVER,
    Code.DELETE_TOPIC_IN_NAMESRV, Code.REGISTER_TOPIC_IN_NAMESRV, Code.GET_KVLIST_BY_NAMESPACE,
    Code.GET_TOPICS_BY_CLUSTER, Code.GET_SYSTEM_TOPIC_LIST_FROM_NS, Code.GET_UNIT_TOPIC_LIST,
    Code.GET_HAS_UNIT_SUB_TOPIC_LIST, Code.GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST, Code.UPDATE_NAMESRV_CONFIG,
    Code.GET_NAMESRV_CONFIG, Code.QUERY_DATA_VERSION, Code.GET_BROKER_MEMBER_GROUP, Code.BROKER_HEARTBEAT,
})  # fmt: skip
CONTROLLER = frozenset(
    code for code in Code if 1001 <= code <= 1018 and code not in (
        Code.GET_BROKER_EPOCH_CACHE, Code.NOTIFY_BROKER_ROLE_CHANGED,
    )
)  # fmt: skip
CONTAINER = frozenset({Code.ADD_BROKER, Code.REMOVE_BROKER})
CLIENT = frozenset({
    Code.CHECK_TRANSACTION_STATE, Code.NOTIFY_CONSUMER_IDS_CHANGED, Code.RESET_CONSUMER_CLIENT_OFFSET,
    Code.GET_CONSUMER_STATUS_FROM_CLIENT, Code.PUSH_REPLY_MESSAGE_TO_CLIENT, Code.NOTIFY_UNSUBSCRIBE_LITE,
})  # fmt: skip
NEVER_SENT = frozenset({
    Code.QUERY_BROKER_OFFSET, Code.GET_TOPIC_CONFIG_LIST, Code.GET_TOPIC_NAME_LIST, Code.TRIGGER_DELETE_FILES,
    Code.GET_CLIENT_CONFIG, Code.SUSPEND_CONSUMER, Code.RESUME_CONSUMER,
    Code.RESET_CONSUMER_OFFSET_IN_CONSUMER,
    Code.RESET_CONSUMER_OFFSET_IN_BROKER, Code.ADJUST_CONSUMER_THREAD_POOL, Code.WHO_CONSUME_THE_MESSAGE,
    Code.REGISTER_FILTER_SERVER, Code.REGISTER_MESSAGE_FILTER_CLASS,
})  # fmt: skip
BROKER = frozenset(Code) - NAMESERVER - CONTROLLER - CONTAINER - CLIENT - NEVER_SENT

_REASONS = (
    (NEVER_SENT, "declared by Apache, but sent by no client"),
    (CLIENT, "sent by brokers and answered by clients"),
    (CONTROLLER, "answered by controllers"),
    (CONTAINER, "answered by broker containers"),
    (NAMESERVER, "answered by nameservers"),
    (BROKER, "answered by brokers"),
)


def foreign_to(kind: Iterable[Code]) -> dict[int, str]:
    """Every code that servers of a kind (`BROKER`, `NAMESERVER`) never answer, with the reason."""
    own = frozenset(kind)
    return {int(code): reason for codes, reason in _REASONS for code in codes - own}
