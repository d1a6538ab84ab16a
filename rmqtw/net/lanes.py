"""Lanes: bounded admission, so that one kind of work cannot drown the others."""

from __future__ import annotations

from rmqtw.wire.errors import SystemBusy


class Lane:
    """At most `limit` requests of a kind between admission and answer.

    Counts, for metrics: `in_flight`, `admitted`, `refused`.
    """

    __slots__ = ("admitted", "in_flight", "limit", "name", "refused")

    def __init__(self, name: str, limit: int = 10_000) -> None:
        if limit < 1:
            raise ValueError(f"lane {name}: limit must be at least 1, not {limit}")
        self.name = name
        self.limit = limit
        self.in_flight = 0
        self.admitted = 0
        self.refused = 0

    def enter(self) -> None:
        """Take a place, or raise `SystemBusy` when all are taken. Java: a full thread pool's answer 2."""
        if self.in_flight >= self.limit:
            self.refused += 1
            raise SystemBusy("[OVERLOAD]system busy, start flow control for a while")
        self.in_flight += 1
        self.admitted += 1

    def leave(self) -> None:
        """Give the place back; called once for each `enter` that returned."""
        self.in_flight -= 1
