"""Commands by which people and tools look at a broker and change it.

Where Java has no rule at all, the rule is the closed one: CREATE, UPDATE or DELETE on the topics
and groups that a body lists, else GET or UPDATE on the cluster.
"""

from __future__ import annotations

from rmqtw.declare.access import Action
from rmqtw.declare.fields import NoFields, Resource
from rmqtw.wire.codes import RequestCode
from rmqtw.wire.commands import rules
from rmqtw.wire.commands.command import Command
from rmqtw.wire.headers import admin, auth, group, topic, transaction

_CLUSTER = Resource.CLUSTER
_GET = Action.GET
_UPDATE = Action.UPDATE
_LIST = (Action.LIST,)

# Topics.
UPDATE_AND_CREATE_TOPIC = Command(
    RequestCode.UPDATE_AND_CREATE_TOPIC, topic.CreateTopicRequest, NoFields, Action.CREATE
)
UPDATE_AND_CREATE_TOPIC_LIST = Command(
    RequestCode.UPDATE_AND_CREATE_TOPIC_LIST,
    topic.CreateTopicListRequest,
    NoFields,
    Action.CREATE,
    from_body=rules.topic_list,
)
UPDATE_AND_CREATE_STATIC_TOPIC = Command(
    RequestCode.UPDATE_AND_CREATE_STATIC_TOPIC, topic.CreateTopicRequest, NoFields, Action.CREATE
)
DELETE_TOPIC_IN_BROKER = Command(
    RequestCode.DELETE_TOPIC_IN_BROKER, topic.DeleteTopicRequest, NoFields, Action.DELETE
)
DELETE_TOPIC_IN_BROKER_LIST = Command(
    RequestCode.DELETE_TOPIC_IN_BROKER_LIST, NoFields, NoFields, Action.DELETE, _CLUSTER
)
GET_TOPIC_CONFIG = Command(RequestCode.GET_TOPIC_CONFIG, topic.GetTopicConfigRequest, NoFields, _GET)
GET_ALL_TOPIC_CONFIG = Command(
    RequestCode.GET_ALL_TOPIC_CONFIG,
    topic.GetAllTopicConfigRequest,
    topic.GetAllTopicConfigResponse,
    _GET,
    _CLUSTER,
    _LIST,
)
GET_TOPIC_STATS_INFO = Command(
    RequestCode.GET_TOPIC_STATS_INFO, topic.GetTopicStatsInfoRequest, NoFields, _GET
)
GET_SYSTEM_TOPIC_LIST_FROM_BROKER = Command(
    RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_BROKER, NoFields, NoFields, _GET, _CLUSTER, _LIST
)
QUERY_CONSUME_QUEUE = Command(RequestCode.QUERY_CONSUME_QUEUE, topic.QueryConsumeQueueRequest, NoFields, _GET)
CHECK_ROCKSDB_CQ_WRITE_PROGRESS = Command(
    RequestCode.CHECK_ROCKSDB_CQ_WRITE_PROGRESS, admin.CheckRocksdbCqWriteProgressRequest, NoFields, _GET
)

