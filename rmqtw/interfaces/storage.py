"""The store's seam: what the broker may ask of messages on disk or in memory.

Offsets named `queue_offset` count messages of one queue; `position` is a byte offset into the
commit log (Java: physical offset). Times are milliseconds of the wall clock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

import attrs
import msgspec
from zope.interface import Interface


class PutStatus(Enum):
    """How storing ended (Java: `PutMessageStatus`)."""

    OK = "PUT_OK"
    FLUSH_DISK_TIMEOUT = "FLUSH_DISK_TIMEOUT"
    SLAVE_NOT_AVAILABLE = "SLAVE_NOT_AVAILABLE"
    FLUSH_SLAVE_TIMEOUT = "FLUSH_SLAVE_TIMEOUT"
    SERVICE_NOT_AVAILABLE = "SERVICE_NOT_AVAILABLE"


class Appended(msgspec.Struct, frozen=True, gc=False):
    """Where one message went. Positions are final; visibility and durability come later."""

    topic: str
    queue_id: int
    queue_offset: int
    position: int
    size: int
    tags_code: int
    store_timestamp: int


@attrs.frozen
class Bounds:
    """A queue's offsets: `lowest` is readable, `next` is what the next message will get."""

    lowest: int
    next: int


@attrs.frozen
class Found:
    """Records were found: `slices` are bytes-like runs of whole records, in queue order."""

    slices: Sequence[bytes | memoryview]
    count: int
    size: int
    next_offset: int
    bounds: Bounds


@attrs.frozen
class NoMatch:
    """Messages were scanned up to `next_offset` and the filter took none."""

    next_offset: int
    bounds: Bounds


@attrs.frozen
class Empty:
    """The queue exists and `queue_offset` equals `bounds.next`: nothing there yet (OFFSET_OVERFLOW_ONE)."""

    bounds: Bounds


@attrs.frozen
class Ahead:
    """`queue_offset` lies beyond `bounds.next` (OFFSET_OVERFLOW_BADLY)."""

    bounds: Bounds


@attrs.frozen
class Behind:
    """`queue_offset` lies below `bounds.lowest` (OFFSET_TOO_SMALL)."""

    bounds: Bounds


@attrs.frozen
class NoQueue:
    """Nothing was ever stored in this queue (NO_MESSAGE_IN_QUEUE / NO_MATCHED_LOGIC_QUEUE)."""


ReadOutcome = Found | NoMatch | Empty | Ahead | Behind | NoQueue

# (tags_code, record) -> deliver? `record` is a callable that fetches the whole record's bytes, so
# that a filter by tag hash costs no read of the log.
Accept = Callable[[int, Callable[[], bytes]], bool]
Waiter = Callable[[PutStatus], None]
Listener = Callable[[Sequence[Appended]], None]


class IStore(Interface):
    """Messages, appended once and read by queue offset.

    All methods run on the reactor's thread. Appended messages become readable, and subscribers
    are told, when the reactor turn's batch has been written.
    """

    def append(messages: Sequence[Any]) -> list[Appended]:
        """Append `wire.messages.Message` values in order and say where each went.

        Offsets are assigned at once; bytes are written at the end of the reactor turn. Raises
        `wire.errors.ServiceNotAvailable` when the store takes no writes and
        `wire.errors.MessageIllegal` when a record would be too large; then nothing is appended.
        """

    def when_durable(position: int, waiter: Waiter, *, flush: bool) -> None:
        """Call `waiter(status)` once the log up to `position` is written, and flushed if `flush`.

        `flush=True` asks for the configured flush (SYNC_FLUSH); with ASYNC_FLUSH, written is enough.
        The waiter is called exactly once, on the reactor's thread, never inside this call.
        """

    def append_raw(position: int, data: bytes) -> None:
        """Append log bytes as a master sent them; `position` must equal the log's end."""

    def read(topic: str, queue_id: int, queue_offset: int, max_count: int, max_bytes: int,
             accept: Accept | None = None) -> Any:
        """Read whole records from a queue: a `ReadOutcome`, or a Deferred of one when pages are cold.

        The first matching message is returned even when larger than `max_bytes`.
        """

    def slice(position: int, size: int) -> Any:
        """Read `size` raw log bytes: bytes, or a Deferred of them. Fewer at the log's end."""

    def record_at(position: int) -> Any:
        """Read the one record that starts at `position`: bytes, None if there is none, or a Deferred."""

    def bounds(topic: str, queue_id: int) -> Bounds | None:
        """Offsets of a queue; None when nothing was ever stored there."""

    def find_time(topic: str, queue_id: int, timestamp: int, *, upper: bool = False) -> Any:
        """Queue offset of the first message stored at or after `timestamp` (Java: boundary LOWER).

        With `upper`, the last message at or before it. Past the last message: `bounds.next`.
        An int or a Deferred of one; 0 when the queue does not exist.
        """

    def find_key(topic: str, key: str, max_count: int, begin: int, end: int) -> Any:
        """Positions of messages with this key stored between two times, newest first; or a Deferred."""

    def truncate(position: int) -> Any:
        """Cut the log and everything derived from it at `position`. A Deferred of None."""

    def epochs() -> Sequence[tuple[int, int]]:
        """(epoch, start position) pairs, oldest first; empty without replication."""

    def subscribe(listener: Listener) -> None:
        """Tell `listener` about each batch of messages that became readable, in log order."""


class IFiles(Interface):
    """The disk, as the store sees it. Paths are text, relative to one root.

    Errors are `OSError` with errno. Directories are made on demand by `open`.
    """

    def open(path: str, *, create: bool = False) -> Any:
        """Open a file for reading and writing: an `IFile`. FileNotFoundError unless `create`."""

    def list(path: str) -> list[str]:
        """Names in a directory, sorted; empty when it does not exist."""

    def exists(path: str) -> bool:
        """True when there is a file or directory of this name."""

    def rename(source: str, target: str) -> None:
        """Replace `target` by `source` atomically, and sync the directory."""

    def remove(path: str) -> None:
        """Remove a file, or an empty directory."""

    def free() -> tuple[int, int]:
        """(free bytes, total bytes) of the file system, as `df` counts them for users."""

    def lock(path: str) -> Any:
        """Hold an exclusive lock that excludes a Java broker too; an object with `release()`.

        Raises `BlockingIOError` when somebody else holds it.
        """


class IFile(Interface):
    """One open file."""

    def size() -> int:
        """Bytes in the file."""

    def write(offset: int, buffers: Sequence[Any]) -> int:
        """Write all buffers at `offset` (pwritev); the number of bytes written, always all of them."""

    def read(offset: int, size: int) -> bytes:
        """Up to `size` bytes at `offset`; fewer at the end of the file. May wait for the disk."""

    def read_hot(offset: int, size: int) -> bytes | None:
        """Like `read`, but None when that would wait for the disk."""

    def sync() -> None:
        """fdatasync. Runs in the flusher or a chore thread, never on the reactor's."""

    def allocate(size: int) -> None:
        """Reserve real disk space up to `size` bytes and extend the file to it."""

    def resize(size: int) -> None:
        """Cut or extend (sparse) to `size`."""

    def close() -> None:
        """Close; a second call does nothing."""
