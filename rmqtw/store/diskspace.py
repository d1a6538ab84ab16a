"""How full the disk is, as `df` counts, and what follows from it."""

from __future__ import annotations

from rmqtw.interfaces.storage import IFiles
from rmqtw.store.settings import StoreSettings


class DiskSpace:
    """`used` is the part of the disk in use, 0 to 1, when it was last looked at."""

    def __init__(self, files: IFiles, settings: StoreSettings) -> None:
        self.used = 0.0
        self._files = files
        self._limit = settings.refuse_ratio

    def look(self) -> float:
        """Look at the disk; any thread may. Raises OSError."""
        free, total = self._files.free()
        self.used = 1 - free / total if total > 0 else 0.0
        return self.used

    def refusal(self) -> str | None:
        """Why nothing is written; None while there is room."""
        if self.used < self._limit:
            return None
        return (
            f"the disk of {self._files.root} is {self.used:.0%} full, and messages are refused from "
            f"{self._limit:.0%} on (diskSpaceWarningLevelRatio); they are taken again when there is room"
        )
