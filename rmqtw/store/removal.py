"""Removing the queues of topics that nobody has any more.

The files are moved to `rmqtw/removed/` first, at once, so that a new topic of the same name begins with
an empty folder; then they are removed.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from itertools import count
from typing import Any

from twisted.internet.defer import inlineCallbacks
from twisted.logger import Logger

from rmqtw.interfaces.storage import IChores, IFiles
from rmqtw.store.queues import FOLDER, ConsumeQueue
from rmqtw.store.segments import PRIVATE
from rmqtw.store.writing import Writing
from rmqtw.wire.names import path_name

REMOVED_FOLDER = f"{PRIVATE}/removed"

_log = Logger()


class TopicRemoval:
    """Removes topics' queues from a store; whoever asks holds the queues' lock."""

    def __init__(self, files: IFiles, writing: Writing, chores: IChores) -> None:
        self._files = files
        self._writing = writing
        self._chores = chores
        self._numbers = count(1)

    @inlineCallbacks
    def remove(self, unused: Callable[[str], bool]) -> Generator[Any, Any, int]:
        """See `IRetention.remove_topics`."""
        removed = 0
        for topic in sorted({queue.topic for queue in self._writing.queues}):
            if unused(topic):
                yield self._remove(topic)
                removed += 1
        return removed

    @inlineCallbacks
    def _remove(self, topic: str) -> Generator[Any, Any, None]:
        self._writing.end_turn()
        queues = [queue for queue in self._writing.queues if queue.topic == topic]
        paths = [path for queue in queues for path in self._give_up(queue)]
        folders = [f"{FOLDER}/{path_name(topic)}/{queue.queue_id}" for queue in queues]
        yield self._chores.run(_remove_paths, self._files, paths)
        yield self._chores.run(_remove_folders, self._files, [*folders, f"{FOLDER}/{path_name(topic)}"])
        _log.info("The queues of topic {topic} were removed: nobody has it any more", topic=topic)

    def _give_up(self, queue: ConsumeQueue) -> list[str]:
        self._writing.upkeep.forget_queue(queue)
        del self._writing.queues.table[queue.topic, queue.queue_id]
        return queue.take_all(f"{REMOVED_FOLDER}/{next(self._numbers)}")


def remove_left_over(files: IFiles) -> None:
    """Finish what a killed broker began to remove. Raises OSError."""
    for path in _below(files, REMOVED_FOLDER):
        files.remove(path)


def _below(files: IFiles, folder: str) -> list[str]:
    """Everything in a folder, what is inside of a folder before it."""
    found: list[str] = []
    for name in files.list(folder):
        path = f"{folder}/{name}"
        found += [*(_below(files, path) if not _is_file(files, path) else ()), path]
    return found


def _is_file(files: IFiles, path: str) -> bool:
    try:
        files.open(path).close()
    except IsADirectoryError:
        return False
    except FileNotFoundError:  # a disk in memory has no folders
        return False
    return True


def _remove_paths(files: IFiles, paths: list[str]) -> None:
    for path in paths:
        files.remove(path)
        _remove_empty(files, path.rpartition("/")[0])


def _remove_empty(files: IFiles, folder: str) -> None:
    """Remove a folder and those above it, up to the one for removed files, while they are empty."""
    while folder != REMOVED_FOLDER and not files.list(folder) and files.exists(folder):
        files.remove(folder)
        folder = folder.rpartition("/")[0]


def _remove_folders(files: IFiles, folders: list[str]) -> None:
    """Remove these, unless somebody has put something in them again."""
    for folder in folders:
        try:
            if files.exists(folder) and not files.list(folder):
                files.remove(folder)
        except OSError:
            _log.debug("{folder} is in use again", folder=folder)
