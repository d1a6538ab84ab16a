"""A disk in memory that keeps apart what was written and what was synced, and fails when told to.

`Disk` is an `IFiles`. `crash()` gives the disk as a power loss would leave it: without unsynced
bytes, and without names whose directory was not synced.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from collections.abc import Sequence as Seq
from fnmatch import fnmatchcase
from threading import RLock
from typing import Any

import attrs
from zope.interface import implementer

from rmqtw.interfaces.storage import IFile, IFiles

BLOCK = 4096


class Content:
    """What one inode holds: `live` as processes see it, `durable` as the platter has it.

    `unsynced` are the changes between the two, oldest first: (offset, data), or (size, None) for a
    change of size.
    """

    def __init__(self) -> None:
        self.live = bytearray()
        self.durable = bytearray()
        self.unsynced: list[tuple[int, bytes | None]] = []
        self.blocks: set[int] = set()

    def write(self, offset: int, data: bytes) -> None:
        """Change the live bytes."""
        _write(self.live, offset, data)
        self.blocks.update(range(offset // BLOCK, (offset + len(data) + BLOCK - 1) // BLOCK))
        self.unsynced.append((offset, data))

    def resize(self, size: int) -> None:
        """Cut or extend the live bytes."""
        _resize(self.live, size)
        self.blocks = {block for block in self.blocks if block * BLOCK < size}
        self.unsynced.append((size, None))

    def sync(self) -> None:
        """Make every change durable."""
        for offset, data in self.unsynced:
            if data is None:
                _resize(self.durable, offset)
            else:
                _write(self.durable, offset, data)
        self.unsynced.clear()

    def after_crash(self) -> Content:
        """The content that a power loss leaves."""
        left = Content()
        left.live, left.durable = bytearray(self.durable), bytearray(self.durable)
        left.blocks = set(range((len(self.durable) + BLOCK - 1) // BLOCK))
        return left


def _write(target: bytearray, offset: int, data: bytes) -> None:
    if offset > len(target):
        target.extend(bytes(offset - len(target)))
    target[offset : offset + len(data)] = data


def _resize(target: bytearray, size: int) -> None:
    if size < len(target):
        del target[size:]
    else:
        target.extend(bytes(size - len(target)))


@attrs.define
class Fault:
    """An error to raise: at calls of `call` on paths like `pattern`, from the `after`-th one on.

    It stays until `Disk.faults` loses it, or until it was raised `times` times.
    """

    call: str
    number: int
    pattern: str = "*"
    after: int = 0
    times: int | None = None

    def meets(self, call: str, path: str) -> bool:
        """Whether this call fails now; counts it."""
        if call != self.call or not fnmatchcase(path, self.pattern) or self.times == 0:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


class DiskLock:
    """A held lock of a `Disk`."""

    def __init__(self, holders: set[str], path: str) -> None:
        self._holders = holders
        self._path = path

    def release(self) -> None:
        """Let go; a second call does nothing."""
        self._holders.discard(self._path)


@implementer(IFiles)
class Disk:
    """A disk in memory. `capacity` bytes, counted in written and allocated blocks of 4 KiB.

    `observe(call, path)` is called before each call; it may raise. While `cold` is True,
    `read_hot` answers None. `calls` counts the calls made.
    """

    def __init__(
        self, capacity: int | None = None, observe: Callable[[str, str], None] | None = None
    ) -> None:
        self.root = "(disk in memory)"
        self.capacity = capacity
        self.cold = False
        self.faults: list[Fault] = []
        self.calls = 0
        self._observe = observe
        self._lock = RLock()
        self._locked: set[str] = set()
        self._live: dict[str, Content] = {}
        self._durable: dict[str, Content] = {}

    def fail(
        self, call: str, number: int, pattern: str = "*", *, after: int = 0, times: int | None = None
    ) -> Fault:
        """Let calls fail with errno `number`: `call` is a method's name of `IFiles` or `IFile`."""
        fault = Fault(call, number, pattern, after, times)
        self.faults.append(fault)
        return fault

    def crash(self) -> Disk:
        """A new disk with what a power loss would leave; this one stays as it is."""
        with self._lock:
            left = Disk(self.capacity)
            for path, content in self._durable.items():
                left._live[path] = left._durable[path] = content.after_crash()
            return left

    def kill(self) -> Disk:
        """A new disk with what the end of the process leaves: everything written, no locks."""
        with self._lock:
            left = Disk(self.capacity)
            copies = {
                id(content): _copy(content) for content in (*self._live.values(), *self._durable.values())
            }
            left._live = {path: copies[id(content)] for path, content in self._live.items()}
            left._durable = {path: copies[id(content)] for path, content in self._durable.items()}
            return left

    def content(self, path: str) -> bytearray:
        """The live bytes of a file, to be read or damaged."""
        return self._content(path).live

    def used(self) -> int:
        """Bytes in written and allocated blocks."""
        return sum(len(content.blocks) for content in self._live.values()) * BLOCK

    def open(self, path: str, *, create: bool = False, keep: bool = False) -> DiskFile:
        del keep
        with self.call("open", path):
            if path not in self._live:
                if not create:
                    raise _error(errno.ENOENT, path)
                self._live[path] = Content()
            return DiskFile(self, path, self._live[path])

    def list(self, path: str) -> list[str]:
        with self.call("list", path):
            prefix = f"{path}/" if path else ""
            names = (name[len(prefix) :] for name in self._live if name.startswith(prefix))
            return sorted({name.split("/", 1)[0] for name in names})

    def exists(self, path: str) -> bool:
        with self.call("exists", path):
            return path in self._live or any(name.startswith(f"{path}/") for name in self._live)

    def rename(self, source: str, target: str) -> None:
        with self.call("rename", target):
            self._live[target] = self._content(source)
            del self._live[source]
            self._sync_names(target.rpartition("/")[0])
            if self._live.get(source) is None:
                self._durable.pop(source, None)

    def remove(self, path: str) -> None:
        with self.call("remove", path):
            if path in self._live:
                del self._live[path]
            elif any(name.startswith(f"{path}/") for name in self._live):
                raise _error(errno.ENOTEMPTY, path)

    def sync_directory(self, path: str) -> None:
        with self.call("sync_directory", path):
            self._sync_names(path)

    def free(self) -> tuple[int, int]:
        with self.call("free", ""):
            total = self.capacity if self.capacity is not None else 2**40
            return max(0, total - self.used()), total

    def lock(self, path: str) -> DiskLock:
        with self.call("lock", path):
            if path in self._locked:
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            self._locked.add(path)
            self._live.setdefault(path, Content())
            return DiskLock(self._locked, path)

    def call(self, name: str, path: str) -> Call:
        """Count a call, and raise what is to be raised; a context in which nobody else is."""
        return Call(self, name, path)

    def begin(self, name: str, path: str) -> None:
        """Start a call: tell the observer, and meet a fault."""
        self._lock.acquire()
        try:
            self.calls += 1
            if self._observe is not None:
                self._observe(name, path)
            self._meet_faults(name, path)
        except BaseException:
            self._lock.release()
            raise

    def _meet_faults(self, name: str, path: str) -> None:
        for fault in self.faults:
            if fault.meets(name, path):
                raise _error(fault.number, path)

    def end(self) -> None:
        """End a call."""
        self._lock.release()

    def reserve(self, content: Content, offset: int, size: int) -> None:
        """Raise ENOSPC when these bytes would not fit any more."""
        if self.capacity is None:
            return
        wanted = set(range(offset // BLOCK, (offset + size + BLOCK - 1) // BLOCK)) - content.blocks
        if len(wanted) * BLOCK > self.capacity - self.used():
            raise _error(errno.ENOSPC, "")

    def _content(self, path: str) -> Content:
        if path not in self._live:
            raise _error(errno.ENOENT, path)
        return self._live[path]

    def _sync_names(self, folder: str) -> None:
        for path in set(self._live) | set(self._durable):
            if path.rpartition("/")[0] in set(_with_parents(folder)):
                if path in self._live:
                    self._durable[path] = self._live[path]
                else:
                    del self._durable[path]


class Call:
    """The context of one call on a `Disk`."""

    def __init__(self, disk: Disk, name: str, path: str) -> None:
        self._disk = disk
        self._name = name
        self._path = path

    def __enter__(self) -> None:
        self._disk.begin(self._name, self._path)

    def __exit__(self, *_: object) -> None:
        self._disk.end()


@implementer(IFile)
class DiskFile:
    """One open file of a `Disk`."""

    def __init__(self, disk: Disk, path: str, content: Content) -> None:
        self.path = path
        self._disk = disk
        self._content = content
        self._closed = False

    def size(self) -> int:
        with self._call("size"):
            return len(self._content.live)

    def write(self, offset: int, buffers: Seq[Any]) -> int:
        with self._call("write"):
            data = b"".join(buffers)
            self._disk.reserve(self._content, offset, len(data))
            self._content.write(offset, data)
            return len(data)

    def read(self, offset: int, size: int) -> bytes:
        with self._call("read"):
            return bytes(self._content.live[offset : offset + size])

    def read_hot(self, offset: int, size: int) -> bytes | memoryview | None:
        with self._call("read_hot"):
            return None if self._disk.cold else bytes(self._content.live[offset : offset + size])

    def next_data(self, offset: int) -> int | None:
        with self._call("next_data"):
            left = self._content.live[offset:].lstrip(b"\x00")
            return len(self._content.live) - len(left) if left else None

    def sync(self) -> None:
        with self._call("sync"):
            self._content.sync()

    def allocate(self, size: int) -> None:
        with self._call("allocate"):
            self._disk.reserve(self._content, 0, size)
            if size > len(self._content.live):
                self._content.resize(size)
            self._content.blocks.update(range((size + BLOCK - 1) // BLOCK))

    def resize(self, size: int) -> None:
        with self._call("resize"):
            self._content.resize(size)

    def close(self) -> None:
        self._closed = True

    def _call(self, name: str) -> Call:
        if self._closed:
            raise ValueError(f"{self.path} is closed")
        return self._disk.call(name, self.path)


def _with_parents(folder: str) -> Iterator[str]:
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield ""


def _copy(content: Content) -> Content:
    copy = Content()
    copy.live, copy.durable = bytearray(content.live), bytearray(content.durable)
    copy.unsynced, copy.blocks = list(content.unsynced), set(content.blocks)
    return copy


def _error(number: int, path: str) -> OSError:
    return OSError(number, os.strerror(number), path)
