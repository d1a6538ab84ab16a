"""What `rmqtw msg send` does once the reactor runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rmqtw.cli.output import note, sent_json, sent_line, write_line
from rmqtw.client.producer import Producer
from rmqtw.tap.clients import client

_FORMS = {"text": sent_line, "json": sent_json}


async def send_one(
    reactor: Any,
    body: bytes,
    *,
    topic: str,
    tag: str | None,
    keys: Sequence[str],
    named: dict[str, str],
    namesrv: Sequence[str],
    form: str,
    seconds: float,
) -> None:
    """Send a message and print where it was stored. Fails as `Producer.send` does."""
    rmq = client(namesrv, reactor)
    try:
        producer = Producer(rmq, timeout=seconds)
        result = await producer.send(topic, body, tags=tag, keys=keys, user_properties=named)
    finally:
        await rmq.close()
    write_line(_FORMS[form](result))
    if result.status != "SEND_OK":
        note(f"stored, but {result.status}: a crash now might lose it; watch the broker's disk and replicas")
