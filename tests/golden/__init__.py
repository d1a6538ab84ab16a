"""Frames written by other implementations, for tests that compare ours with them; see README.md."""

from __future__ import annotations

import base64
import gzip
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import attrs

HERE = Path(__file__).parent
CONVERSATIONS = HERE / "conversations"

SCENARIOS = sorted(
    name
    for name in (path.name.removesuffix(".jsonl.gz") for path in CONVERSATIONS.glob("*.jsonl.gz"))
    if name != "probes" and not name.endswith("-output")
)
"""Names of the recorded conversations."""


@attrs.frozen(eq=False)
class RecordedFrame:
    """One frame of a conversation. `whole` has the 4 length bytes; `line` is the recording's line."""

    scenario: str
    number: int
    line: dict[str, Any]
    whole: bytes

    @property
    def frame(self) -> bytes:
        """The frame as `FrameSplitter` hands it out."""
        return self.whole[4:]

    @property
    def body(self) -> bytes:
        """The bytes behind the header, found by the recorded length."""
        return self.whole[len(self.whole) - self.line["body_len"] :]

    @property
    def connection(self) -> int:
        """Number of the connection, unique in the scenario."""
        return self.line["conn"]

    @property
    def sender(self) -> str:
        """Who sent it: client, broker, namesrv, slave, ..."""
        return self.line["from"]

    @property
    def receiver(self) -> str:
        """Who got it."""
        return self.line["to"]

    @property
    def is_response(self) -> bool:
        """Whether it answers a request."""
        return self.line["kind"] == "response"

    @property
    def reply_to_code(self) -> int | None:
        """For a response, the request code that it answers."""
        return self.line.get("reply_to_code")


@attrs.frozen(eq=False)
class Probe:
    """One request on a connection of its own: what was sent, and what came back."""

    name: str
    receiver: str
    request: bytes
    replies: list[dict[str, Any]]
    closed: bool


@attrs.frozen(eq=False)
class Vector:
    """One of Java's frames with the fields that a reader must see."""

    name: str
    whole: bytes
    expected: dict[str, Any]


@lru_cache(maxsize=2)
def lines(scenario: str) -> list[dict[str, Any]]:
    """Return all lines of a recording, connection events included; treat them as read-only."""
    with gzip.open(CONVERSATIONS / f"{scenario}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@lru_cache(maxsize=2)
def frames(scenario: str) -> list[RecordedFrame]:
    """Return the frames of a conversation in the order seen."""
    return [
        RecordedFrame(scenario, number, line, base64.b64decode(line["frame_base64"]))
        for number, line in enumerate(lines(scenario))
        if "frame_base64" in line
    ]


@lru_cache(maxsize=2)
def probes() -> list[Probe]:
    """Return the single requests, broken ones included."""
    return [
        Probe(
            name=line["probe"],
            receiver=line["to"],
            request=base64.b64decode(line["request_base64"]),
            replies=line["replies"],
            closed=line["closed_by_server"],
        )
        for line in lines("probes")
    ]


@lru_cache(maxsize=2)
def vectors() -> list[Vector]:
    """Return Java's 24 frames."""
    loaded = [json.loads(path.read_bytes()) for path in sorted((HERE / "frames").glob("*-*.json"))]
    return [Vector(each["id"], base64.b64decode(each["frameBase64"]), each) for each in loaded]
