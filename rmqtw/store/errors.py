"""Why a store cannot be opened or used."""

from __future__ import annotations

import os


class StoreError(Exception):
    """A store cannot do what it was asked for. `str()` names the folder or file and the cause."""


class StoreUnavailable(StoreError):
    """The folder cannot be made, read or written."""

    def __init__(self, path: str, cause: OSError | str) -> None:
        self.path = path
        self.cause = cause if isinstance(cause, str) else os.strerror(cause.errno or 0)
        super().__init__(f"the store {path} cannot be used: {self.cause}")


class StoreLocked(StoreUnavailable):
    """Another broker, ours or a Java one, works on this folder."""

    def __init__(self, path: str) -> None:
        super().__init__(path, "another broker works on it; stop that one, or choose another folder")


class StoreDamaged(StoreError):
    """A file has a shape that no broker leaves behind; a person has to look at it."""

    def __init__(self, path: str, cause: str) -> None:
        self.path = path
        super().__init__(f"{path}: {cause}")
