"""The real disk: `IFiles` on descriptors, with pwritev, preadv and fdatasync.

Descriptors are bounded: a file that was not used for long is closed behind its owner's back and
opened again when needed. House rule: nothing maps a file into memory.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections import OrderedDict
from collections.abc import Sequence
from itertools import islice
from threading import Lock
from typing import Any, NoReturn

from zope.interface import implementer

from rmqtw.interfaces.storage import IFile, IFiles

IOVECS = 1020
"""Buffers in one pwritev; Linux takes 1024."""

OPEN_FILES = 256
"""Descriptors kept open for files nobody is using at the moment."""

HOT_TAIL = 16 * 1024 * 1024
"""Where the kernel cannot say what is in memory: what this process wrote last counts as such."""

_NOWAIT = getattr(os, "RWF_NOWAIT", 0)
_COLD = (errno.EAGAIN, errno.EWOULDBLOCK)
_UNSUPPORTED = (errno.EOPNOTSUPP, errno.ENOSYS)


class Descriptors:
    """Open descriptors, the least recently used closed first when there are more than `limit`.

    A file that is in use, or keeps unsynced writes, stays open; then there may be more than `limit`.
    """

    def __init__(self, limit: int, mode: int = os.O_RDWR) -> None:
        self.mode = mode
        self._limit = limit
        self._lock = Lock()
        self._open: OrderedDict[RealFile, None] = OrderedDict()

    def borrow(self, file: RealFile) -> int:
        """A descriptor of `file`, open until `give_back`."""
        with self._lock:
            if file.descriptor < 0:
                self._reopen(file)
            file.users += 1
            self._open.move_to_end(file)
            return file.descriptor

    def give_back(self, file: RealFile) -> None:
        """End a use of `file`'s descriptor."""
        with self._lock:
            file.users -= 1
            if file.closed and not file.users:
                self._drop(file)

    def add(self, file: RealFile) -> None:
        """Take over a file whose descriptor was just opened."""
        with self._lock:
            self._open[file] = None
            self._shrink()

    def close(self, file: RealFile) -> None:
        """Close the file for good, once nobody uses it."""
        with self._lock:
            file.closed = True
            if not file.users:
                self._drop(file)

    def count(self) -> int:
        """How many descriptors are open."""
        return len(self._open)

    def _reopen(self, file: RealFile) -> None:
        if file.closed:
            raise ValueError(f"{file.path} is closed")
        file.descriptor = os.open(file.path, self.mode | os.O_CLOEXEC)
        self._open[file] = None
        self._shrink(file)

    def _shrink(self, newest: RealFile | None = None) -> None:
        excess = len(self._open) - self._limit
        if excess > 0:
            idle = (file for file in self._open if file is not newest and file.is_idle())
            for file in list(islice(idle, excess)):
                self._drop(file)

    def _drop(self, file: RealFile) -> None:
        if self._open.pop(file, False) is None:
            descriptor, file.descriptor = file.descriptor, -1
            os.close(descriptor)


@implementer(IFile)
class RealFile:
    """One file of the real disk."""

    def __init__(self, descriptors: Descriptors, path: str, descriptor: int, keep: bool) -> None:
        self.path = path
        self.descriptor = descriptor
        self.users = 0
        self.closed = False
        self._descriptors = descriptors
        self._keep = keep
        self._unsynced = 0
        self._written_to = 0
        self._can_tell_hot = bool(_NOWAIT)
        descriptors.add(self)

    def is_idle(self) -> bool:
        """Whether the descriptor may be closed for now."""
        return not self.users and not (self._keep and self._unsynced)

    def size(self) -> int:
        descriptor = self._descriptors.borrow(self)
        try:
            return os.fstat(descriptor).st_size
        finally:
            self._descriptors.give_back(self)

    def write(self, offset: int, buffers: Sequence[Any]) -> int:
        descriptor = self._descriptors.borrow(self)
        self._unsynced += 1
        try:
            return self._write(descriptor, offset, buffers)
        finally:
            self._descriptors.give_back(self)

    def _write(self, descriptor: int, offset: int, buffers: Sequence[Any]) -> int:
        start = offset
        for first in range(0, len(buffers), IOVECS):
            part = buffers[first : first + IOVECS] if len(buffers) > IOVECS else buffers
            written = os.pwritev(descriptor, part, offset)
            wanted = sum(map(len, part))
            if written != wanted:
                _write_rest(descriptor, offset, part, written)
            offset += wanted
        self._written_to = max(self._written_to, offset)
        return offset - start

    def read(self, offset: int, size: int) -> bytes:
        descriptor = self._descriptors.borrow(self)
        try:
            data = os.pread(descriptor, size, offset)
            if 0 < len(data) < size:
                data += _read_rest(descriptor, offset + len(data), size - len(data))
            return data
        finally:
            self._descriptors.give_back(self)

    def read_hot(self, offset: int, size: int) -> bytes | memoryview | None:
        if not self._can_tell_hot:
            return self._read_tail(offset, size)
        buffer = bytearray(size)
        descriptor = self._descriptors.borrow(self)
        try:
            got = os.preadv(descriptor, (buffer,), offset, _NOWAIT)
        except OSError as problem:
            return self._not_hot(problem, offset, size)
        finally:
            self._descriptors.give_back(self)
        if got == size:
            return memoryview(buffer)
        return memoryview(buffer)[:got] if offset + got >= self.size() else None

    def _not_hot(self, problem: OSError, offset: int, size: int) -> bytes | None:
        if problem.errno in _COLD:
            return None
        if problem.errno not in _UNSUPPORTED:
            raise problem
        self._can_tell_hot = False
        return self._read_tail(offset, size)

    def _read_tail(self, offset: int, size: int) -> bytes | None:
        return self.read(offset, size) if offset >= self._written_to - HOT_TAIL > -HOT_TAIL else None

    def next_data(self, offset: int) -> int | None:
        descriptor = self._descriptors.borrow(self)
        try:
            return os.lseek(descriptor, offset, os.SEEK_DATA)
        except OSError as problem:
            if problem.errno == errno.ENXIO:
                return None
            raise
        finally:
            self._descriptors.give_back(self)

    def sync(self) -> None:
        descriptor = self._descriptors.borrow(self)
        before = self._unsynced
        try:
            os.fdatasync(descriptor)
            self._unsynced -= before
        finally:
            self._descriptors.give_back(self)

    def allocate(self, size: int) -> None:
        descriptor = self._descriptors.borrow(self)
        try:
            os.posix_fallocate(descriptor, 0, size)
        finally:
            self._descriptors.give_back(self)

    def resize(self, size: int) -> None:
        descriptor = self._descriptors.borrow(self)
        self._unsynced += 1
        try:
            os.ftruncate(descriptor, size)
        finally:
            self._descriptors.give_back(self)

    def close(self) -> None:
        self._descriptors.close(self)


