"""Long poll: pulls that found nothing wait here for a message or for their time to be up.

Java: `PullRequestHoldService`, but woken by the append itself, and never held longer than asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall

from rmqtw.interfaces.storage import Appended

SWEEP_SECONDS = 0.25


class Parked(msgspec.Struct, gc=False, eq=False):
    """One held pull.

    `resume` is called once: with True when a message arrived that `takes` accepts, with False
    when time is up. `deadline` is in seconds of the holding's clock.
    """

    topic: str
    queue_id: int
    peer: Any
    deadline: float
    takes: Callable[[int], bool]
    resume: Callable[[bool], None]


class Holding:
    """All held pulls of a broker, by queue."""

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._queues: dict[tuple[str, int], list[Parked]] = {}
        self._sweeping = LoopingCall(self.sweep)
        self._sweeping.clock = clock

    def start(self) -> None:
        """Begin to watch deadlines."""
        self._sweeping.start(SWEEP_SECONDS, now=False)

    def stop(self) -> None:
        """Answer everybody who waits, and stop watching."""
        if self._sweeping.running:
            self._sweeping.stop()
        for parked in self._drain():
            parked.resume(False)

    def __len__(self) -> int:
        """How many pulls are held."""
        return sum(map(len, self._queues.values()))

    def park(self, parked: Parked) -> None:
        """Hold a pull, or resume it at once when its time ends before the next sweep."""
        if parked.deadline - self._clock.seconds() < SWEEP_SECONDS:
            parked.resume(False)
            return
        self._queues.setdefault((parked.topic, parked.queue_id), []).append(parked)

    def appended(self, batch: Sequence[Appended]) -> None:
        """Wake the pulls that these messages are for. Subscribed to the store."""
        if not self._queues:
            return
        for message in batch:
            waiting = self._queues.get((message.topic, message.queue_id))
            if waiting:
                key = (message.topic, message.queue_id)
                self._take(key, waiting, partial(_takes, message.tags_code), arrived=True)

    def sweep(self) -> None:
        """Answer the pulls whose time ends before the next sweep; forget those of lost connections."""
        horizon = self._clock.seconds() + SWEEP_SECONDS
        for key, waiting in list(self._queues.items()):
            self._take(key, waiting, lambda parked: parked.deadline <= horizon, arrived=False)

    def _take(
        self, key: tuple[str, int], waiting: list[Parked], ends: Callable[[Parked], bool], *, arrived: bool
    ) -> None:
        """Resume those that `ends` is true for, and drop those whose connection is gone."""
        kept: list[Parked] = []
        ended: list[Parked] = []
        for parked in waiting:
            if not parked.peer.is_lost:
                (ended if ends(parked) else kept).append(parked)
        if len(kept) < len(waiting):
            self._keep(key, kept)
            for parked in ended:
                parked.resume(arrived)

    def _keep(self, key: tuple[str, int], waiting: list[Parked]) -> None:
        if waiting:
            self._queues[key] = waiting
        else:
            self._queues.pop(key, None)

    def _drain(self) -> list[Parked]:
        everybody = [parked for waiting in self._queues.values() for parked in waiting]
        self._queues.clear()
        return everybody


def _takes(tags_code: int, parked: Parked) -> bool:
    return parked.takes(tags_code)
