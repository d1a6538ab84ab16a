"""What recovery may rely on: Java's checkpoint, and the mark that only this project needs."""

from __future__ import annotations

from struct import Struct

import attrs
import msgspec

from rmqtw.interfaces.storage import IFiles
from rmqtw.store.segments import PRIVATE
from rmqtw.store.wholefile import read_whole, write_whole

CHECKPOINT_PATH = "checkpoint"
CHECKPOINT_SIZE = 4096
SAFETY_MARGIN = 3000
"""Milliseconds that Java goes back behind a checkpoint's times (`StoreCheckpoint.getMinTimestamp`)."""

MARK_PATH = f"{PRIVATE}/mark.json"

_TIMES = Struct(">qqqqq")


@attrs.define
class Checkpoint:
    """Java's file `checkpoint` (`StoreCheckpoint`): up to which store times things are on the disk.

    Times are milliseconds; what this project does not use is written back as it was.
    """

    log_time: int = 0
    queues_time: int = 0
    index_time: int = 0
    master_flushed: int = 0
    confirmed: int = 0

    @classmethod
    def load(cls, files: IFiles) -> Checkpoint:
        """Read it; zeros when there is none, or one of another size than Java's."""
        data = read_whole(files, CHECKPOINT_PATH) or b""
        return cls(*_TIMES.unpack_from(data)) if len(data) == CHECKPOINT_SIZE else cls()

    def save(self, files: IFiles) -> None:
        """Write it and make it survive a power loss."""
        file = files.open(CHECKPOINT_PATH, create=True)
        try:
            fresh = file.size() != CHECKPOINT_SIZE
            if fresh:
                file.resize(CHECKPOINT_SIZE)
            file.write(0, [_TIMES.pack(*attrs.astuple(self))])
            file.sync()
        finally:
            file.close()
        if fresh:
            files.sync_directory("")

    def safe_time(self) -> int:
        """Everything stored before this time is in the log and in the queues; 0: nothing is known."""
        return max(0, min(self.log_time, self.queues_time) - SAFETY_MARGIN)


class LogMark(msgspec.Struct, frozen=True):
    """A place in the log before which everything is on the disk, queues included.

    `end` is where a record ends, the one that starts at `last`. Both are checked before use, since a
    Java broker may have worked on the files in between.
    """

    end: int
    last: int


def load_mark(files: IFiles) -> LogMark | None:
    """Read the mark; None when there is none that can be read."""
    try:
        return msgspec.json.decode(read_whole(files, MARK_PATH) or b"", type=LogMark)
    except msgspec.MsgspecError:
        return None


def save_mark(files: IFiles, mark: LogMark) -> None:
    """Replace the mark atomically and make it survive a power loss."""
    write_whole(files, MARK_PATH, msgspec.json.encode(mark))
