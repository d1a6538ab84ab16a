"""What may be set about a store, with defaults for a small machine."""

from __future__ import annotations

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
