"""The lines of `rmqtw store dump`."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from rmqtw.cli.output import ABSENT, body_text, printable
from rmqtw.cli.problems import Problem
from rmqtw.cli.storetext import time_text

if TYPE_CHECKING:
    from rmqtw.store.inspection import Inspection
    from rmqtw.wire.messages import StoredMessage

Tell = Callable[[str], None]


class Shown(NamedTuple):
    """One thing: its columns for people, its members as JSON."""

    columns: tuple[Any, ...]
    members: dict[str, Any]


class Chosen(NamedTuple):
    """What is asked for; None: everything."""

    topic: str | None = None
    queue_id: int | None = None
    position: int | None = None

    def takes(self, topic: str, queue_id: int) -> bool:
        """Whether a queue is one of those asked for."""
        return self.topic in (None, topic) and self.queue_id in (None, queue_id)


def dump_lines(
    files: Any, form: str, tell: Tell, *, what: str, count: int | None, **chosen: Any
) -> Iterator[str]:
    """What is in a store, line by line; `tell` hears what cannot be read. Raises `StoreError`."""
    from rmqtw.store.inspection import Inspection

    opened = Inspection(files)
    try:
        for problem in (*opened.problems, *opened.index_problems):
            tell(problem)
        for shown in islice(_KINDS[what](opened, tell, Chosen(**chosen)), count):
            yield _json(shown.members) if form == "json" else _text(shown.columns)
    finally:
        opened.close()


def _json(members: dict[str, Any]) -> str:
    return json.dumps(members).replace("\x7f", "\\u007f")


def _text(columns: tuple[Any, ...]) -> str:
    return "\t".join(ABSENT if value in ("", None) else str(value) for value in columns)


def _records(opened: Inspection, tell: Tell, chosen: Chosen) -> Iterator[Shown]:
    start = opened.segments.start if chosen.position is None else _checked(opened, chosen.position)
    for message in opened.log.records(start, _bad(tell)):
        if chosen.takes(message.topic, message.queue_id):
            yield _record(message)


def _checked(opened: Inspection, position: int) -> int:
    from rmqtw.store.scan import LogScan

    scan = LogScan(opened.segments, position)
    if next(iter(scan), None) is None or scan.last != position:
        raise Problem(f"no record starts at {position}; take a position that this command prints")
    return position


def _bad(tell: Tell) -> Callable[[int, int, str], None]:
    return lambda start, end, problem: tell(f"no record from {start} to {end}: {problem}; passed over")


def _record(message: StoredMessage) -> Shown:
    from rmqtw.wire import properties

    named = properties.parse(message.properties)
    body, stored = bytes(message.body), time_text(message.store_timestamp)
    where = printable(f"{message.topic}:{message.queue_id}")
    tag, keys = (printable(named.get(name, "")) for name in (properties.TAGS, properties.KEYS))
    columns = (
        message.position, message.size, where, message.queue_offset, stored, tag, keys, body_text(body),
    )  # fmt: skip
    return Shown(columns, {**_members(message), "properties": named, **_body(body)})


def _members(message: StoredMessage) -> dict[str, Any]:
    from rmqtw.wire.messages import host_text

    return {
        "position": message.position,
        "size": message.size,
        "topic": message.topic,
        "queueId": message.queue_id,
        "queueOffset": message.queue_offset,
        "flag": message.flag,
        "sysFlag": message.sys_flag,
        "offsetMessageId": message.message_id,
        "bornTimestamp": message.born_timestamp,
        "bornHost": host_text(message.born_host),
        "storeTimestamp": message.store_timestamp,
        "storeHost": host_text(message.store_host),
        "reconsumeTimes": message.reconsume_times,
        "preparedTransactionOffset": message.prepared_transaction_offset,
    }


def _body(body: bytes) -> dict[str, str]:
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"bodyBase64": base64.b64encode(body).decode()}


def _queues(opened: Inspection, _tell: Tell, chosen: Chosen) -> Iterator[Shown]:
    for queue in sorted(opened.queues, key=lambda queue: (queue.topic, queue.queue_id)):
        if chosen.takes(queue.topic, queue.queue_id):
            named = {
                "topic": queue.topic, "queueId": queue.queue_id, "lowest": queue.lowest, "next": queue.stored,
            }  # fmt: skip
            columns = (printable(queue.topic), queue.queue_id, queue.lowest, queue.stored)
            yield Shown(columns, named)


def _index(opened: Inspection, tell: Tell, _chosen: Chosen) -> Iterator[Shown]:
    from rmqtw.store.checkindex import checked_entries
    from rmqtw.store.findings import Report

    report = Report(opened.files.root)
    for one in opened.index:
        for entry in checked_entries(one, report):
            yield Shown((entry.where, entry.hash, entry.position), entry._asdict())
        for finding in report.findings:
            tell(f"{finding.where}: {finding.what}")
        report.findings.clear()


_KINDS = {"log": _records, "queues": _queues, "index": _index}
