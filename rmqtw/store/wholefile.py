"""Small files, read and replaced as a whole."""

from __future__ import annotations

from rmqtw.interfaces.storage import IFiles


def read_whole(files: IFiles, path: str) -> bytes | None:
    """The file's bytes; None when there is no such file."""
    try:
        file = files.open(path)
    except FileNotFoundError:
        return None
    try:
        data: bytes = file.read(0, file.size())
        return data
    finally:
        file.close()


def write_whole(files: IFiles, path: str, data: bytes) -> None:
    """Give the file this content: after a crash it has the old or the new one, whole."""
    unnamed = f"{path}.tmp"
    file = files.open(unnamed, create=True)
    try:
        file.resize(0)
        file.write(0, [data])
        file.sync()
    finally:
        file.close()
    files.rename(unnamed, path)
