"""Commands of producers and consumers, and those a broker sends to them.

Rules: Java's `DefaultAuthorizationContextBuilder`, and the resource marks of its headers. Where
Java asks for nothing although there is something to protect, the rule is ours and says so.
"""

from __future__ import annotations

from rmqtw.declare.access import Action
from rmqtw.declare.fields import NoFields, Resource
from rmqtw.wire.codes import RequestCode
from rmqtw.wire.commands import rules
from rmqtw.wire.commands.command import Command
from rmqtw.wire.headers import group, lite, pop, pull, send, transaction

_SUB_OR_GET = (Action.GET,)

# Send.
SEND_MESSAGE = Command(
    RequestCode.SEND_MESSAGE, send.SendMessageRequest, send.SendMessageResponse, Action.PUB
)
SEND_MESSAGE_V2 = Command(
    RequestCode.SEND_MESSAGE_V2, send.SendMessageRequestV2, send.SendMessageResponse, Action.PUB
)
SEND_BATCH_MESSAGE = Command(
    RequestCode.SEND_BATCH_MESSAGE, send.SendMessageRequestV2, send.SendMessageResponse, Action.PUB
)
SEND_REPLY_MESSAGE = Command(  # ours: Java asks nothing of a reply, which is a message like others
    RequestCode.SEND_REPLY_MESSAGE, send.SendMessageRequest, send.SendMessageResponse, Action.PUB
)
SEND_REPLY_MESSAGE_V2 = Command(
    RequestCode.SEND_REPLY_MESSAGE_V2, send.SendMessageRequestV2, send.SendMessageResponse, Action.PUB
)
PUSH_REPLY_MESSAGE_TO_CLIENT = Command(
    RequestCode.PUSH_REPLY_MESSAGE_TO_CLIENT, send.ReplyMessageRequest, NoFields, Action.SUB
)
RECALL_MESSAGE = Command(
    RequestCode.RECALL_MESSAGE, send.RecallMessageRequest, send.RecallMessageResponse, Action.PUB
)
END_TRANSACTION = Command(  # ours: without a topic (4.9 clients) Java asks nothing
    RequestCode.END_TRANSACTION,
    transaction.EndTransactionRequest,
    NoFields,
    Action.PUB,
    from_header=rules.end_transaction,
)
CHECK_TRANSACTION_STATE = Command(
    RequestCode.CHECK_TRANSACTION_STATE, transaction.CheckTransactionStateRequest, NoFields, Action.PUB
)

# Pull, and offsets.
PULL_MESSAGE = Command(
    RequestCode.PULL_MESSAGE, pull.PullMessageRequest, pull.PullMessageResponse, Action.SUB
)
LITE_PULL_MESSAGE = Command(  # ours: as PULL_MESSAGE, which it is
    RequestCode.LITE_PULL_MESSAGE, pull.PullMessageRequest, pull.PullMessageResponse, Action.SUB
)
QUERY_MESSAGE = Command(
    RequestCode.QUERY_MESSAGE,
    pull.QueryMessageRequest,
    pull.QueryMessageResponse,
    Action.SUB,
    alternatives=_SUB_OR_GET,
)
VIEW_MESSAGE_BY_ID = Command(
    RequestCode.VIEW_MESSAGE_BY_ID, pull.ViewMessageRequest, pull.ViewMessageResponse, Action.GET
)
QUERY_CONSUMER_OFFSET = Command(
    RequestCode.QUERY_CONSUMER_OFFSET,
    pull.QueryConsumerOffsetRequest,
    pull.QueryConsumerOffsetResponse,
    Action.SUB,
    alternatives=_SUB_OR_GET,
)
UPDATE_CONSUMER_OFFSET = Command(
    RequestCode.UPDATE_CONSUMER_OFFSET,
    pull.UpdateConsumerOffsetRequest,
    pull.UpdateConsumerOffsetResponse,
    Action.SUB,
    alternatives=(Action.UPDATE,),
)
SEARCH_OFFSET_BY_TIMESTAMP = Command(
    RequestCode.SEARCH_OFFSET_BY_TIMESTAMP, pull.SearchOffsetRequest, pull.SearchOffsetResponse, Action.GET
)
GET_MAX_OFFSET = Command(
    RequestCode.GET_MAX_OFFSET, pull.GetMaxOffsetRequest, pull.GetMaxOffsetResponse, Action.GET
)
GET_MIN_OFFSET = Command(
    RequestCode.GET_MIN_OFFSET, pull.GetMinOffsetRequest, pull.GetMinOffsetResponse, Action.GET
)
GET_EARLIEST_MSG_STORETIME = Command(
    RequestCode.GET_EARLIEST_MSG_STORETIME,
    pull.GetEarliestMsgStoretimeRequest,
    pull.GetEarliestMsgStoretimeResponse,
    Action.GET,
)

