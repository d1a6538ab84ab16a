"""Java's JSON files under `config/`: topics, offsets, subscription groups and the like.

Java: `ConfigManager`, which reads `<file>.bak` when the file cannot be read, and fastjson, whose
dialect is read here too.
"""

from __future__ import annotations

from threading import Lock
from typing import Any

from twisted.internet.defer import Deferred

from rmqtw.interfaces.storage import IChores, IFiles
from rmqtw.store.errors import StoreDamaged
from rmqtw.store.wholefile import read_whole, write_whole
from rmqtw.wire import fastjson

SIZE_LIMIT = 1024 * 1024 * 1024
"""Longest document read: what the disk holds was written by a broker, not by a stranger."""


class JsonDocument:
    """One JSON file, replaced as a whole; the one before is kept as `<path>.bak`.

    After a crash at any moment `load` finds the last value saved or the one before it.
    """

    def __init__(self, files: IFiles, path: str) -> None:
        self.path = path
        self._files = files
        self._lock = Lock()
        self._given = 0
        self._saved = 0

    def load(self) -> dict[str, Any] | None:
        """Read the value; None when nothing was ever saved.

        Raises `StoreDamaged` naming the file when neither it nor its `.bak` holds a JSON object:
        going on with nothing would lose what somebody may still repair.
        """
        problem = None
        for path in (self.path, f"{self.path}.bak"):
            try:
                value = self._read(path)
            except fastjson.MalformedJson as bad:
                problem = problem or StoreDamaged(f"{self._files.root}/{path}", f"no JSON object: {bad}")
            else:
                if value is not None:
                    return value
        if problem is not None:
            raise problem
        return None

    def save(self, value: Any) -> None:
        """Save a value that JSON can hold; it is on the disk when this returns. Raises OSError."""
        self._given += 1
        self._replace(self._given, fastjson.dumps(value))

    def save_later(self, value: Any, chores: IChores) -> Deferred[None]:
        """Save the value as it is now, on a chore's thread.

        A Deferred of None once it, or a later one, is on the disk; it fails with OSError.
        """
        self._given += 1
        done: Deferred[None] = chores.run(self._replace, self._given, fastjson.dumps(value))
        return done

    def _read(self, path: str) -> dict[str, Any] | None:
        """The object in a file, None when there is no file; MalformedJson for anything else."""
        data = read_whole(self._files, path)
        if data is None:
            return None
        value = fastjson.loads(data, limit=SIZE_LIMIT)
        if not isinstance(value, dict):
            raise fastjson.MalformedJson(f"{type(value).__name__} where an object is due")
        return value

    def _replace(self, number: int, data: bytes) -> None:
        with self._lock:
            if number <= self._saved:
                return
            previous = read_whole(self._files, self.path)
            if previous is not None and self._is_sound():
                write_whole(self._files, f"{self.path}.bak", previous)
            write_whole(self._files, self.path, data)
            self._saved = number

    def _is_sound(self) -> bool:
        """Whether the present file is worth keeping: a damaged one must not replace a good `.bak`."""
        if self._saved:
            return True
        try:
            return self._read(self.path) is not None
        except fastjson.MalformedJson:
            return False