def _write_rest(descriptor: int, offset: int, buffers: Sequence[Any], written: int) -> None:
    """Write what a short pwritev left over; an error such as ENOSPC then shows itself."""
    rest = memoryview(b"".join(buffers))[written:]
    offset += written
    while rest:
        written = os.pwrite(descriptor, rest, offset)
        rest = rest[written:]
        offset += written


def _read_rest(descriptor: int, offset: int, size: int) -> bytes:
    """Read on after a short read, until `size` or the end of the file."""
    parts = []
    while size and (data := os.pread(descriptor, size, offset)):
        parts.append(data)
        offset += len(data)
        size -= len(data)
    return b"".join(parts)


class FileLock:
    """A held lock; `release` lets others have it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go; a second call does nothing."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


@implementer(IFiles)
class RealFiles:
    """The files below one folder of the real disk.

    `read_only`: files are opened for reading, and the lock is one that many readers share but no broker.
    """

    def __init__(self, root: str, open_files: int = OPEN_FILES, *, read_only: bool = False) -> None:
        self.root = os.path.abspath(os.path.expanduser(root))
        self._descriptors = Descriptors(open_files, os.O_RDONLY if read_only else os.O_RDWR)
        self._read_only = read_only

    def open(self, path: str, *, create: bool = False, keep: bool = False) -> RealFile:
        full = self._full(path)
        flags = self._descriptors.mode | os.O_CLOEXEC | (os.O_CREAT if create else 0)
        try:
            descriptor = os.open(full, flags, 0o640)
        except FileNotFoundError:
            if not create:
                raise
            os.makedirs(os.path.dirname(full), exist_ok=True)
            descriptor = os.open(full, flags, 0o640)
        return RealFile(self._descriptors, full, descriptor, keep)

    def list(self, path: str) -> list[str]:
        try:
            return sorted(os.listdir(self._full(path)))
        except FileNotFoundError:
            return []

    def exists(self, path: str) -> bool:
        return os.path.lexists(self._full(path))

    def rename(self, source: str, target: str) -> None:
        full = self._full(target)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        old = self._full(source)
        os.rename(old, full)
        for folder in {os.path.dirname(full), os.path.dirname(old)}:
            _sync_folder(folder)

    def remove(self, path: str) -> None:
        full = self._full(path)
        if os.path.isdir(full):
            os.rmdir(full)
        else:
            os.unlink(full)

    def sync_directory(self, path: str) -> None:
        full = self._full(path)
        while len(full) >= len(self.root):
            _sync_folder(full)
            full = os.path.dirname(full)

    def free(self) -> tuple[int, int]:
        status = os.statvfs(self.root)
        used = status.f_blocks - status.f_bfree
        return status.f_bavail * status.f_frsize, (used + status.f_bavail) * status.f_frsize

    def lock(self, path: str) -> FileLock:
        full = self._full(path)
        if self._read_only:
            return self._lock_shared(full)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        descriptor = os.open(full, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            lock_first_byte(descriptor)
        except OSError as problem:
            os.close(descriptor)
            _raise_locked(problem)
        return FileLock(descriptor)

    def _lock_shared(self, full: str) -> FileLock:
        """Without a file nobody can hold a lock, and none is made."""
        try:
            descriptor = os.open(full, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return FileLock(-1)
        try:
            lock_first_byte(descriptor, shared=True)
        except OSError as problem:
            os.close(descriptor)
            _raise_locked(problem)
        return FileLock(descriptor)

    def open_count(self) -> int:
        """How many descriptors are open at the moment."""
        return self._descriptors.count()

    def _full(self, path: str) -> str:
        return f"{self.root}/{path}" if path else self.root


def lock_first_byte(descriptor: int, *, shared: bool = False) -> None:
    """Lock byte 0 as Java's `FileChannel.tryLock(0, 1, false)` does, so that each excludes the other.

    An open file description lock where there are such: a lock of the older kind would not exclude a
    second store in this process, and closing any descriptor of the file would lose it.
    """
    if hasattr(fcntl, "F_OFD_SETLK"):
        kind = fcntl.F_RDLCK if shared else fcntl.F_WRLCK
        whole = struct.pack("hhqqi4x", kind, os.SEEK_SET, 0, 1, 0)
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, whole)
    else:
        fcntl.lockf(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB, 1, 0)


def _raise_locked(problem: OSError) -> NoReturn:
    if problem.errno in (errno.EAGAIN, errno.EACCES):
        raise BlockingIOError(problem.errno, os.strerror(problem.errno)) from problem
    raise problem


def _sync_folder(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