# Groups.
UPDATE_AND_CREATE_SUBSCRIPTIONGROUP = Command(
    RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP,
    NoFields,
    NoFields,
    Action.CREATE,
    from_body=rules.subscription_group,
)
UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST = Command(
    RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST,
    NoFields,
    NoFields,
    Action.CREATE,
    from_body=rules.subscription_group_list,
)
DELETE_SUBSCRIPTIONGROUP = Command(
    RequestCode.DELETE_SUBSCRIPTIONGROUP, group.DeleteSubscriptionGroupRequest, NoFields, Action.DELETE
)
DELETE_SUBSCRIPTION_GROUP_LIST = Command(
    RequestCode.DELETE_SUBSCRIPTION_GROUP_LIST, NoFields, NoFields, Action.DELETE, _CLUSTER
)
GET_SUBSCRIPTIONGROUP_CONFIG = Command(
    RequestCode.GET_SUBSCRIPTIONGROUP_CONFIG, group.GetSubscriptionGroupConfigRequest, NoFields, _GET
)
GET_ALL_SUBSCRIPTIONGROUP_CONFIG = Command(
    RequestCode.GET_ALL_SUBSCRIPTIONGROUP_CONFIG,
    group.GetAllSubscriptionGroupRequest,
    group.GetAllSubscriptionGroupResponse,
    _GET,
    _CLUSTER,
    _LIST,
)
UPDATE_AND_GET_GROUP_FORBIDDEN = Command(
    RequestCode.UPDATE_AND_GET_GROUP_FORBIDDEN, group.UpdateGroupForbiddenRequest, NoFields, _UPDATE
)
SET_MESSAGE_REQUEST_MODE = Command(
    RequestCode.SET_MESSAGE_REQUEST_MODE, NoFields, NoFields, _UPDATE, from_body=rules.request_mode
)
GET_CONSUMER_CONNECTION_LIST = Command(
    RequestCode.GET_CONSUMER_CONNECTION_LIST, group.GetConsumerConnectionListRequest, NoFields, _GET
)
GET_PRODUCER_CONNECTION_LIST = Command(
    RequestCode.GET_PRODUCER_CONNECTION_LIST, group.GetProducerConnectionListRequest, NoFields, _GET, _CLUSTER
)
GET_ALL_PRODUCER_INFO = Command(
    RequestCode.GET_ALL_PRODUCER_INFO, group.GetAllProducerInfoRequest, NoFields, _GET, _CLUSTER
)
GET_CONSUME_STATS = Command(
    RequestCode.GET_CONSUME_STATS,
    group.GetConsumeStatsRequest,
    NoFields,
    _GET,
    from_header=rules.consume_stats,
)
GET_BROKER_CONSUME_STATS = Command(
    RequestCode.GET_BROKER_CONSUME_STATS, admin.GetConsumeStatsInBroker, NoFields, _GET, _CLUSTER
)
QUERY_TOPIC_CONSUME_BY_WHO = Command(
    RequestCode.QUERY_TOPIC_CONSUME_BY_WHO, group.QueryTopicConsumeByWhoRequest, NoFields, _GET
)
QUERY_TOPICS_BY_CONSUMER = Command(
    RequestCode.QUERY_TOPICS_BY_CONSUMER, group.QueryTopicsByConsumerRequest, NoFields, _GET
)
QUERY_SUBSCRIPTION_BY_CONSUMER = Command(
    RequestCode.QUERY_SUBSCRIPTION_BY_CONSUMER, group.QuerySubscriptionByConsumerRequest, NoFields, _GET
)
QUERY_CONSUME_TIME_SPAN = Command(
    RequestCode.QUERY_CONSUME_TIME_SPAN, group.QueryConsumeTimeSpanRequest, NoFields, _GET
)
QUERY_CORRECTION_OFFSET = Command(
    RequestCode.QUERY_CORRECTION_OFFSET, group.QueryCorrectionOffset, NoFields, _GET
)
INVOKE_BROKER_TO_RESET_OFFSET = Command(
    RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, group.ResetOffsetRequest, NoFields, _UPDATE
)
INVOKE_BROKER_TO_GET_CONSUMER_STATUS = Command(
    RequestCode.INVOKE_BROKER_TO_GET_CONSUMER_STATUS, group.GetConsumerStatusRequest, NoFields, _GET
)
CLONE_GROUP_OFFSET = Command(RequestCode.CLONE_GROUP_OFFSET, group.CloneGroupOffsetRequest, NoFields, _UPDATE)
RESUME_CHECK_HALF_MESSAGE = Command(
    RequestCode.RESUME_CHECK_HALF_MESSAGE, transaction.ResumeCheckHalfMessageRequest, NoFields, _UPDATE
)

