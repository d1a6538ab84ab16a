"""Answers and requests as frames.

A server answers in its own serialization and never mirrors the request's. It says that its language
is JAVA: no client uses a server's language, but the JSON codec of rocketmq-client-go knows only the
names JAVA and GO, and Java's own brokers say JAVA.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Any

import msgspec

from rmqtw.declare.fields import Header
from rmqtw.net.request import Answer
from rmqtw.wire.codes import VERSION
from rmqtw.wire.commands.command import Command
from rmqtw.wire.frames import (
    FRAME_LIMIT,
    ONEWAY_FLAG,
    RESPONSE_FLAG,
    FrameTooLarge,
    RemotingCommand,
    SerializeType,
    encode_head,
)

LANGUAGE = "JAVA"

_ALWAYS = b'"flag":%d,"language":"%b",' % (RESPONSE_FLAG, LANGUAGE.encode())
_JSON_HEADER = (
    b'{"code":%d,%b'
    + _ALWAYS
    + b'"opaque":%d,%b"serializeTypeCurrentRPC":"JSON","version":'
    + b"%d}" % VERSION
)
_prefix = Struct(">II").pack
_write = msgspec.json.Encoder().encode


def answer_runs(answer: Answer, opaque: int, serialize_type: SerializeType) -> tuple[list[Any], int]:
    """Return the frame of an answer as runs of bytes, and its size.

    Raises `FrameTooLarge` when the body is longer than a peer would accept.
    """
    head_of = _json_head if serialize_type == 0 else _binary_head
    body = answer.body
    if body.__class__ is not bytes:
        return _scattered(answer, opaque, head_of)
    if not body:
        head = head_of(answer, opaque, 0)
        return [head], len(head)
    head = head_of(answer, opaque, len(body))
    return [head, body], len(head) + len(body)


def _scattered(
    answer: Answer, opaque: int, head_of: Callable[[Answer, int, int], bytes]
) -> tuple[list[Any], int]:
    body = answer.body
    runs = body if isinstance(body, list | tuple) else (body,)
    length = sum(map(len, runs))
    head = head_of(answer, opaque, length)
    return [head, *runs], len(head) + length


def _json_head(answer: Answer, opaque: int, length: int) -> bytes:
    """The same bytes as `wire.frames.encode_head`, in fewer steps: most answers are like each other."""
    fields, remark = answer.json_fields(), answer.remark
    header = _JSON_HEADER % (
        answer.code,
        b"" if fields is None else b'"extFields":%b,' % fields,
        opaque,
        b"" if remark is None else b'"remark":%b,' % _write(remark),
    )
    size = len(header)
    total = size + length + 4
    if total + 4 > FRAME_LIMIT:
        raise FrameTooLarge(f"frame of {total + 4} bytes: peers accept {FRAME_LIMIT}")
    return _prefix(total, size) + header


def _binary_head(answer: Answer, opaque: int, length: int) -> bytes:
    command = RemotingCommand(
        code=answer.code,
        opaque=opaque,
        flag=RESPONSE_FLAG,
        version=VERSION,
        language=LANGUAGE,
        remark=answer.remark,
        ext_fields=answer.ext_fields(),
        serialize_type=SerializeType.ROCKETMQ,
    )
    return encode_head(command, length)


def request_frame(
    command: Command[Any, Any],
    header: Header | None = None,
    body: bytes = b"",
    *,
    oneway: bool = False,
    language: str = LANGUAGE,
    serialize_type: SerializeType = SerializeType.JSON,
) -> RemotingCommand:
    """Return a request to send: `Peer.send` for a one-way, `Peer.call` for any other."""
    return RemotingCommand(
        code=command.code,
        flag=ONEWAY_FLAG if oneway else 0,
        version=VERSION,
        language=language,
        ext_fields={} if header is None else dict(header.encode()),
        body=body,
        serialize_type=serialize_type,
    )

