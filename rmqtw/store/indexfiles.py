"""The folder `index`: its files, oldest first, and how far they reach.

A file is named after the time it was made at, `yyyyMMddHHmmssSSS` in the machine's zone, as Java names it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo

import msgspec
from twisted.logger import Logger

from rmqtw.interfaces.storage import IFiles
from rmqtw.store.indexfile import HEADER_SIZE, DamagedIndex, Geometry, IndexFile, IndexHeader
from rmqtw.store.indexkeys import IndexEntry
from rmqtw.store.segments import PRIVATE
from rmqtw.store.wholefile import read_whole, write_whole

FOLDER = "index"
INDEX_MARK_PATH = f"{PRIVATE}/index.json"

_NAME = re.compile("[0-9]{17}")
_log = Logger()


class IndexMark(msgspec.Struct, frozen=True):
    """Up to `position`, everything of the log is in the index, and the index is on the disk.

    `file` is the newest file, `header` its header's fields; "" and nothing when there was none.
    """

    position: int
    file: str
    header: tuple[int, ...]


def load_index_mark(files: IFiles) -> IndexMark | None:
    """Read the mark; None when there is none that can be read."""
    try:
        return msgspec.json.decode(read_whole(files, INDEX_MARK_PATH) or b"", type=IndexMark)
    except msgspec.MsgspecError:
        return None


def save_index_mark(files: IFiles, mark: IndexMark) -> None:
    """Replace the mark atomically and make it survive a power loss."""
    write_whole(files, INDEX_MARK_PATH, msgspec.json.encode(mark))


class IndexFiles:
    """The files. Whoever changes them is alone in doing so; readers see whole changes only."""

    def __init__(
        self, files: IFiles, geometry: Geometry, wall: Callable[[], int], zone: tzinfo | None = None
    ) -> None:
        self.opened: list[IndexFile] = []
        self._files = files
        self._geometry = geometry
        self._wall = wall
        self._zone = zone

    def __iter__(self) -> Iterator[IndexFile]:
        """Every file, oldest first."""
        return iter(self.opened)

    @property
    def newest(self) -> IndexFile | None:
        """The file that is written to."""
        return self.opened[-1] if self.opened else None

    def load(self) -> None:
        """Open the files. `DamagedIndex` for one whose size nobody gives a file.

        A file without a byte is what a killed broker leaves when it makes one: removed.
        """
        for name in self._files.list(FOLDER):
            if _NAME.fullmatch(name):
                self._load(name)

    def _load(self, name: str) -> None:
        file = self._files.open(f"{FOLDER}/{name}")
        size = file.size()
        geometry = self._geometry.of_size(size)
        if geometry is None:
            file.close()
            if size:
                raise DamagedIndex(f"index/{name} has {size} bytes, no size of an index file")
            self._files.remove(f"{FOLDER}/{name}")
            return
        header = IndexHeader.of(file.read(0, HEADER_SIZE))
        self.opened = [*self.opened, IndexFile(name, file, geometry, header)]

    def write(self, entries: list[IndexEntry]) -> dict[IndexFile, IndexHeader]:
        """Add entries; the headers that the files have from now on, for `show`."""
        headers: dict[IndexFile, IndexHeader] = {}
        while entries:
            target = self.newest
            if target is None or not target.room:
                target = self._create()
            part = entries[: target.room]
            target.header = headers[target] = target.write(part)
            entries = entries[len(part) :]
        return headers

    def _create(self) -> IndexFile:
        name = self._new_name()
        file = self._files.open(f"{FOLDER}/{name}", create=True)
        file.resize(self._geometry.size)
        made = IndexFile(name, file, self._geometry)
        self.opened = [*self.opened, made]
        return made

    def _new_name(self) -> str:
        """A name behind all others, after the time it is."""
        now = self._wall()
        local = datetime.fromtimestamp(now / 1000, self._zone)
        text = f"{local:%Y%m%d%H%M%S}{now % 1000:03d}"
        if self.opened and text <= self.opened[-1].name:
            return f"{int(self.opened[-1].name) + 1:017d}"
        return text

    def sync(self, changed: set[IndexFile]) -> None:
        """Bring these files to the disk, and their names."""
        for one in changed:
            one.file.sync()
        if changed:
            self._files.sync_directory(FOLDER)

    def mark(self, position: int) -> IndexMark:
        """What to remember once everything is on the disk."""
        newest = self.newest
        if newest is None:
            return IndexMark(position, "", ())
        header = newest.header
        fields = (
            header.begin_time, header.end_time, header.begin, header.end, header.used_slots, header.count,
        )  # fmt: skip
        return IndexMark(position, newest.name, fields)

    def drop(self, unwanted: Callable[[IndexFile], bool]) -> int:
        """Remove files; how many."""
        dropped = [one for one in self.opened if unwanted(one)]
        self.opened = [one for one in self.opened if one not in dropped]
        for one in dropped:
            self._files.remove(f"{FOLDER}/{one.name}")
            one.file.close()
        if dropped:
            self._files.sync_directory(FOLDER)
        return len(dropped)

    def drop_expired(self, log_start: int) -> int:
        """Remove the files, but for the newest, that know only of messages before `log_start`."""
        return self.drop(lambda one: one is not self.newest and one.header.end < log_start)

    def cut(self, position: int) -> None:
        """Forget the messages at `position` and behind. `DamagedIndex` when that cannot be done."""
        self.drop(lambda one: one.header.count > 1 and one.header.begin >= position)
        newest = self.newest
        if newest is not None and newest.header.end >= position:
            newest.roll_back(newest.header_before(position))

    def remove_all(self) -> None:
        """Begin anew: whatever is in the folder goes."""
        self.close()
        self.opened = []
        if self._files.exists(INDEX_MARK_PATH):
            self._files.remove(INDEX_MARK_PATH)
            self._files.sync_directory(PRIVATE)
        for name in self._files.list(FOLDER):
            if _NAME.fullmatch(name):
                self._files.remove(f"{FOLDER}/{name}")

    def close(self) -> None:
        """Close all files."""
        for one in self.opened:
            one.file.close()
