"""Reading on the reactor's thread without ever waiting for the disk there.

A read is written as a plain function that asks `fetch` for bytes. When they are not in memory the
function is left by `Cold`, a chore gets the bytes, and the function runs again with them at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from twisted.internet.defer import inlineCallbacks

from rmqtw.interfaces.storage import IChores

Fetch = Callable[[Any, int, int], "bytes | memoryview"]
"""(file, offset, size) -> the bytes; fewer at the end of the file. May raise `Cold`."""


class Cold(Exception):
    """These bytes are on the disk only."""

    def __init__(self, file: Any, offset: int, size: int) -> None:
        super().__init__(f"{size} bytes at {offset}")
        self.wanted = (file, offset, size)


def read_now(file: Any, offset: int, size: int) -> bytes:
    """A `Fetch` that waits for the disk: for chores, start and tools."""
    data: bytes = file.read(offset, size)
    return data


def read_hot(file: Any, offset: int, size: int) -> bytes | memoryview:
    """A `Fetch` that raises `Cold` where it would have to wait."""
    data: bytes | memoryview | None = file.read_hot(offset, size)
    if data is None:
        raise Cold(file, offset, size)
    return data


class Thawed:
    """A `Fetch` that remembers what chores have read for it."""

    def __init__(self) -> None:
        self._read: dict[tuple[Any, int, int], bytes] = {}

    def add(self, cold: Cold, data: bytes) -> None:
        """Have these bytes at hand."""
        self._read[cold.wanted] = data

    def __call__(self, file: Any, offset: int, size: int) -> bytes | memoryview:
        """The bytes, from what was read or from memory."""
        data = self._read.get((file, offset, size))
        return read_hot(file, offset, size) if data is None else data


class Reader:
    """Runs reads: at once where all is in memory, else by way of chores."""

    def __init__(self, chores: IChores) -> None:
        self._chores = chores
        self.cold_reads = 0

    def run(self, read: Callable[..., Any], *args: Any) -> Any:
        """`read(fetch, *args)`: its result, or a Deferred of it.

        The Deferred fails with what `read` raises, or with OSError when the disk cannot be read.
        """
        try:
            return read(read_hot, *args)
        except Cold as cold:
            return self._thaw(cold, read, args)

    @inlineCallbacks
    def _thaw(self, cold: Cold, read: Callable[..., Any], args: tuple[Any, ...]) -> Generator[Any, Any, Any]:
        thawed = Thawed()
        while True:
            self.cold_reads += 1
            data = yield self._chores.run(read_now, *cold.wanted)
            thawed.add(cold, data)
            try:
                return read(thawed, *args)
            except Cold as next_cold:
                cold = next_cold
