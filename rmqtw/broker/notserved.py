"""Codes that this broker knows and does not serve, each with its reason.

Everybody gets Apache's answer 3 for them; a test asks a reason of every code that is not routed.
"""

from __future__ import annotations

from rmqtw.wire.codes import RequestCode as Code
from rmqtw.wire.serving import BROKER, foreign_to

_BY_REASON = {
    "retry and dead-letter topics are not filled by this broker; clients retry locally": (
        Code.CONSUMER_SEND_MSG_BACK,
    ),
    "ordered consumption needs queue locks, which this broker does not keep": (
        Code.LOCK_BATCH_MQ, Code.UNLOCK_BATCH_MQ,
    ),
    "transactional messages are refused": (Code.END_TRANSACTION, Code.RESUME_CHECK_HALF_MESSAGE),
    "delayed messages are refused": (
        Code.GET_ALL_DELAY_OFFSET, Code.GET_TIMER_CHECK_POINT, Code.GET_TIMER_METRICS, Code.RECALL_MESSAGE,
        Code.SWITCH_TIMER_ENGINE,
    ),
    "request-reply is not served": (Code.SEND_REPLY_MESSAGE, Code.SEND_REPLY_MESSAGE_V2),
    "POP consumption is not served": (
        Code.QUERY_ASSIGNMENT, Code.SET_MESSAGE_REQUEST_MODE, Code.GET_ALL_MESSAGE_REQUEST_MODE,
        Code.POP_MESSAGE, Code.ACK_MESSAGE, Code.BATCH_ACK_MESSAGE, Code.PEEK_MESSAGE,
        Code.CHANGE_MESSAGE_INVISIBLETIME, Code.NOTIFICATION, Code.POLLING_INFO, Code.POP_ROLLBACK,
    ),
    "lite topics are not served": (
        Code.POP_LITE_MESSAGE, Code.LITE_SUBSCRIPTION_CTL, Code.ACK_LITE_MESSAGE, Code.GET_BROKER_LITE_INFO,
        Code.GET_PARENT_TOPIC_INFO, Code.GET_LITE_TOPIC_INFO, Code.GET_LITE_CLIENT_INFO,
        Code.GET_LITE_GROUP_INFO, Code.TRIGGER_LITE_DISPATCH,
    ),
    "administration over remoting is limited to creating topics": (
        Code.UPDATE_AND_CREATE_TOPIC_LIST, Code.GET_ALL_TOPIC_CONFIG, Code.UPDATE_BROKER_CONFIG,
        Code.GET_BROKER_CONFIG, Code.GET_BROKER_RUNTIME_INFO, Code.GET_ALL_CONSUMER_OFFSET,
        Code.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, Code.GET_ALL_SUBSCRIPTIONGROUP_CONFIG,
        Code.GET_TOPIC_STATS_INFO, Code.GET_CONSUMER_CONNECTION_LIST, Code.GET_PRODUCER_CONNECTION_LIST,
        Code.DELETE_SUBSCRIPTIONGROUP, Code.GET_CONSUME_STATS, Code.DELETE_TOPIC_IN_BROKER,
        Code.INVOKE_BROKER_TO_RESET_OFFSET, Code.INVOKE_BROKER_TO_GET_CONSUMER_STATUS,
        Code.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST, Code.QUERY_TOPIC_CONSUME_BY_WHO,
        Code.QUERY_CONSUME_TIME_SPAN, Code.GET_SYSTEM_TOPIC_LIST_FROM_BROKER, Code.GET_CONSUMER_RUNNING_INFO,
        Code.QUERY_CORRECTION_OFFSET, Code.CONSUME_MESSAGE_DIRECTLY, Code.CLONE_GROUP_OFFSET,
        Code.VIEW_BROKER_STATS_DATA, Code.GET_BROKER_CONSUME_STATS, Code.QUERY_CONSUME_QUEUE,
        Code.GET_ALL_PRODUCER_INFO, Code.QUERY_TOPICS_BY_CONSUMER, Code.QUERY_SUBSCRIPTION_BY_CONSUMER,
        Code.GET_TOPIC_CONFIG, Code.GET_SUBSCRIPTIONGROUP_CONFIG, Code.UPDATE_AND_GET_GROUP_FORBIDDEN,
        Code.DELETE_TOPIC_IN_BROKER_LIST, Code.DELETE_SUBSCRIPTION_GROUP_LIST,
    ),
    "users and access lists are not kept by this broker": (
        Code.UPDATE_AND_CREATE_ACL_CONFIG, Code.DELETE_ACL_CONFIG, Code.GET_BROKER_CLUSTER_ACL_INFO,
        Code.UPDATE_GLOBAL_WHITE_ADDRS_CONFIG, Code.GET_BROKER_CLUSTER_ACL_CONFIG, Code.AUTH_CREATE_USER,
        Code.AUTH_UPDATE_USER, Code.AUTH_DELETE_USER, Code.AUTH_GET_USER, Code.AUTH_LIST_USER,
        Code.AUTH_CREATE_ACL, Code.AUTH_UPDATE_ACL, Code.AUTH_DELETE_ACL, Code.AUTH_GET_ACL,
        Code.AUTH_LIST_ACL,
    ),
    "there are no replicas": (
        Code.NOTIFY_MIN_BROKER_ID_CHANGE, Code.EXCHANGE_BROKER_HA_INFO, Code.GET_BROKER_HA_STATUS,
        Code.RESET_MASTER_FLUSH_OFFSET, Code.GET_BROKER_EPOCH_CACHE, Code.NOTIFY_BROKER_ROLE_CHANGED,
        Code.UPDATE_AND_CREATE_STATIC_TOPIC,
    ),
    "there is no such engine in this store": (
        Code.CHECK_ROCKSDB_CQ_WRITE_PROGRESS, Code.EXPORT_ROCKSDB_CONFIG_TO_JSON,
        Code.UPDATE_COLD_DATA_FLOW_CTR_CONFIG, Code.REMOVE_COLD_DATA_FLOW_CTR_CONFIG,
        Code.GET_COLD_DATA_FLOW_CTR_INFO, Code.SET_COMMITLOG_READ_MODE,
    ),
}  # fmt: skip

NOT_SERVED = foreign_to(BROKER) | {
    int(code): reason for reason, codes in _BY_REASON.items() for code in codes
}
