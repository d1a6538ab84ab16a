"""Answers that mean failure, as exceptions: one class for each of Apache's response codes.

A verb raises one and the dispatcher turns it into an answer; a client call fails with the same class.
"""

from __future__ import annotations

from typing import ClassVar

from rmqtw.wire.codes import ResponseCode

OUTCOMES = frozenset(
    {
        ResponseCode.SUCCESS,
        ResponseCode.FLUSH_DISK_TIMEOUT,
        ResponseCode.SLAVE_NOT_AVAILABLE,
        ResponseCode.FLUSH_SLAVE_TIMEOUT,
        ResponseCode.PULL_NOT_FOUND,
        ResponseCode.PULL_RETRY_IMMEDIATELY,
        ResponseCode.PULL_OFFSET_MOVED,
        ResponseCode.POLLING_FULL,
        ResponseCode.POLLING_TIMEOUT,
    }
)
"""Codes that an answer may carry beside SUCCESS without the request having failed: the message is
stored, or a pull or POP ended without one. Callers read these; they do not catch them."""


_CLASSES: dict[int, type[RemotingError]] = {}

FAQ = "See https://rocketmq.apache.org/docs/bestPractice/06FAQ for further details."
"""How Apache ends the remarks about topics and subscriptions that are not there."""


class RemotingError(Exception):
    """A request failed. `str()` is the remark, or the code's name when the remark is empty."""

    code: int = ResponseCode.SYSTEM_ERROR
    retriable: ClassVar[bool] = False
    """Whether Java's producer tries another broker on this code (`DefaultMQProducerImpl`)."""

    def __init__(self, remark: str = "") -> None:
        super().__init__(remark)
        self.remark = remark

    def __init_subclass__(cls) -> None:
        """Register the class under its code; a class without one of its own shares its parent's."""
        super().__init_subclass__()
        if "code" in cls.__dict__ and _CLASSES.setdefault(cls.code, cls) is not cls:
            raise TypeError(f"{cls.__name__}: code {cls.code} belongs to {_CLASSES[cls.code].__name__}")

    def __str__(self) -> str:
        return self.remark or f"response code {_name(self.code)}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({int(self.code)}, {self.remark!r})"


def error_for(code: int, remark: str | None = None) -> RemotingError:
    """Return the exception of a response code; a code nobody knows stays an int on `.code`."""
    known = _CLASSES.get(code)
    if known is not None:
        return known(remark or "")
    error = RemotingError(remark or "")
    error.code = code
    return error


def _name(code: int) -> str:
    try:
        return f"{int(code)} {ResponseCode(code).name}"
    except ValueError:
        return str(code)


class SystemFailure(RemotingError):
    """Something went wrong inside; the remark says what."""

    code = ResponseCode.SYSTEM_ERROR
    retriable = True


class SystemBusy(RemotingError):
    """A lane or queue is full; the client should back off and try again."""

    code = ResponseCode.SYSTEM_BUSY
    retriable = True


class RequestCodeNotSupported(RemotingError):
    """Nobody here serves this request code."""

    code = ResponseCode.REQUEST_CODE_NOT_SUPPORTED


class TransactionFailed(RemotingError):
    """Reserved by Apache; never sent."""

    code = ResponseCode.TRANSACTION_FAILED


class MessageIllegal(RemotingError):
    """Topic, body, properties, batch or delay break a rule."""

    code = ResponseCode.MESSAGE_ILLEGAL


class ServiceNotAvailable(RemotingError):
    """The store takes no writes: slave, shutting down, or disk full."""

    code = ResponseCode.SERVICE_NOT_AVAILABLE
    retriable = True


class VersionNotSupported(RemotingError):
    """The peer's version is too old for this request."""

    code = ResponseCode.VERSION_NOT_SUPPORTED


class NoPermission(RemotingError):
    """The caller, or the permission bits of topic, group or broker, do not allow it."""

    code = ResponseCode.NO_PERMISSION
    retriable = True


class TopicNotExist(RemotingError):
    """No such topic, or no route to it."""

    code = ResponseCode.TOPIC_NOT_EXIST
    retriable = True


