"""What `rmqtw msg tail` does once the reactor runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rmqtw.cli.output import message_json, message_line, note, write_line
from rmqtw.cli.problems import OK, REFUSED
from rmqtw.client.consumer.reader import Reader, Start
from rmqtw.client.received import Received, UnreadableBody
from rmqtw.tap.clients import client

_FORMS = {"text": message_line, "json": message_json}


class _Printer:
    """Prints messages until there were enough."""

    def __init__(self, form: str, count: int | None) -> None:
        self.exit_code = OK
        self.is_done = False
        self._line = _FORMS[form]
        self._left = count

    def print(self, message: Received) -> None:
        write_line(self._line(message, self._content(message)))
        if self._left is not None:
            self._left -= 1
            self.is_done = self._left == 0

    def _content(self, message: Received) -> bytes:
        """The body; as it is stored, and said so, when it cannot be inflated."""
        try:
            return message.content()
        except UnreadableBody as problem:
            self.exit_code = REFUSED
            note(f"message {message.message_id}: {problem}; it is shown as it is stored")
            return message.body


async def follow(
    reactor: Any,
    *,
    topic: str,
    tag: str | None,
    start: str,
    count: int | None,
    namesrv: Sequence[str],
    form: str,
) -> int:
    """Print messages until `count` are printed. Fires with the exit code; fails as `Reader.run` does."""
    rmq = client(namesrv, reactor)
    printer = _Printer(form, count)

    def take(message: Received) -> None:
        printer.print(message)
        if printer.is_done:
            reader.stop()

    reader = Reader(rmq, topic, take, tags=tag, start=Start(start), tell=note)
    try:
        await reader.run()
    finally:
        await rmq.close()
    return printer.exit_code
