"""One frame as a value, and what can be wrong with one. Java: `RemotingCommand`.

Everybody imports these from `rmqtw.wire.frames`; they live here so that the two header codecs can
share them.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import msgspec

from rmqtw.declare.fields import Int32

FRAME_LIMIT = 16 * 1024 * 1024
"""Bytes of the longest frame, its length field included (`com.rocketmq.remoting.frameMaxLength`)."""

RESPONSE_FLAG = 1
ONEWAY_FLAG = 2

ExtFields = dict[str, str | int | float | bool]
"""Untyped header fields. Java writes text only; C++ and JavaScript clients send numbers and booleans."""


class MalformedFrame(Exception):
    """Bytes that no frame can begin with; nothing after them can be trusted, so close the connection.

    `frames` are the whole frames that arrived before the bad one in the same piece of data: Java
    serves those before it closes.
    """

    def __init__(self, reason: str, frames: Sequence[bytes | memoryview] = ()) -> None:
        super().__init__(reason)
        self.frames = tuple(frames)


class FrameTooLarge(ValueError):
    """A frame to be sent is longer than any peer would accept."""


class SerializeType(IntEnum):
    """How a frame's header is written."""

    JSON = 0
    ROCKETMQ = 1


class Frame(msgspec.Struct, kw_only=True, gc=False):
    """One frame, request or response, but for its fields.

    `language` is a name of `LanguageCode`, or None when the peer sent one that nobody knows.
    """

    code: Int32
    opaque: Int32 = 0
    flag: Int32 = 0
    version: Int32 = 0
    language: str | None = "JAVA"
    remark: str | None = None
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


class RemotingCommand(Frame, kw_only=True, gc=False, rename={"ext_fields": "extFields"}):
    """One frame with its header still untyped."""

    ext_fields: ExtFields | None = None


def text_of(value: object) -> str:
    """Return a field's value as Java spells it: `true`, `false`, else decimal."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    return str(value)


def texts_of(fields: ExtFields) -> dict[str, str]:
    """Return extFields with every value as text; the same dict when they are all text already."""
    for value in fields.values():
        if value.__class__ is not str:
            return {key: text_of(item) for key, item in fields.items()}
    return fields  # type: ignore[return-value]