class TopicExistAlready(RemotingError):
    """The topic is there already."""

    code = ResponseCode.TOPIC_EXIST_ALREADY


class QueryNotFound(RemotingError):
    """No committed offset, no indexed message, or no such key."""

    code = ResponseCode.QUERY_NOT_FOUND


class SubscriptionParseFailed(RemotingError):
    """The filter expression cannot be parsed."""

    code = ResponseCode.SUBSCRIPTION_PARSE_FAILED


class SubscriptionNotExist(RemotingError):
    """The group has not subscribed to the topic here."""

    code = ResponseCode.SUBSCRIPTION_NOT_EXIST


class SubscriptionNotLatest(RemotingError):
    """The subscription known here is older than the one asked for."""

    code = ResponseCode.SUBSCRIPTION_NOT_LATEST


class SubscriptionGroupNotExist(RemotingError):
    """No such consumer group, and none is created."""

    code = ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST


class FilterDataNotExist(RemotingError):
    """No compiled filter of this group and topic."""

    code = ResponseCode.FILTER_DATA_NOT_EXIST


class FilterDataNotLatest(RemotingError):
    """The compiled filter is older than the one asked for."""

    code = ResponseCode.FILTER_DATA_NOT_LATEST


class InvalidParameter(RemotingError):
    """A field is missing, ill-typed or out of range; the remark names it."""

    code = ResponseCode.INVALID_PARAMETER


class TransactionShouldCommit(RemotingError):
    """Reserved by Apache; never sent."""

    code = ResponseCode.TRANSACTION_SHOULD_COMMIT


class TransactionShouldRollback(RemotingError):
    """Reserved by Apache; never sent."""

    code = ResponseCode.TRANSACTION_SHOULD_ROLLBACK


class TransactionStateUnknow(RemotingError):
    """Reserved by Apache, spelling included; never sent."""

    code = ResponseCode.TRANSACTION_STATE_UNKNOW


class TransactionStateGroupWrong(RemotingError):
    """Reserved by Apache; never sent."""

    code = ResponseCode.TRANSACTION_STATE_GROUP_WRONG


class NoBuyerId(RemotingError):
    """Reserved by Apache; clients try another broker."""

    code = ResponseCode.NO_BUYER_ID
    retriable = True


class NotInCurrentUnit(RemotingError):
    """Reserved by Apache; clients try another broker."""

    code = ResponseCode.NOT_IN_CURRENT_UNIT
    retriable = True


class ConsumerNotOnline(RemotingError):
    """No client of this group, or not the one named, is connected."""

    code = ResponseCode.CONSUMER_NOT_ONLINE


class ConsumeMsgTimeout(RemotingError):
    """The client did not finish consuming the message in time."""

    code = ResponseCode.CONSUME_MSG_TIMEOUT


class NoMessage(RemotingError):
    """The offset to acknowledge is outside of what the queue holds."""

    code = ResponseCode.NO_MESSAGE


class BrokerNotExist(RemotingError):
    """No broker of that name."""

    code = ResponseCode.BROKER_NOT_EXIST


class BrokerDispatchNotComplete(RemotingError):
    """The broker is still building its queues."""

    code = ResponseCode.BROKER_DISPATCH_NOT_COMPLETE


class BroadcastConsumption(RemotingError):
    """The group broadcasts, so the broker keeps no offsets for it."""

    code = ResponseCode.BROADCAST_CONSUMPTION


class FlowControl(RemotingError):
    """A rate limit was hit."""

    code = ResponseCode.FLOW_CONTROL


class NotLeaderForQueue(RemotingError):
    """The static topic's queue moved; fetch the route again."""

    code = ResponseCode.NOT_LEADER_FOR_QUEUE


class IllegalOperation(RemotingError):
    """The recall handle is bad, or the message is due already."""

    code = ResponseCode.ILLEGAL_OPERATION


class GoAway(RemotingError):
    """The server shuts down; connect again and send once more."""

    code = ResponseCode.GO_AWAY
    retriable = True


class RpcUnknown(RemotingError):
    """A broker's call to another broker failed."""

    code = ResponseCode.RPC_UNKNOWN


