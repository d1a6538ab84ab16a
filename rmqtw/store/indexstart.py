"""Where the index goes on after a start: blocking work, for a chore.

Java removes, after a kill, the file that is newer than its checkpoint, and makes it again from the log's
last file only; here nothing is lost. A clean stop leaves files that are as their headers say. After any
other end, the newest file goes back to what the mark says was on the disk, and from there on everything
is read from the log again. Where that is not possible, the whole index is made again.
"""

from __future__ import annotations

import attrs

from rmqtw.store.indexfile import DamagedIndex, IndexHeader
from rmqtw.store.indexfiles import IndexFiles, IndexMark


@attrs.frozen
class IndexStart:
    """Where to go on: at `position`, the first record that may not be in the index.

    `gaps` are [start, end) of log nobody vouches for, where a record with a key is one that the index
    lacks, unless it starts at a `known` place. `problem` says why all of it is made again.
    """

    position: int
    gaps: tuple[tuple[int, int], ...] = ()
    known: frozenset[int] = frozenset()
    problem: str | None = None


def start_index(
    files: IndexFiles, mark: IndexMark | None, *, clean: bool, log_start: int, log_end: int
) -> IndexStart:
    """Open the files and see what is in them. Raises OSError."""
    try:
        files.load()
        found = _start(files, mark, clean, log_start)
        files.cut(log_end)
    except DamagedIndex as problem:
        files.remove_all()
        return IndexStart(log_start, problem=str(problem))
    position = found.position if found.position <= log_end else _behind_last(files, log_start)
    return attrs.evolve(found, position=max(log_start, position))


def _start(files: IndexFiles, mark: IndexMark | None, clean: bool, log_start: int) -> IndexStart:
    if mark is not None and _is_ours(files, mark, clean):
        if not clean:
            _go_back(files, mark)
        return IndexStart(mark.position)
    newest = files.newest
    if newest is None:
        return IndexStart(log_start)
    if not clean:
        newest.roll_back(newest.header)
    known = frozenset(one.header.end for one in files if one.header.count > 1)
    return IndexStart(_behind_last(files, log_start), _gaps(files, log_start), known)


def _is_ours(files: IndexFiles, mark: IndexMark, clean: bool) -> bool:
    """Whether the files are those of the mark, or, after a kill, come from those."""
    if not mark.file:
        return not clean or files.newest is None
    header = IndexHeader(*mark.header)
    for one in files:
        if one.name == mark.file:
            same_begin = header.count == 1 or one.header.begin == header.begin
            is_newest = one is files.newest
            if clean:
                return is_newest and one.header == header
            return same_begin and one.header.count >= header.count
    return False


def _go_back(files: IndexFiles, mark: IndexMark) -> None:
    files.drop(lambda one: one.name > mark.file)
    newest = files.newest
    if newest is not None:
        newest.roll_back(IndexHeader(*mark.header))


def _behind_last(files: IndexFiles, log_start: int) -> int:
    """The last message in the index: of its keys, a killed broker may have written some only."""
    return max((one.header.end for one in files if one.header.count > 1), default=log_start)


def _gaps(files: IndexFiles, log_start: int) -> tuple[tuple[int, int], ...]:
    """Where the log lies between what two neighbouring files know, or before the first."""
    gaps = []
    end = log_start
    for one in files:
        if one.header.count > 1:
            if end < one.header.begin:
                gaps.append((end, one.header.begin))
            end = max(end, one.header.end)
    return tuple(gaps)