# Presence and rebalance.
HEART_BEAT = Command(
    RequestCode.HEART_BEAT, group.HeartbeatRequest, NoFields, Action.SUB, from_body=rules.heartbeat
)
UNREGISTER_CLIENT = Command(
    RequestCode.UNREGISTER_CLIENT,
    group.UnregisterClientRequest,
    NoFields,
    Action.SUB,
    from_header=rules.unregister_client,
)
CHECK_CLIENT_CONFIG = Command(  # ours: it tells whether group and topic exist
    RequestCode.CHECK_CLIENT_CONFIG, NoFields, NoFields, Action.SUB, from_body=rules.check_client_config
)
GET_CONSUMER_LIST_BY_GROUP = Command(
    RequestCode.GET_CONSUMER_LIST_BY_GROUP,
    group.GetConsumerListByGroupRequest,
    group.GetConsumerListByGroupResponse,
    Action.SUB,
    alternatives=_SUB_OR_GET,
)
NOTIFY_CONSUMER_IDS_CHANGED = Command(
    RequestCode.NOTIFY_CONSUMER_IDS_CHANGED, group.NotifyConsumerIdsChangedRequest, NoFields, Action.SUB
)
LOCK_BATCH_MQ = Command(
    RequestCode.LOCK_BATCH_MQ, group.LockBatchMqRequest, NoFields, Action.SUB, from_body=rules.lock_queues
)
UNLOCK_BATCH_MQ = Command(
    RequestCode.UNLOCK_BATCH_MQ, group.UnlockBatchMqRequest, NoFields, Action.SUB, from_body=rules.lock_queues
)
QUERY_ASSIGNMENT = Command(  # ours: consumers ask it where they would lock or pull
    RequestCode.QUERY_ASSIGNMENT, NoFields, NoFields, Action.SUB, from_body=rules.assignment
)
CONSUMER_SEND_MSG_BACK = Command(
    RequestCode.CONSUMER_SEND_MSG_BACK, group.ConsumerSendMsgBackRequest, NoFields, Action.SUB
)
CONSUME_MESSAGE_DIRECTLY = Command(
    RequestCode.CONSUME_MESSAGE_DIRECTLY, group.ConsumeMessageDirectlyResultRequest, NoFields, Action.SUB
)
RESET_CONSUMER_CLIENT_OFFSET = Command(
    RequestCode.RESET_CONSUMER_CLIENT_OFFSET, group.ResetOffsetRequest, NoFields, Action.UPDATE
)
GET_CONSUMER_STATUS_FROM_CLIENT = Command(
    RequestCode.GET_CONSUMER_STATUS_FROM_CLIENT, group.GetConsumerStatusRequest, NoFields, Action.GET
)
GET_CONSUMER_RUNNING_INFO = Command(
    RequestCode.GET_CONSUMER_RUNNING_INFO, group.GetConsumerRunningInfoRequest, NoFields, Action.GET
)

# POP.
POP_MESSAGE = Command(RequestCode.POP_MESSAGE, pop.PopMessageRequest, pop.PopMessageResponse, Action.SUB)
PEEK_MESSAGE = Command(RequestCode.PEEK_MESSAGE, pop.PeekMessageRequest, pop.PopMessageResponse, Action.SUB)
ACK_MESSAGE = Command(RequestCode.ACK_MESSAGE, pop.AckMessageRequest, NoFields, Action.SUB)
BATCH_ACK_MESSAGE = Command(  # ours: as ACK_MESSAGE for each entry
    RequestCode.BATCH_ACK_MESSAGE, NoFields, NoFields, Action.SUB, from_body=rules.batch_ack
)
CHANGE_MESSAGE_INVISIBLETIME = Command(
    RequestCode.CHANGE_MESSAGE_INVISIBLETIME,
    pop.ChangeInvisibleTimeRequest,
    pop.ChangeInvisibleTimeResponse,
    Action.SUB,
)
NOTIFICATION = Command(
    RequestCode.NOTIFICATION, pop.NotificationRequest, pop.NotificationResponse, Action.SUB
)
POLLING_INFO = Command(RequestCode.POLLING_INFO, pop.PollingInfoRequest, pop.PollingInfoResponse, Action.GET)

# Lite topics (5.4 and later).
POP_LITE_MESSAGE = Command(
    RequestCode.POP_LITE_MESSAGE, lite.PopLiteMessageRequest, lite.PopLiteMessageResponse, Action.SUB
)
ACK_LITE_MESSAGE = Command(RequestCode.ACK_LITE_MESSAGE, pop.AckMessageRequest, NoFields, Action.SUB)
LITE_SUBSCRIPTION_CTL = Command(
    RequestCode.LITE_SUBSCRIPTION_CTL,
    lite.LiteSubscriptionCtlRequest,
    NoFields,
    Action.SUB,
    from_body=rules.lite_subscription,
)
NOTIFY_UNSUBSCRIBE_LITE = Command(
    RequestCode.NOTIFY_UNSUBSCRIBE_LITE, lite.NotifyUnsubscribeLiteRequest, NoFields, Action.SUB
)
GET_PARENT_TOPIC_INFO = Command(
    RequestCode.GET_PARENT_TOPIC_INFO, lite.GetParentTopicInfoRequest, NoFields, Action.GET
)
GET_LITE_TOPIC_INFO = Command(
    RequestCode.GET_LITE_TOPIC_INFO, lite.GetLiteTopicInfoRequest, NoFields, Action.GET
)
GET_LITE_CLIENT_INFO = Command(
    RequestCode.GET_LITE_CLIENT_INFO, lite.GetLiteClientInfoRequest, NoFields, Action.GET
)
GET_LITE_GROUP_INFO = Command(
    RequestCode.GET_LITE_GROUP_INFO, lite.GetLiteGroupInfoRequest, NoFields, Action.GET
)
GET_BROKER_LITE_INFO = Command(
    RequestCode.GET_BROKER_LITE_INFO, NoFields, NoFields, Action.GET, resource=Resource.CLUSTER
)
TRIGGER_LITE_DISPATCH = Command(
    RequestCode.TRIGGER_LITE_DISPATCH, lite.TriggerLiteDispatchRequest, NoFields, Action.UPDATE
)
