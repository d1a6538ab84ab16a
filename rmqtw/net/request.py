"""The request context: what every verb is handed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import attrs

from rmqtw.declare.fields import Header
from rmqtw.interfaces.security import Principal
from rmqtw.wire.frames import RemotingCommand

H = TypeVar("H", bound=Header)


@attrs.frozen
class Answer:
    """What a verb answers. `header` becomes extFields; `ext` adds fields no header declares.

    `body` may be a sequence of bytes-like runs, written without joining.
    """

    code: int = 0
    header: Header | None = None
    body: Any = b""
    remark: str | None = None
    ext: dict[str, str] | None = None


class Held:
    """Type of `HELD`: the verb keeps the request and will call `request.reply` exactly once."""


HELD = Held()


@attrs.define(eq=False)
class Request(Generic[H]):
    """One admitted request on its way through a verb."""

    peer: Any
    principal: Principal
    namespace: str
    listener: str
    received_at: int
    command: RemotingCommand
    header: H
    body: bytes
    reply: Callable[[Answer], None]