# The broker itself.
UPDATE_BROKER_CONFIG = Command(RequestCode.UPDATE_BROKER_CONFIG, NoFields, NoFields, _UPDATE, _CLUSTER)
GET_BROKER_CONFIG = Command(
    RequestCode.GET_BROKER_CONFIG, NoFields, admin.GetBrokerConfigResponse, _GET, _CLUSTER
)
GET_BROKER_RUNTIME_INFO = Command(RequestCode.GET_BROKER_RUNTIME_INFO, NoFields, NoFields, _GET, _CLUSTER)
VIEW_BROKER_STATS_DATA = Command(
    RequestCode.VIEW_BROKER_STATS_DATA, admin.ViewBrokerStatsDataRequest, NoFields, _GET, _CLUSTER
)
CLEAN_EXPIRED_CONSUMEQUEUE = Command(
    RequestCode.CLEAN_EXPIRED_CONSUMEQUEUE, NoFields, NoFields, _UPDATE, _CLUSTER
)
CLEAN_UNUSED_TOPIC = Command(RequestCode.CLEAN_UNUSED_TOPIC, NoFields, NoFields, _UPDATE, _CLUSTER)
DELETE_EXPIRED_COMMITLOG = Command(
    RequestCode.DELETE_EXPIRED_COMMITLOG, NoFields, NoFields, _UPDATE, _CLUSTER
)
EXPORT_ROCKSDB_CONFIG_TO_JSON = Command(
    RequestCode.EXPORT_ROCKSDB_CONFIG_TO_JSON,
    admin.ExportRocksDBConfigToJsonRequest,
    NoFields,
    _GET,
    _CLUSTER,
)
UPDATE_COLD_DATA_FLOW_CTR_CONFIG = Command(
    RequestCode.UPDATE_COLD_DATA_FLOW_CTR_CONFIG, NoFields, NoFields, _UPDATE, _CLUSTER
)
REMOVE_COLD_DATA_FLOW_CTR_CONFIG = Command(
    RequestCode.REMOVE_COLD_DATA_FLOW_CTR_CONFIG, NoFields, NoFields, _UPDATE, _CLUSTER
)
GET_COLD_DATA_FLOW_CTR_INFO = Command(
    RequestCode.GET_COLD_DATA_FLOW_CTR_INFO, NoFields, NoFields, _GET, _CLUSTER
)
SET_COMMITLOG_READ_MODE = Command(
    RequestCode.SET_COMMITLOG_READ_MODE, admin.SetCommitLogReadModeRequest, NoFields, _UPDATE, _CLUSTER
)
POP_ROLLBACK = Command(RequestCode.POP_ROLLBACK, NoFields, NoFields, _UPDATE, _CLUSTER)
SWITCH_TIMER_ENGINE = Command(RequestCode.SWITCH_TIMER_ENGINE, NoFields, NoFields, _UPDATE, _CLUSTER)
ADD_BROKER = Command(RequestCode.ADD_BROKER, admin.AddBrokerRequest, NoFields, _UPDATE, _CLUSTER)
REMOVE_BROKER = Command(RequestCode.REMOVE_BROKER, admin.RemoveBrokerRequest, NoFields, _UPDATE, _CLUSTER)

# Users and rights.
AUTH_CREATE_USER = Command(RequestCode.AUTH_CREATE_USER, auth.CreateUserRequest, NoFields, _UPDATE, _CLUSTER)
AUTH_UPDATE_USER = Command(RequestCode.AUTH_UPDATE_USER, auth.UpdateUserRequest, NoFields, _UPDATE, _CLUSTER)
AUTH_DELETE_USER = Command(RequestCode.AUTH_DELETE_USER, auth.DeleteUserRequest, NoFields, _UPDATE, _CLUSTER)
AUTH_GET_USER = Command(RequestCode.AUTH_GET_USER, auth.GetUserRequest, NoFields, _GET, _CLUSTER)
AUTH_LIST_USER = Command(RequestCode.AUTH_LIST_USER, auth.ListUsersRequest, NoFields, _GET, _CLUSTER)
AUTH_CREATE_ACL = Command(RequestCode.AUTH_CREATE_ACL, auth.CreateAclRequest, NoFields, _UPDATE, _CLUSTER)
AUTH_UPDATE_ACL = Command(RequestCode.AUTH_UPDATE_ACL, auth.UpdateAclRequest, NoFields, _UPDATE, _CLUSTER)
AUTH_DELETE_ACL = Command(RequestCode.AUTH_DELETE_ACL, auth.DeleteAclRequest, NoFields, _UPDATE, _CLUSTER)
AUTH_GET_ACL = Command(RequestCode.AUTH_GET_ACL, auth.GetAclRequest, NoFields, _GET, _CLUSTER)
AUTH_LIST_ACL = Command(RequestCode.AUTH_LIST_ACL, auth.ListAclsRequest, NoFields, _GET, _CLUSTER)
