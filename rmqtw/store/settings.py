"""What may be set about a store, with defaults for a small machine."""

from __future__ import annotations

from datetime import tzinfo

import attrs

MIB = 1024 * 1024


@attrs.frozen(kw_only=True)
class StoreSettings:
    """Sizes in bytes, times in seconds.

    `segment_size` and `queue_file_size` hold for an empty store: files that exist keep their size.
    """

    segment_size: int = 64 * MIB
    queue_file_size: int = 6_000_000
    max_record_size: int = 4 * MIB + 64 * 1024
    """Largest record, head and properties included."""
    sync_flush: bool = False
    """SYNC_FLUSH: who asks for a flush waits for the disk. Else ASYNC_FLUSH."""
    flush_interval: float = 0.5
    """ASYNC_FLUSH: the longest that a written message stays unflushed."""
    flush_timeout: float = 5.0
    """SYNC_FLUSH: when waiting for the disk ends with FLUSH_DISK_TIMEOUT."""
    queue_write_interval: float = 0.2
    """The longest that consume queue units stay in memory only."""
    checkpoint_interval: float = 10.0
    """The longest that recovery's starting point stays where it is while messages arrive."""
    max_unflushed: int = 256 * MIB
    """Written but unflushed log above which appends are answered SYSTEM_BUSY."""
    index: bool = True
    """Keep an index of unique keys and keys (Java: messageIndexEnable)."""
    index_slots: int = 5_000_000
    index_entries: int = 20_000_000
    """Size of a new index file (Java: maxHashSlotNum, maxIndexNum)."""
    index_interval: float = 0.05
    """The longest that the index lets new messages wait, while it is not behind."""
    reserved_time: float = 72 * 3600.0
    """How long messages are kept at least, while there is room (Java: fileReservedTime)."""
    zone: tzinfo | None = None
    """The zone of hours and of index files' names; None: the machine's."""
    delete_hours: tuple[int, ...] = (4,)
    """Hours of the local day in which what is older goes (Java: deleteWhen)."""
    clean_ratio: float = 0.75
    """Part of the disk in use, as `df` counts, from which on what is older goes at any hour."""
    force_ratio: float = 0.85
    """Part of the disk in use from which on the oldest files go, whatever their age."""
    refuse_ratio: float = 0.90
    """Part of the disk in use from which on nothing is written."""
    clean_interval: float = 10.0
    """How often files to remove are looked for."""
    watch_interval: float = 1.0
    """How often the room on the disk is looked at."""
