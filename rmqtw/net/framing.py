"""Answers and requests as frames.

A server answers in its own serialization and never mirrors the request's. It says that its language
is JAVA: no client uses a server's language, but the JSON codec of rocketmq-client-go knows only the
names JAVA and GO, and Java's own brokers say JAVA.
"""

from __future__ import annotations

from typing import Any

from rmqtw.declare.fields import Header
from rmqtw.net.request import Answer
from rmqtw.wire.codes import VERSION
from rmqtw.wire.commands.command import Command
from rmqtw.wire.frames import ONEWAY_FLAG, RESPONSE_FLAG, RemotingCommand, SerializeType, encode_head

LANGUAGE = "JAVA"


def answer_runs(answer: Answer, opaque: int, serialize_type: SerializeType) -> tuple[list[Any], int]:
    """Return the frame of an answer as runs of bytes, and its size.

    Raises `FrameTooLarge` when the body is longer than a peer would accept.
    """
    body = answer.body
    runs = list(body) if body.__class__ in (list, tuple) else [body] if body else []
    length = sum(map(len, runs))
    head = encode_head(
        RemotingCommand(
            code=answer.code,
            opaque=opaque,
            flag=RESPONSE_FLAG,
            version=VERSION,
            language=LANGUAGE,
            remark=answer.remark,
            ext_fields=_ext_fields(answer),
            serialize_type=serialize_type,
        ),
        length,
    )
    return [head, *runs], len(head) + length


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


def _ext_fields(answer: Answer) -> dict[str, Any] | None:
    if answer.header is None:
        return dict(answer.ext) if answer.ext is not None else None
    fields: dict[str, Any] = answer.header.encode()
    if answer.ext:
        fields.update(answer.ext)
    return fields
