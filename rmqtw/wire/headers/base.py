"""What request headers have in common. Java: package `org.apache.rocketmq.remoting.rpc`."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from rmqtw.declare.fields import Header, field


class RpcRequest(Header):
    """Fields that 5.x clients put into most requests. Java: `RpcRequestHeader`."""

    ns: Annotated[str | None, field("Namespace.")] = None
    nsd: Annotated[bool | None, field("Whether the names already carry the namespace.")] = None
    bname: Annotated[str | None, field("Name of the broker that is meant.")] = None
    oway: Annotated[bool | None, field("Whether the sender expects no answer.")] = None


class TopicRequest(RpcRequest):
    """A request about a topic. Java: `TopicRequestHeader`."""

    lo: Annotated[bool | None, field("Whether queue ids are logical ones of a static topic.")] = None


class TopicQueueRequest(TopicRequest):
    """A request about one queue of a topic. Java: `TopicQueueRequestHeader`."""


class BoundaryType(Enum):
    """Which of several messages with one timestamp an offset search finds. Java: `BoundaryType`."""

    LOWER = "LOWER"
    UPPER = "UPPER"

    @classmethod
    def _missing_(cls, value: object) -> BoundaryType:
        """Any case is good, and what is neither counts as LOWER, as in Java."""
        return cls.UPPER if str(value).upper() == "UPPER" else cls.LOWER
