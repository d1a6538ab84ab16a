"""What a check of a store found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import attrs

LISTED = 1000
"""Findings that are told one by one; more are counted only."""

Progress = Callable[[int, int], None]
"""(bytes dealt with, bytes in all): called now and then."""


@attrs.frozen
class Finding:
    """One thing that is not as it should be. `mends`: the next start of a broker puts it right.

    `kind` is log, queues, index, checkpoint or config.
    """

    kind: str
    where: str
    what: str
    mends: bool = False


@attrs.define
class Report:
    """A checked store. `clean`: no broker was killed in it. Times are milliseconds."""

    root: str
    clean: bool = True
    log_files: int = 0
    log_start: int = 0
    log_end: int = 0
    records: int = 0
    queues: int = 0
    units: int = 0
    index_files: int = 0
    index_entries: int = 0
    documents: int = 0
    first_time: int = 0
    last_time: int = 0
    findings: list[Finding] = attrs.field(factory=list)
    counts: Counter[str] = attrs.field(factory=Counter)
    """How many findings there are of each kind."""
    damage: Counter[str] = attrs.field(factory=Counter)
    """How many of them no start puts right."""

    def add(self, kind: str, where: str, what: str, *, mends: bool = False) -> None:
        """Note a finding."""
        self.counts[kind] += 1
        if not mends:
            self.damage[kind] += 1
        if len(self.findings) < LISTED:
            self.findings.append(Finding(kind, where, what, mends))

    @property
    def sound(self) -> bool:
        """Whether nothing was found that the next start does not put right."""
        return not self.damage
