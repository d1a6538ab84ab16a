"""Messages as lines: for people, and as JSON."""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rmqtw.cli.problems import OutputClosed, Problem

if TYPE_CHECKING:
    from rmqtw.client.producer import SendResult
    from rmqtw.client.received import Received

ABSENT = "-"


def write_line(text: str) -> None:
    """Write a line to standard output as UTF-8, now.

    Raises `OutputClosed` when nobody reads it any more, `Problem` when it cannot be written.
    """
    try:
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _drop_output()
        raise OutputClosed from None
    except OSError as problem:
        _drop_output()
        raise Problem(f"the output cannot be written: {problem.strerror}; write it elsewhere") from None


def note(text: str) -> None:
    """Write one line to standard error, with the program's name before it."""
    sys.stderr.write(f"rmqtw: {printable(text)}\n")
    sys.stderr.flush()


def _drop_output() -> None:
    """What is buffered must not fail once more when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def printable(text: str) -> str:
    r"""Escape whatever a terminal might obey: `\n`, `\x1b`, and `\\` so that it can be undone."""
    if text.isprintable() and "\\" not in text:
        return text
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if character.isprintable():
        return character
    if "\x80" <= character <= "\xff":
        return f"\\u{ord(character):04x}"  # \x80 and above are bytes that are no UTF-8
    return character.encode("unicode_escape").decode()


def body_text(body: bytes) -> str:
    r"""A body for people: UTF-8, escaped; bytes that are none as `\xff`."""
    try:
        return printable(body.decode())
    except UnicodeDecodeError:
        pieces = body.decode("utf-8", "surrogateescape")
        return "".join(map(_byte_or_escaped, pieces))


def _byte_or_escaped(character: str) -> str:
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    return _escaped(character)


def sent_line(result: SendResult) -> str:
    """Where a message was stored, for people."""
    queue = result.queue
    where = f"{queue.topic} {queue.broker_name}:{queue.queue_id} offset {result.queue_offset}"
    return printable(f"sent {result.message_id} to {where}")


def sent_json(result: SendResult) -> str:
    """Where a message was stored, as one JSON object."""
    return _json(
        {
            "topic": result.queue.topic,
            "broker": result.queue.broker_name,
            "queueId": result.queue.queue_id,
            "queueOffset": result.queue_offset,
            "messageId": result.message_id,
            "offsetMessageId": result.offset_message_id,
            "status": result.status,
        }
    )


def message_line(message: Received, body: bytes) -> str:
    """A message for people: topic, queue, offset, tag, keys and body, with tabs between them."""
    queue = message.queue
    place = f"{queue.broker_name}:{queue.queue_id}"
    fields = (queue.topic, place, str(message.queue_offset), message.tags, message.keys)
    shown = (printable(field) if field else ABSENT for field in fields)
    return "\t".join((*shown, body_text(body)))


def message_json(message: Received, body: bytes) -> str:
    """A message as one JSON object; `body` if it is UTF-8, else `bodyBase64`."""
    return _json({**_about(message), **_json_body(body)})


def _about(message: Received) -> dict[str, Any]:
    return {
        "topic": message.queue.topic,
        "broker": message.queue.broker_name,
        "queueId": message.queue.queue_id,
        "queueOffset": message.queue_offset,
        "messageId": message.message_id,
        "offsetMessageId": message.offset_message_id,
        "tag": message.tags,
        "keys": (message.keys or "").split(),
        "properties": message.properties,
        "bornTimestamp": message.born_timestamp,
        "bornHost": message.born_host,
        "storeTimestamp": message.store_timestamp,
        "reconsumeTimes": message.reconsume_times,
    }


def _json_body(body: bytes) -> dict[str, str]:
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"bodyBase64": base64.b64encode(body).decode()}


def _json(value: Mapping[str, Any]) -> str:
    """One line of ASCII; DEL is the one control character that JSON would leave as it is."""
    return json.dumps(value).replace("\x7f", "\\u007f")
