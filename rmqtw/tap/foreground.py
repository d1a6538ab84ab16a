"""What the process as a whole does around its service: errors at start, and the garbage collector."""

from __future__ import annotations

import gc
from typing import Any

from twisted.application.service import MultiService

from rmqtw.store.errors import StoreError
from rmqtw.tap.errors import StartError

_GC_THRESHOLDS = (50_000, 50, 100)


class Foreground(MultiService):
    """Holds the one service of a `twistd` process.

    A cause that a person can mend ends the process with one line on stderr and exit status 1,
    not with a traceback.
    """

    def __init__(self, service: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        service.setServiceParent(self)

    def startService(self) -> None:
        """Start. What exists now lives as long as the process: the collector need not look at it."""
        try:
            super().startService()  # type: ignore[no-untyped-call]
        except (StartError, StoreError) as problem:
            raise SystemExit(f"rmqtw cannot start: {problem}") from None
        gc.freeze()
        gc.set_threshold(*_GC_THRESHOLDS)
