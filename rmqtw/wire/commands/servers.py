"""Commands of nameservers, of brokers among themselves, and of the controller.

Where Java has no rule at all, so that a code is open to every authenticated user, the rule here
is the closed one: GET or UPDATE on the cluster.
"""

from __future__ import annotations

from rmqtw.declare.access import Action
from rmqtw.declare.fields import NoFields, Resource
from rmqtw.wire.codes import RequestCode
from rmqtw.wire.commands.command import Command
from rmqtw.wire.headers import controller, ha, route

_CLUSTER = Resource.CLUSTER
_GET = Action.GET
_UPDATE = Action.UPDATE
_LIST = (Action.LIST,)

# Nameserver: routes.
GET_ROUTEINFO_BY_TOPIC = Command(
    RequestCode.GET_ROUTEINFO_BY_TOPIC,
    route.GetRouteInfoRequest,
    NoFields,
    Action.GET,
    alternatives=(Action.PUB, Action.SUB),
)
REGISTER_BROKER = Command(
    RequestCode.REGISTER_BROKER, route.RegisterBrokerRequest, route.RegisterBrokerResponse, _UPDATE, _CLUSTER
)
UNREGISTER_BROKER = Command(
    RequestCode.UNREGISTER_BROKER, route.UnRegisterBrokerRequest, NoFields, _UPDATE, _CLUSTER
)
QUERY_DATA_VERSION = Command(
    RequestCode.QUERY_DATA_VERSION,
    route.QueryDataVersionRequest,
    route.QueryDataVersionResponse,
    _GET,
    _CLUSTER,
)
BROKER_HEARTBEAT = Command(
    RequestCode.BROKER_HEARTBEAT, route.BrokerHeartbeatRequest, NoFields, _UPDATE, _CLUSTER
)
GET_BROKER_CLUSTER_INFO = Command(RequestCode.GET_BROKER_CLUSTER_INFO, NoFields, NoFields, _GET, _CLUSTER)
GET_BROKER_MEMBER_GROUP = Command(
    RequestCode.GET_BROKER_MEMBER_GROUP, route.GetBrokerMemberGroupRequest, NoFields, _GET, _CLUSTER
)
REGISTER_TOPIC_IN_NAMESRV = Command(
    RequestCode.REGISTER_TOPIC_IN_NAMESRV, route.RegisterTopicRequest, NoFields, _UPDATE, _CLUSTER
)
DELETE_TOPIC_IN_NAMESRV = Command(
    RequestCode.DELETE_TOPIC_IN_NAMESRV, route.DeleteTopicFromNamesrvRequest, NoFields, _UPDATE, _CLUSTER
)
WIPE_WRITE_PERM_OF_BROKER = Command(
    RequestCode.WIPE_WRITE_PERM_OF_BROKER,
    route.WipeWritePermOfBrokerRequest,
    route.WipeWritePermOfBrokerResponse,
    _UPDATE,
    _CLUSTER,
)
ADD_WRITE_PERM_OF_BROKER = Command(
    RequestCode.ADD_WRITE_PERM_OF_BROKER,
    route.AddWritePermOfBrokerRequest,
    route.AddWritePermOfBrokerResponse,
    _UPDATE,
    _CLUSTER,
)

# Nameserver: lists and configuration.
GET_ALL_TOPIC_LIST_FROM_NAMESERVER = Command(
    RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER, NoFields, NoFields, _GET, _CLUSTER, _LIST
)
GET_TOPICS_BY_CLUSTER = Command(
    RequestCode.GET_TOPICS_BY_CLUSTER, route.GetTopicsByClusterRequest, NoFields, _GET, _CLUSTER, _LIST
)
GET_SYSTEM_TOPIC_LIST_FROM_NS = Command(
    RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_NS, NoFields, NoFields, _GET, _CLUSTER, _LIST
)
GET_UNIT_TOPIC_LIST = Command(RequestCode.GET_UNIT_TOPIC_LIST, NoFields, NoFields, _GET, _CLUSTER, _LIST)
GET_HAS_UNIT_SUB_TOPIC_LIST = Command(
    RequestCode.GET_HAS_UNIT_SUB_TOPIC_LIST, NoFields, NoFields, _GET, _CLUSTER, _LIST
)
GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST = Command(
    RequestCode.GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST, NoFields, NoFields, _GET, _CLUSTER, _LIST
)
PUT_KV_CONFIG = Command(RequestCode.PUT_KV_CONFIG, route.PutKVConfigRequest, NoFields, _UPDATE, _CLUSTER)
GET_KV_CONFIG = Command(
    RequestCode.GET_KV_CONFIG, route.GetKVConfigRequest, route.GetKVConfigResponse, _GET, _CLUSTER
)
DELETE_KV_CONFIG = Command(
    RequestCode.DELETE_KV_CONFIG, route.DeleteKVConfigRequest, NoFields, _UPDATE, _CLUSTER
)
GET_KVLIST_BY_NAMESPACE = Command(
    RequestCode.GET_KVLIST_BY_NAMESPACE, route.GetKVListByNamespaceRequest, NoFields, _GET, _CLUSTER
)
UPDATE_NAMESRV_CONFIG = Command(RequestCode.UPDATE_NAMESRV_CONFIG, NoFields, NoFields, _UPDATE, _CLUSTER)
GET_NAMESRV_CONFIG = Command(RequestCode.GET_NAMESRV_CONFIG, NoFields, NoFields, _GET, _CLUSTER)

