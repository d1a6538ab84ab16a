"""A disk that is read as it is and written to in memory only: for tools that must not change anything.

What would have been changed can be asked for.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from threading import RLock
from typing import Any, NamedTuple

from zope.interface import implementer

from rmqtw.interfaces.storage import IFile, IFiles

BLOCK = 4096


class Change(NamedTuple):
    """What would happen to a file: it is made, changed or removed; `size` counts bytes in changed blocks."""

    path: str
    kind: str
    size: int


class Inode:
    """One file: what is below, and the blocks that were written over it."""

    def __init__(self, below: Any | None) -> None:
        self.below = below
        self.size: int = below.size() if below is not None else 0
        self.below_size = self.size  # what lies behind this in the file below does not count any more
        self.blocks: dict[int, bytearray] = {}

    def read(self, offset: int, size: int) -> bytes:
        """See `IFile.read`."""
        size = max(0, min(size, self.size - offset))
        data = self._read_below(offset, size)
        if not self.blocks:
            return bytes(data)
        for number in range(offset // BLOCK, (offset + size + BLOCK - 1) // BLOCK):
            block = self.blocks.get(number)
            if block is not None:
                start, end = max(offset, number * BLOCK), min(offset + size, (number + 1) * BLOCK)
                data[start - offset : end - offset] = block[start - number * BLOCK : end - number * BLOCK]
        return bytes(data)

    def _read_below(self, offset: int, size: int) -> bytearray:
        count = max(0, min(size, self.below_size - offset))
        data = self.below.read(offset, count) if count and self.below is not None else b""
        return bytearray(data) + bytes(size - len(data))

    def write(self, offset: int, data: bytes) -> None:
        """Write over what is below."""
        self.size = max(self.size, offset + len(data))
        view = memoryview(data)
        while view:
            number, start = divmod(offset, BLOCK)
            part = view[: BLOCK - start]
            if number not in self.blocks:
                block = self._read_below(number * BLOCK, BLOCK)
                self.blocks[number] = block
            self.blocks[number][start : start + len(part)] = part
            offset += len(part)
            view = view[len(part) :]

    def resize(self, size: int) -> None:
        """Cut or extend."""
        if size < self.size:
            self.below_size = min(self.below_size, size)
            self.blocks = {number: block for number, block in self.blocks.items() if number * BLOCK < size}
            if block := self.blocks.get(size // BLOCK):
                block[size % BLOCK :] = bytes(BLOCK - size % BLOCK)
        self.size = size

    def next_data(self, offset: int) -> int | None:
        """See `IFile.next_data`."""
        found = [max(offset, number * BLOCK) for number in self.blocks if (number + 1) * BLOCK > offset]
        if self.below is not None and offset < self.below_size:
            below = self.below.next_data(offset)
            if below is not None and below < self.below_size:
                found.append(below)
        return min((place for place in found if place < self.size), default=None)

    def changed(self) -> int:
        """Bytes in blocks that are not what they were."""
        return sum(bytes(block) != self._read_below(number * BLOCK, BLOCK) for number, block in
                   self.blocks.items()) * BLOCK  # fmt: skip


@implementer(IFiles)
class Overlay:
    """The files of `below`, never written to."""

    def __init__(self, below: IFiles) -> None:
        self.root = below.root
        self._below = below
        self._lock = RLock()
        self._inodes: dict[str, Inode] = {}
        self._hidden: set[str] = set()

    def changes(self) -> list[Change]:
        """What was done, by path."""
        found = [Change(path, "removed", 0) for path in self._hidden if path not in self._inodes]
        for path, inode in self._inodes.items():
            fresh = path in self._hidden or not self._below.exists(path)
            size = inode.changed()
            if fresh or size or inode.size != inode.below_size:
                found.append(Change(path, "made" if fresh else "changed", size))
        return sorted(found)

    def open(self, path: str, *, create: bool = False, keep: bool = False) -> OverlayFile:
        del keep
        with self._lock:
            inode = self._inodes.get(path)
            if inode is None:
                inode = self._inodes[path] = self._find(path, create)
            return OverlayFile(inode)

    def _find(self, path: str, create: bool) -> Inode:
        if path not in self._hidden:
            try:
                return Inode(self._below.open(path))
            except FileNotFoundError:
                if not create:
                    raise
        if not create:
            raise _missing(path)
        return Inode(None)

    def list(self, path: str) -> list[str]:
        with self._lock:
            prefix = f"{path}/" if path else ""
            made = (name[len(prefix) :].split("/", 1)[0] for name in self._inodes if name.startswith(prefix))
            below = (name for name in self._below.list(path) if f"{prefix}{name}" not in self._hidden)
            return sorted({*made, *below})

    def exists(self, path: str) -> bool:
        with self._lock:
            if path in self._inodes or any(name.startswith(f"{path}/") for name in self._inodes):
                return True
            return path not in self._hidden and bool(self._below.exists(path))

    def rename(self, source: str, target: str) -> None:
        with self._lock:
            self.open(source)
            self._inodes[target] = self._inodes.pop(source)
            self._hide(source)
            self._hide(target)

    def remove(self, path: str) -> None:
        with self._lock:
            if path in self._inodes or self._below.exists(path):
                self._inodes.pop(path, None)
                self._hide(path)

    def _hide(self, path: str) -> None:
        if self._below.exists(path):
            self._hidden.add(path)

    def sync_directory(self, path: str) -> None:
        """There is nothing to sync."""

    def free(self) -> tuple[int, int]:
        free, total = self._below.free()
        return free, total

    def lock(self, path: str) -> Any:
        return self._below.lock(path)


@implementer(IFile)
class OverlayFile:
    """One open file of an `Overlay`."""

    def __init__(self, inode: Inode) -> None:
        self._inode = inode

    def size(self) -> int:
        return self._inode.size

    def write(self, offset: int, buffers: Sequence[Any]) -> int:
        data = b"".join(buffers)
        self._inode.write(offset, data)
        return len(data)

    def read(self, offset: int, size: int) -> bytes:
        return self._inode.read(offset, size)

    def read_hot(self, offset: int, size: int) -> bytes:
        return self._inode.read(offset, size)

    def next_data(self, offset: int) -> int | None:
        return self._inode.next_data(offset)

    def sync(self) -> None:
        """There is nothing to sync."""

    def allocate(self, size: int) -> None:
        self._inode.size = max(size, self._inode.size)

    def resize(self, size: int) -> None:
        self._inode.resize(size)

    def close(self) -> None:
        """Nothing is open."""


def _missing(path: str) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
