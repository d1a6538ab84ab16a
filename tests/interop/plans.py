"""What a client is told to send, and what a consumer must therefore receive."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

COMPRESSED = 6000  # above the 4096 bytes from which the clients deflate a body
TAGS = ("A", "B", "C", "")
FILTER, MATCHING = "A || B", ("A", "B")
# Only these wait for an answer before the next is sent. The clients' thread pools reorder async sends, and
# the Java client hands one-way sends to its event loop through one more queue than the others.
IN_ORDER = ("sync", "batch", "orderly")
BLOCK = ("sync",) * 16 + ("async",) * 10 + ("oneway",) * 6 + ("batch",) * 8
CPP_BLOCK = ("sync",) * 16 + ("async",) * 12 + ("oneway",) * 6 + ("orderly",) * 6


class Planned(NamedTuple):
    """One message to send; the body is `key + " "` repeated to `size` bytes."""

    seq: int
    kind: str
    tag: str
    key: str
    size: int
    shape: str

    def body(self) -> bytes:
        """The bytes a consumer must see."""
        unit = f"{self.key} ".encode()
        return (unit * (self.size // len(unit) + 1))[: self.size]

    def hash(self) -> str:
        """The hash a driver prints for the body."""
        return hashlib.sha256(self.body()).hexdigest()[:16]


def plan(run: str, count: int, block: Iterable[str] = BLOCK) -> list[Planned]:
    """Messages of every kind of `block`, with tags, keys and sizes drawn from a fixed seed."""
    draw = random.Random(run)
    kinds = tuple(block)
    return [_planned(run, seq, kinds[seq % len(kinds)], draw) for seq in range(count)]


def _planned(run: str, seq: int, kind: str, draw: random.Random) -> Planned:
    big = kind in ("sync", "async", "orderly") and draw.random() < 0.1
    shape = f"größe {seq}" if draw.random() < 0.3 else ""
    return Planned(
        seq, kind, draw.choice(TAGS), f"{run}-{seq}", COMPRESSED if big else draw.randrange(40, 900), shape
    )


def write(messages: list[Planned], path: Path) -> Path:
    """The file a driver reads: a line per message, fields split by tabs."""
    path.write_text("".join("\t".join(map(str, message)) + "\n" for message in messages), encoding="utf-8")
    return path


def matching(messages: list[Planned]) -> dict[str, Planned]:
    """By key, the messages that FILTER lets through."""
    return {message.key: message for message in messages if message.tag in MATCHING}