# Slaves read the master's tables.
GET_ALL_CONSUMER_OFFSET = Command(RequestCode.GET_ALL_CONSUMER_OFFSET, NoFields, NoFields, _GET, _CLUSTER)
GET_ALL_DELAY_OFFSET = Command(RequestCode.GET_ALL_DELAY_OFFSET, NoFields, NoFields, _GET, _CLUSTER)
GET_TIMER_CHECK_POINT = Command(RequestCode.GET_TIMER_CHECK_POINT, NoFields, NoFields, _GET, _CLUSTER)
GET_TIMER_METRICS = Command(RequestCode.GET_TIMER_METRICS, NoFields, NoFields, _GET, _CLUSTER)
GET_ALL_MESSAGE_REQUEST_MODE = Command(
    RequestCode.GET_ALL_MESSAGE_REQUEST_MODE, NoFields, NoFields, _GET, _CLUSTER
)

# High availability.
NOTIFY_MIN_BROKER_ID_CHANGE = Command(
    RequestCode.NOTIFY_MIN_BROKER_ID_CHANGE, ha.NotifyMinBrokerIdChangeRequest, NoFields, _UPDATE, _CLUSTER
)
EXCHANGE_BROKER_HA_INFO = Command(
    RequestCode.EXCHANGE_BROKER_HA_INFO,
    ha.ExchangeHAInfoRequest,
    ha.ExchangeHAInfoResponse,
    _UPDATE,
    _CLUSTER,
)
GET_BROKER_HA_STATUS = Command(RequestCode.GET_BROKER_HA_STATUS, NoFields, NoFields, _GET, _CLUSTER)
RESET_MASTER_FLUSH_OFFSET = Command(
    RequestCode.RESET_MASTER_FLUSH_OFFSET, ha.ResetMasterFlushOffset, NoFields, _UPDATE, _CLUSTER
)
GET_BROKER_EPOCH_CACHE = Command(RequestCode.GET_BROKER_EPOCH_CACHE, NoFields, NoFields, _GET, _CLUSTER)
NOTIFY_BROKER_ROLE_CHANGED = Command(
    RequestCode.NOTIFY_BROKER_ROLE_CHANGED, ha.NotifyBrokerRoleChangedRequest, NoFields, _UPDATE, _CLUSTER
)

# Controller.
CONTROLLER_ALTER_SYNC_STATE_SET = Command(
    RequestCode.CONTROLLER_ALTER_SYNC_STATE_SET,
    controller.AlterSyncStateSetRequest,
    controller.AlterSyncStateSetResponse,
    _UPDATE,
    _CLUSTER,
)
CONTROLLER_ELECT_MASTER = Command(
    RequestCode.CONTROLLER_ELECT_MASTER,
    controller.ElectMasterRequest,
    controller.ElectMasterResponse,
    _UPDATE,
    _CLUSTER,
)
CONTROLLER_REGISTER_BROKER = Command(
    RequestCode.CONTROLLER_REGISTER_BROKER,
    controller.RegisterBrokerToControllerRequest,
    controller.RegisterBrokerToControllerResponse,
    _UPDATE,
    _CLUSTER,
)
CONTROLLER_GET_REPLICA_INFO = Command(
    RequestCode.CONTROLLER_GET_REPLICA_INFO,
    controller.GetReplicaInfoRequest,
    controller.GetReplicaInfoResponse,
    _GET,
    _CLUSTER,
)
CONTROLLER_GET_METADATA_INFO = Command(
    RequestCode.CONTROLLER_GET_METADATA_INFO, NoFields, controller.GetMetaDataResponse, _GET, _CLUSTER
)
CONTROLLER_GET_SYNC_STATE_DATA = Command(
    RequestCode.CONTROLLER_GET_SYNC_STATE_DATA, NoFields, NoFields, _GET, _CLUSTER
)
UPDATE_CONTROLLER_CONFIG = Command(
    RequestCode.UPDATE_CONTROLLER_CONFIG, NoFields, NoFields, _UPDATE, _CLUSTER
)
GET_CONTROLLER_CONFIG = Command(RequestCode.GET_CONTROLLER_CONFIG, NoFields, NoFields, _GET, _CLUSTER)
CLEAN_BROKER_DATA = Command(
    RequestCode.CLEAN_BROKER_DATA, controller.CleanControllerBrokerDataRequest, NoFields, _UPDATE, _CLUSTER
)
CONTROLLER_GET_NEXT_BROKER_ID = Command(
    RequestCode.CONTROLLER_GET_NEXT_BROKER_ID,
    controller.GetNextBrokerIdRequest,
    controller.GetNextBrokerIdResponse,
    _GET,
    _CLUSTER,
)
CONTROLLER_APPLY_BROKER_ID = Command(
    RequestCode.CONTROLLER_APPLY_BROKER_ID,
    controller.ApplyBrokerIdRequest,
    controller.ApplyBrokerIdResponse,
    _UPDATE,
    _CLUSTER,
)
