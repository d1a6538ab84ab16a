"""Fixed-size files in one folder, each named by the 20 digits of the offset it starts at.

Java: `MappedFileQueue`. The sizes are those of the files that exist; only an empty folder takes the
size it is given.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any

from rmqtw.interfaces.storage import IFiles
from rmqtw.store.errors import StoreDamaged

_NAME = re.compile("[0-9]{20}")
PRIVATE = "rmqtw"
"""Folder, below the store's root, for what only this project needs: Java refuses foreign files."""

_CHUNK = 64 * 1024
_ZEROS = bytes(_CHUNK)


class Segment:
    """One file: bytes `start` to `end` of the whole."""

    __slots__ = ("end", "file", "size", "start")

    def __init__(self, start: int, size: int, file: Any) -> None:
        self.start = start
        self.size = size
        self.end = start + size
        self.file = file


class Segments:
    """The files of one folder, in order, without gaps.

    `real` reserves the disk space of a new file; otherwise it is sparse. `keep` as in `IFiles.open`.
    """

    def __init__(self, files: IFiles, folder: str, size: int, *, real: bool = False) -> None:
        self.folder = folder
        self.size = size
        self._files = files
        self._real = real
        self._lock = Lock()
        self._starts: list[int] = []
        self._segments: list[Segment] = []

    def __len__(self) -> int:
        """How many files there are."""
        return len(self._segments)

    def __getitem__(self, index: int) -> Segment:
        """The file at this place, oldest first."""
        return self._segments[index]

    def __iter__(self) -> Iterator[Segment]:
        """Every file, oldest first."""
        return iter(list(self._segments))

    @property
    def start(self) -> int:
        """Where the oldest file starts; 0 without files."""
        return self._starts[0] if self._starts else 0

    @property
    def end(self) -> int:
        """Where the newest file ends; 0 without files."""
        return self._segments[-1].end if self._segments else 0

    def load(self) -> None:
        """Find the files. Raises `StoreDamaged` naming one that does not fit.

        A last file without a byte is what a broker that was killed while making it leaves: removed.
        """
        names = [name for name in self._files.list(self.folder) if _NAME.fullmatch(name)]
        for name in names:
            self._load_one(name, last=name == names[-1])

    def _load_one(self, name: str, *, last: bool) -> None:
        path = f"{self.folder}/{name}"
        file = self._files.open(path, keep=self._real)
        size = file.size()
        if not size and last:
            file.close()
            self._files.remove(path)
            return
        if self._segments and (int(name) != self.end or size != self.size):
            wanted = f"{self.end:020d} of {self.size} bytes should follow the file before"
            raise StoreDamaged(f"{self._files.root}/{path}", f"has {size} bytes; {wanted}")
        if not size:
            raise StoreDamaged(f"{self._files.root}/{path}", "is empty though others follow")
        self.size = size
        self._add(Segment(int(name), size, file))

    def _add(self, segment: Segment) -> None:
        self._segments.append(segment)
        self._starts.append(segment.start)

    def at(self, offset: int) -> Segment | None:
        """The file that holds this offset."""
        index = bisect_right(self._starts, offset) - 1
        if index < 0 or offset >= self._segments[index].end:
            return None
        return self._segments[index]

    def create(self, start: int) -> Segment:
        """The file that starts at `start`, made if it is not there; any thread may ask.

        It gets its name only when it has its size, so that no crash leaves half a file.
        """
        with self._lock:
            segment = self.at(start)
            return segment if segment is not None else self._create(start)

    def _create(self, start: int) -> Segment:
        path = f"{self.folder}/{start:020d}"
        if not self._real:
            file = self._files.open(path, create=True)
            file.resize(self.size)
        else:
            self._make_whole(path)
            file = self._files.open(path, keep=True)
        segment = Segment(start, self.size, file)
        self._add(segment)
        return segment

    def _make_whole(self, path: str) -> None:
        unnamed = f"{PRIVATE}/{path.replace('/', '-')}.new"
        file = self._files.open(unnamed, create=True)
        try:
            file.resize(0)
            file.allocate(self.size)
            file.sync()
        except OSError:
            file.close()
            self._files.remove(unnamed)
            raise
        file.close()
        self._files.rename(unnamed, path)

    def drop_after(self, offset: int, *, aside: str | None = None) -> list[Segment]:
        """Remove the files that start at or after `offset`, newest first; returns them, closed.

        With `aside`, they are moved to that folder instead.
        """
        dropped = []
        while self._starts and self._starts[-1] >= offset:
            segment = self._segments.pop()
            self._starts.pop()
            segment.file.close()
            self._remove(segment, aside)
            dropped.append(segment)
        return dropped

    def take_before(self, offset: int) -> list[Segment]:
        """Forget the files that end at `offset` or before, oldest first, but never the last; returns them.

        They are still open, and on the disk until `remove_taken`. No file may be being made meanwhile.
        """
        count = 0
        while count + 1 < len(self._segments) and self._segments[count].end <= offset:
            count += 1
        taken = self._segments[:count]
        del self._starts[:count], self._segments[:count]
        return taken

    def remove_taken(self, taken: list[Segment]) -> None:
        """Remove these files from the disk, oldest first; any thread may."""
        for segment in taken:
            self._files.remove(f"{self.folder}/{segment.start:020d}")
            self._files.sync_directory(self.folder)  # else a power loss could leave a gap between files
            segment.file.close()

    def move_all(self, aside: str) -> list[str]:
        """Move every file to the folder `aside`, under a name of its own there, closed; returns the paths."""
        moved = []
        for segment in self._segments:
            segment.file.close()
            name = f"{segment.start:020d}"
            moved.append(f"{aside}/{self.folder}/{name}")
            self._files.rename(f"{self.folder}/{name}", moved[-1])
        self._segments.clear()
        self._starts.clear()
        return moved

    def _remove(self, segment: Segment, aside: str | None) -> None:
        name = f"{segment.start:020d}"
        if aside is None:
            self._files.remove(f"{self.folder}/{name}")
            self._files.sync_directory(self.folder)  # else a power loss could leave a gap between files
        else:
            self._files.rename(f"{self.folder}/{name}", f"{aside}/{name}")

    def sync_names(self) -> None:
        """Make the files' names survive a power loss."""
        if self._segments:
            self._files.sync_directory(self.folder)

    def close(self) -> None:
        """Close all files."""
        for segment in self._segments:
            segment.file.close()


def clear_after(file: Any, offset: int, save: Callable[[int, bytes], None] | None = None) -> int:
    """Write zeros over everything in `file` from `offset` on that is not zero; how many bytes that were.

    Bytes left behind a cut could else pass for records at a later start. `save(offset, data)` is
    given what is about to be lost.
    """
    cleared = 0
    while (found := file.next_data(offset)) is not None:
        data = file.read(found, _CHUNK)
        if not data:
            break
        if data != _ZEROS[: len(data)]:
            length = len(data.rstrip(b"\x00"))
            if save is not None:
                save(found, data[:length])
            file.write(found, [bytes(length)])
            cleared += length
        offset = found + len(data)
    return cleared
