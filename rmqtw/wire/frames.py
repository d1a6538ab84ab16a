"""Remoting frames: `length(4) | serialize type(1) header length(3) | header | body`.

Java: `RemotingCommand`, `NettyDecoder`, `NettyEncoder`. The serialization is detected for each
frame; a server answers in its own and never mirrors the request's.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec

FRAME_LIMIT = 16 * 1024 * 1024
RESPONSE_FLAG = 1
ONEWAY_FLAG = 2


class SerializeType(IntEnum):
    """How a frame's header is written."""

    JSON = 0
    ROCKETMQ = 1


class RemotingCommand(msgspec.Struct, kw_only=True, gc=False):
    """One frame, request or response, with its header still untyped."""

    code: int
    opaque: int = 0
    flag: int = 0
    version: int = 0
    language: str | None = "JAVA"
    remark: str | None = None
    ext_fields: dict[str, str | int | float | bool | None] | None = None
    body: bytes = b""
    serialize_type: SerializeType = SerializeType.JSON

    @property
    def is_response(self) -> bool:
        """True when this frame answers a request."""
        return bool(self.flag & RESPONSE_FLAG)

    @property
    def is_oneway(self) -> bool:
        """True when the sender expects no answer, not even an error."""
        return bool(self.flag & ONEWAY_FLAG)
