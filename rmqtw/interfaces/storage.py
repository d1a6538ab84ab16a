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
from zope.interface import Attribute, Interface


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
    """A queue's readable offsets, `lowest` up to and without `next`.

    `next` is what the next message will get, once what this reactor turn appended is written.
    """

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


@attrs.frozen
class Keyed:
    """What a search by key found: whole records, the newest first.

    `position` and `time` say how far the index reaches: place and store time of the last message in it;
    0 when it is empty.
    """

    records: Sequence[bytes | memoryview]
    position: int
    time: int


ReadOutcome = Found | NoMatch | Empty | Ahead | Behind | NoQueue

# (tags_code, record) -> deliver? `record` is a callable that fetches the whole record's bytes, so
# that a filter by tag hash costs no read of the log. It is good within the call only. When pages are
# cold, `accept` may be asked again about the same messages.
Accept = Callable[[int, Callable[[], bytes | memoryview]], bool]
Waiter = Callable[[PutStatus], None]
Listener = Callable[[Sequence[Appended]], None]


class IStore(Interface):
    """Messages, appended once and read by queue offset.

    All methods run on the reactor's thread. Appended messages become readable, and subscribers
    are told, when the reactor turn's batch has been written.
    """

    def append(messages: Sequence[Any]) -> list[Appended]:
        """Append `wire.messages.Message` values in order and say where each went.

        Offsets are assigned at once; bytes are written at the end of the reactor turn, until when
        bodies must not change. A prepared or rolled back message of a transaction is in the log but
        in no queue, and its `queue_offset` is 0. Raises `wire.errors.ServiceNotAvailable` when the
        store takes no writes, `SystemBusy` when the disk lags too far behind, and `MessageIllegal`
        when a record would be too large; then nothing is appended.
        """

    def when_durable(position: int, waiter: Waiter, *, flush: bool) -> None:
        """Call `waiter(status)` once the log up to `position` is written, and flushed if `flush`.

        `flush=True` asks for the configured flush (SYNC_FLUSH); with ASYNC_FLUSH, written is enough.
        `position` is the end of a record: `appended.position + appended.size`. The waiter is called
        exactly once, on the reactor's thread, never inside this call. FLUSH_DISK_TIMEOUT says that
        the disk is slow, SERVICE_NOT_AVAILABLE that the store failed: the message may be lost.
        """

    def append_raw(position: int, data: bytes) -> None:
        """Append log bytes as a master sent them: whole records and blank fillers.

        Raises ValueError, and appends nothing, unless `position` is the log's end and every record
        is whole and says itself that it lies there.
        """

    def read(topic: str, queue_id: int, queue_offset: int, max_count: int, max_bytes: int,
             accept: Accept | None = None) -> Any:
        """Read whole records from a queue: a `ReadOutcome`, or a Deferred of one when pages are cold.

        The first matching message is returned even when larger than `max_bytes`.
        """

    def slice(position: int, size: int) -> Any:
        """Read `size` raw log bytes: bytes-like, or a Deferred of them. Fewer at the log's end.

        Raises ValueError for a position outside of the log.
        """

    def record_at(position: int) -> Any:
        """Read the one record that starts at `position`: bytes-like, None if there is none, or a Deferred."""

    def bounds(topic: str, queue_id: int) -> Bounds | None:
        """Offsets of a queue; None when nothing was ever stored there."""

    def find_time(topic: str, queue_id: int, timestamp: int, *, upper: bool = False) -> Any:
        """Queue offset of the first message stored at or after `timestamp` (Java: boundary LOWER).

        Past the last message: `bounds.next`. With `upper`, the last message at or before it; before
        the first message: `bounds.lowest`. An int or a Deferred of one; 0 when the queue does not exist.
        """

    def find_key(topic: str, key: str, max_count: int, begin: int, end: int) -> Any:
        """Find messages of a topic by a key of theirs, or by their unique key: a `Keyed`, or a Deferred.

        The newest `max_count` that were stored between `begin` and `end`, both included. Rolled back
        messages are not found.
        """

    def truncate(position: int) -> Any:
        """Cut the log and everything derived from it at `position`. A Deferred of None.

        Fails with ValueError when `position` is outside of the log or inside a record.
        """

    def epochs() -> Sequence[tuple[int, int]]:
        """(epoch, start position) pairs, oldest first; empty without replication."""

    def subscribe(listener: Listener) -> None:
        """Tell `listener` about each batch of messages that became readable, in log order."""


