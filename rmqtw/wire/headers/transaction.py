"""Transactional messages."""

from __future__ import annotations

from typing import Annotated

from rmqtw.declare.fields import Header, Int32, Int64, Resource, field
from rmqtw.wire.headers.base import RpcRequest


class EndTransactionRequest(RpcRequest, kw_only=True):
    """Commit or roll back a half message: END_TRANSACTION. Java: `EndTransactionRequestHeader`."""

    commit_log_offset: Annotated[Int64, field("Physical offset of the half message.")]
    commit_or_rollback: Annotated[Int32, field("0 unknown, 8 commit, 12 roll back.")]
    msg_id: Annotated[str, field("Offset message id.")]
    producer_group: Annotated[str, field("Group of the producer.")]
    tran_state_table_offset: Annotated[Int64, field("Queue offset of the half message.")]
    from_transaction_check: Annotated[bool, field("Whether this answers a check by the broker.")] = False
    topic: Annotated[str | None, field("The topic.", resource=Resource.TOPIC)] = None
    transaction_id: Annotated[str | None, field("Id of the transaction.")] = None


class CheckTransactionStateRequest(RpcRequest, kw_only=True):
    """A broker asks a producer about a half message: CHECK_TRANSACTION_STATE.

    Java: `CheckTransactionStateRequestHeader`.
    """

    commit_log_offset: Annotated[Int64, field("Physical offset of the half message.")]
    tran_state_table_offset: Annotated[Int64, field("Queue offset of the half message.")]
    msg_id: Annotated[str | None, field("Offset message id.")] = None
    offset_msg_id: Annotated[str | None, field("Offset message id of the half message.")] = None
    topic: Annotated[str | None, field("The topic.", resource=Resource.TOPIC)] = None
    transaction_id: Annotated[str | None, field("Id of the transaction.")] = None


class CheckTransactionStateResponse(Header, kw_only=True):
    """A state of a half message; clients answer with END_TRANSACTION instead.

    Java: `CheckTransactionStateResponseHeader`.
    """

    commit_log_offset: Annotated[Int64, field("Physical offset of the half message.")]
    commit_or_rollback: Annotated[Int32, field("0 unknown, 8 commit, 12 roll back.")]
    producer_group: Annotated[str, field("Group of the producer.")]
    tran_state_table_offset: Annotated[Int64, field("Queue offset of the half message.")]


class ResumeCheckHalfMessageRequest(Header, kw_only=True):
    """Check a half message again: RESUME_CHECK_HALF_MESSAGE. Java: `ResumeCheckHalfMessageRequestHeader`."""

    msg_id: Annotated[str | None, field("Offset message id.")] = None
    topic: Annotated[str | None, field("The topic.", resource=Resource.TOPIC)] = None