class RpcAddrIsNull(RemotingError):
    """A broker does not know the other broker's address."""

    code = ResponseCode.RPC_ADDR_IS_NULL


class RpcSendToChannelFailed(RemotingError):
    """A broker could not send to the other broker."""

    code = ResponseCode.RPC_SEND_TO_CHANNEL_FAILED


class RpcTimeOut(RemotingError):
    """The other broker did not answer in time."""

    code = ResponseCode.RPC_TIME_OUT


class ControllerFencedMasterEpoch(RemotingError):
    """The master's epoch is out of date."""

    code = ResponseCode.CONTROLLER_FENCED_MASTER_EPOCH


class ControllerFencedSyncStateSetEpoch(RemotingError):
    """The sync state set's epoch is out of date."""

    code = ResponseCode.CONTROLLER_FENCED_SYNC_STATE_SET_EPOCH


class ControllerInvalidMaster(RemotingError):
    """The sender is not the master the controller knows."""

    code = ResponseCode.CONTROLLER_INVALID_MASTER


class ControllerInvalidReplicas(RemotingError):
    """A replica in the set is unknown or not alive."""

    code = ResponseCode.CONTROLLER_INVALID_REPLICAS


class ControllerMasterNotAvailable(RemotingError):
    """The group has no master now."""

    code = ResponseCode.CONTROLLER_MASTER_NOT_AVAILABLE


class ControllerInvalidRequest(RemotingError):
    """The controller cannot make sense of the request."""

    code = ResponseCode.CONTROLLER_INVALID_REQUEST


class ControllerBrokerNotAlive(RemotingError):
    """The broker has not been heard of lately."""

    code = ResponseCode.CONTROLLER_BROKER_NOT_ALIVE


class ControllerNotLeader(RemotingError):
    """Ask the leader of the controllers."""

    code = ResponseCode.CONTROLLER_NOT_LEADER


class ControllerBrokerMetadataNotExist(RemotingError):
    """The controller knows nothing of this broker."""

    code = ResponseCode.CONTROLLER_BROKER_METADATA_NOT_EXIST


class ControllerInvalidCleanBrokerMetadata(RemotingError):
    """A living broker's metadata is not cleaned."""

    code = ResponseCode.CONTROLLER_INVALID_CLEAN_BROKER_METADATA


class ControllerBrokerNeedToBeRegistered(RemotingError):
    """The broker must register first."""

    code = ResponseCode.CONTROLLER_BROKER_NEED_TO_BE_REGISTERED


class ControllerMasterStillExist(RemotingError):
    """No election: the master is alive."""

    code = ResponseCode.CONTROLLER_MASTER_STILL_EXIST


class ControllerElectMasterFailed(RemotingError):
    """No replica could become master."""

    code = ResponseCode.CONTROLLER_ELECT_MASTER_FAILED


class ControllerAlterSyncStateSetFailed(RemotingError):
    """The sync state set was not changed."""

    code = ResponseCode.CONTROLLER_ALTER_SYNC_STATE_SET_FAILED


class ControllerBrokerIdInvalid(RemotingError):
    """The broker id is taken or was never given out."""

    code = ResponseCode.CONTROLLER_BROKER_ID_INVALID


class ControllerJraftInternalError(RemotingError):
    """The controllers' log failed."""

    code = ResponseCode.CONTROLLER_JRAFT_INTERNAL_ERROR


class ControllerBrokerLiveInfoNotExists(RemotingError):
    """The controller has no heartbeat of this broker."""

    code = ResponseCode.CONTROLLER_BROKER_LIVE_INFO_NOT_EXISTS


class LmqQuotaExceeded(RemotingError):
    """Too many light message queues."""

    code = ResponseCode.LMQ_QUOTA_EXCEEDED


class LiteSubscriptionQuotaExceeded(RemotingError):
    """Too many lite subscriptions (5.4+)."""

    code = ResponseCode.LITE_SUBSCRIPTION_QUOTA_EXCEEDED


class UserNotExist(RemotingError):
    """No such user."""

    code = ResponseCode.USER_NOT_EXIST


class PolicyNotExist(RemotingError):
    """No such access policy."""

    code = ResponseCode.POLICY_NOT_EXIST
