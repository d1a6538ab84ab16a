"""The request context: what every verb is handed, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs
import msgspec

from rmqtw.declare.fields import Header
from rmqtw.interfaces.security import Principal
from rmqtw.wire.codes import RequestCode
from rmqtw.wire.frames import Command
from rmqtw.wire.remoting import texts_of

if TYPE_CHECKING:
    from rmqtw.net.peers import Peer

_write = msgspec.json.Encoder().encode

H = TypeVar("H", bound=Header)


@attrs.define(eq=False)
class Answer:
    """What a verb answers. `header` becomes extFields; `ext` adds fields no header declares.

    `body` may be a list or tuple of bytes-like runs, written without joining. Made once for each
    request: do not keep or change one after handing it over.
    """

    code: int = 0
    header: Header | None = None
    body: Any = b""
    remark: str | None = None
    ext: dict[str, str] | None = None

    def ext_fields(self) -> dict[str, Any] | None:
        """The extFields of the answer's frame, every value as text."""
        if self.ext:
            return texts_of({**(self.header.encode() if self.header is not None else {}), **self.ext})
        return self.ext if self.header is None else self.header.encode()

    def json_fields(self) -> bytes | None:
        """The same as JSON; an answer that is given very often may know a shorter way."""
        fields = self.ext_fields()
        return None if fields is None else _write(fields)


class Held:
    """Type of `HELD`: the verb keeps the request and will call `request.reply` exactly once."""

    __slots__ = ()


HELD = Held()

CERTAIN = Held()
"""Like `HELD`, for a verb whose answer comes soon and even when the peer is gone meanwhile.

Nobody has to remember such a request for the day its peer goes.
"""


@attrs.define(eq=False)
class Request(Generic[H]):
    """One admitted request on its way through a verb.

    `received_at` is wall time in milliseconds, read once for all requests of a socket read.
    `namespace` is the extField `ns` (5.x clients), else empty.
    """

    peer: Peer
    principal: Principal
    namespace: str
    listener: str
    received_at: int
    command: Command
    header: H
    body: bytes
    _reply: Callable[[Answer], Any]

    def reply(self, answer: Answer) -> None:
        """Answer a request that the verb held. The first answer counts; a second is logged.

        Nothing is sent for a one-way request or to a peer that is gone.
        """
        self._reply(answer)

    @property
    def is_oneway(self) -> bool:
        """True when nobody waits for an answer."""
        return self.command.is_oneway

    @property
    def name(self) -> str:
        """The command's name for logs, such as `PULL_MESSAGE`."""
        return command_name(self.command.code)


def command_name(code: int) -> str:
    """The request code's name, or its number when nobody knows it."""
    try:
        return RequestCode(code).name
    except ValueError:
        return f"request code {code}"