class IRetention(Interface):
    """Removing what is old or belongs to nobody. What is being written to always stays."""

    def delete_expired() -> Any:
        """Remove log files kept for longer than the retention time, and what pointed to them.

        A Deferred of how many log files that were; fails with OSError.
        """

    def clean_queues() -> Any:
        """Remove queue and index files that point to nothing any more; offsets go on where they are.

        A Deferred of how many files that were; fails with OSError.
        """

    def remove_topics(unused: Callable[[str], bool]) -> Any:
        """Remove the queues of every topic for which `unused(topic)` is true when its turn comes.

        Their records stay in the log until it is cleaned. A Deferred of how many topics that were; fails
        with OSError.
        """


class IFiles(Interface):
    """The disk, as the store sees it. Paths are text, relative to one root; `/` separates.

    Errors are `OSError` with errno. Any thread may call any method.
    """

    root = Attribute("What `str()` of an error calls the root: a folder's name.")

    def open(path: str, *, create: bool = False, keep: bool = False) -> Any:
        """Open a file for reading and writing: an `IFile`. FileNotFoundError unless `create`.

        Directories are made on demand. `keep`: what `sync` has not yet confirmed is never left to a
        closed descriptor, so that a disk error cannot get lost.
        """

    def list(path: str) -> list[str]:
        """Names in a directory, sorted; empty when it does not exist."""

    def exists(path: str) -> bool:
        """True when there is a file or directory of this name."""

    def rename(source: str, target: str) -> None:
        """Replace `target` by `source` atomically, and sync the target's directory.

        The target's directory is made on demand. A file open under the old name stays usable.
        """

    def remove(path: str) -> None:
        """Remove a file, or an empty directory."""

    def sync_directory(path: str) -> None:
        """Make the names in this directory, and its own name up to the root, survive a power loss."""

    def free() -> tuple[int, int]:
        """(free bytes, total bytes) of the file system, as `df` counts them for users."""

    def lock(path: str) -> Any:
        """Hold an exclusive lock that excludes a Java broker too; an object with `release()`.

        Raises `BlockingIOError` when somebody else holds it, in this process or another.
        """


class IFile(Interface):
    """One open file."""

    def size() -> int:
        """Bytes in the file."""

    def write(offset: int, buffers: Sequence[Any]) -> int:
        """Write all buffers at `offset` (pwritev); the number of bytes written, always all of them."""

    def read(offset: int, size: int) -> bytes:
        """Up to `size` bytes at `offset`; fewer at the end of the file. May wait for the disk."""

    def read_hot(offset: int, size: int) -> bytes | memoryview | None:
        """Like `read`, but None when that would wait for the disk."""

    def next_data(offset: int) -> int | None:
        """Offset, at or after `offset`, of the next byte that may be other than zero; None without one."""

    def sync() -> None:
        """fdatasync. Runs in the flusher or a chore thread, never on the reactor's."""

    def allocate(size: int) -> None:
        """Reserve real disk space up to `size` bytes and extend the file to it."""

    def resize(size: int) -> None:
        """Cut or extend (sparse) to `size`."""

    def close() -> None:
        """Close; a second call does nothing. Using a closed file raises ValueError."""


class IChores(Interface):
    """Work that may block, done elsewhere than on the reactor's thread."""

    def run(function: Callable[..., Any], *args: Any) -> Any:
        """Call `function(*args)` elsewhere: a Deferred of its result, fired on the reactor's thread."""

    def stop() -> None:
        """Finish what was asked for and end the threads; nothing is taken afterwards."""
