"""Cutting the log, and keeping aside what is cut off."""

from __future__ import annotations

from typing import Any

from rmqtw.interfaces.storage import IFiles
from rmqtw.store.segments import PRIVATE, Segments, clear_after

CUT_FOLDER = f"{PRIVATE}/cut"


def cut_log(files: IFiles, segments: Segments, end: int) -> tuple[int, list[str]]:
    """Leave nothing behind `end` that a later start could take for records.

    (bytes cut off, files below the root that keep them): the rest of a file as `<end>.tail`, whole
    files under their own name.
    """
    cut, kept = 0, []
    segment = segments.at(end)
    if segment is not None:
        aside = Aside(files, f"{CUT_FOLDER}/{end:020d}.tail", end - segment.start)
        cut = clear_after(segment.file, end - segment.start, aside.save)
        if cut:
            segment.file.sync()
            kept.append(aside.close())
    for size, name in _drop_files(segments, segment.end if segment is not None else end):
        cut += size
        kept.append(name)
    return cut, kept


def _drop_files(segments: Segments, start: int) -> list[tuple[int, str]]:
    """Take away the files from `start` on; (size, name) of those that hold something, kept aside."""
    kept = []
    while len(segments) and segments[-1].start >= start:
        newest = segments[-1]
        filled = any(newest.file.read(0, 8))
        segments.drop_after(newest.start, aside=CUT_FOLDER if filled else None)
        if filled:
            kept.append((newest.size, f"{CUT_FOLDER}/{newest.start:020d}"))
    return kept


class Aside:
    """A file that keeps what is cut off, made with the first byte; it begins with offset `start`."""

    def __init__(self, files: IFiles, name: str, start: int) -> None:
        self._files = files
        self._name = name
        self._start = start
        self._file: Any = None

    def save(self, offset: int, data: bytes) -> None:
        """Keep bytes, given the offset they had."""
        if self._file is None:
            self._file = self._files.open(self._name, create=True)
            self._file.resize(0)
        self._file.write(offset - self._start, [data])
        self._file.sync()

    def close(self) -> str:
        """Close the file; returns its name."""
        self._file.close()
        self._files.sync_directory(CUT_FOLDER)
        return self._name
