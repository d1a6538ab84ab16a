"""Where a broker keeps its messages and documents, from the setting `store`."""

from __future__ import annotations

from typing import Any, Protocol

import attrs
from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger

from rmqtw.declare.plugins import STORE, ProviderContext, find_maker
from rmqtw.declare.settings import BrokerSettings
from rmqtw.net.turns import EndOfTurn
from rmqtw.store.chores import Threads
from rmqtw.store.documents import JsonDocument
from rmqtw.store.files import RealFiles
from rmqtw.store.filestore import FileStore
from rmqtw.store.memory import MemoryStore
from rmqtw.tap.errors import plugin_causes
from rmqtw.tap.providers import refuse_argument
from rmqtw.tap.surroundings import wall
from rmqtw.tap.translate import store_settings

CHORE_THREADS = 3

_log = Logger(namespace="rmqtw.store")


class Document(Protocol):
    """One JSON document beside the messages."""

    @property
    def where(self) -> str:
        """Where it is, for people."""

    def load(self) -> dict[str, Any] | None:
        """The value, or None when nothing was ever saved. Raises `StoreDamaged`."""

    def save(self, value: dict[str, Any]) -> None:
        """Save; on the disk when this returns. Raises OSError."""

    def save_later(self, value: dict[str, Any]) -> Deferred[None]:
        """Save the value as it is now; fires when it is on the disk, fails with OSError."""


class Storage(Protocol):
    """One store and the documents beside it. `where` is for people."""

    store: Any
    where: str

    def start(self) -> None:
        """Open. Raises `StoreError`."""

    def stop(self) -> Deferred[None]:
        """Bring everything to the disk and close; does not fail."""

    def document(self, path: str) -> Document:
        """The document of this path."""

    def log_end(self) -> int:
        """Position behind the last message that can be read."""


def storage_of(settings: BrokerSettings, reactor: Any, turns: EndOfTurn) -> Storage:
    """What the plugin named by `store` makes. `StartError` when it refuses its argument."""
    with plugin_causes(STORE):
        maker, argument = find_maker(STORE, settings.store)
        made: Storage = maker.make(argument, ProviderContext(settings, reactor, wall, turns))
    return made


@attrs.frozen
class FileDocument:
    """A JSON file whose later saves are done by chore threads."""

    where: str
    _file: JsonDocument
    _chores: Threads

    def load(self) -> dict[str, Any] | None:
        """See `Document`."""
        return self._file.load()

    def save(self, value: dict[str, Any]) -> None:
        """See `Document`."""
        self._file.save(value)

    def save_later(self, value: dict[str, Any]) -> Deferred[None]:
        """See `Document`."""
        return self._file.save_later(value, self._chores)


class FileStorage:
    """Files below one folder."""

    def __init__(self, folder: str, context: ProviderContext) -> None:
        reactor = context.clock
        self._files = RealFiles(folder)
        self.where = self._files.root
        self._chores = Threads("store-chore", CHORE_THREADS, reactor.callFromThread)
        self.store = FileStore(
            self._files, reactor, context.wall, context.end_of_turn, store_settings(context.settings),
            chores=self._chores, flusher=Threads("store-flusher", 1, reactor.callFromThread),
            in_trouble=_tell_trouble,
        )

    def start(self) -> None:
        """See `Storage`; logs what was found and done."""
        _log.info("{summary}", summary=str(self.store.start()))

    def stop(self) -> Deferred[None]:
        """See `Storage`."""
        return self.store.stop()

    def document(self, path: str) -> FileDocument:
        """See `Storage`."""
        return FileDocument(f"{self.where}/{path}", JsonDocument(self._files, path), self._chores)

    def log_end(self) -> int:
        """See `Storage`."""
        return self.store.readable


class MemoryDocument:
    """A document that lives as long as the process."""

    where = "memory"

    def __init__(self) -> None:
        self._value: dict[str, Any] | None = None

    def load(self) -> dict[str, Any] | None:
        """See `Document`."""
        return self._value

    def save(self, value: dict[str, Any]) -> None:
        """See `Document`."""
        self._value = value

    def save_later(self, value: dict[str, Any]) -> Deferred[None]:
        """See `Document`."""
        self._value = value
        return succeed(None)


class MemoryStorage:
    """Nothing on disk."""

    where = "memory only"

    def __init__(self, context: ProviderContext) -> None:
        self.store = MemoryStore(context.wall, context.end_of_turn)

    def start(self) -> None:
        """See `Storage`."""

    def stop(self) -> Deferred[None]:
        """See `Storage`."""
        return self.store.stop()

    def document(self, _path: str) -> MemoryDocument:
        """See `Storage`."""
        return MemoryDocument()

    def log_end(self) -> int:
        """See `Storage`."""
        return self.store.readable


def file_store(argument: str, context: ProviderContext) -> FileStorage:
    """Files in Apache's format below `argument`, or below the setting `store_path_root_dir`."""
    return FileStorage(argument or context.settings.store_path_root_dir, context)


def memory_store(argument: str, context: ProviderContext) -> MemoryStorage:
    """Memory only. ValueError for an argument."""
    refuse_argument("memory", argument)
    return MemoryStorage(context)


def _tell_trouble(reason: str) -> None:
    _log.critical("The store takes no more writes until a restart: {reason}", reason=reason)
