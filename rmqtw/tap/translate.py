"""Settings, as the parts of a service want them: each limit where it takes effect, times in seconds."""

from __future__ import annotations

from rmqtw.broker.pulling import PullLimits
from rmqtw.broker.sending import SendLimits
from rmqtw.declare.settings import BrokerSettings, ServerSettings
from rmqtw.net.limits import ConnectionLimits
from rmqtw.store.settings import StoreSettings

# Room in a record beside body and properties; topic and host names included.
_RECORD_HEAD = 64 * 1024


def connection_limits(settings: ServerSettings) -> ConnectionLimits:
    """Limits of a listener's connections."""
    return ConnectionLimits(
        connections=settings.max_connections,
        unauthenticated=settings.max_unauthenticated_connections,
        unauthenticated_bytes=settings.unauthenticated_max_bytes,
        unauthenticated_seconds=settings.unauthenticated_timeout / 1000,
        idle_seconds=settings.server_channel_max_idle_time_seconds,
        frame_bytes=settings.frame_max_length,
    )


def store_settings(settings: BrokerSettings) -> StoreSettings:
    """Sizes and times of the store."""
    return StoreSettings(
        segment_size=settings.mapped_file_size_commit_log,
        queue_file_size=settings.mapped_file_size_consume_queue,
        max_record_size=settings.max_message_size + _RECORD_HEAD,
        sync_flush=settings.flush_disk_type == "SYNC_FLUSH",
        flush_interval=settings.flush_interval_commit_log / 1000,
        flush_timeout=settings.sync_flush_timeout / 1000,
        queue_write_interval=settings.flush_interval_consume_queue / 1000,
        max_unflushed=settings.max_unflushed_bytes,
        index=settings.message_index_enable,
        index_slots=settings.max_hash_slot_num,
        index_entries=settings.max_index_num,
        reserved_time=settings.file_reserved_time * 3600.0,
        delete_hours=settings.delete_hours,
        clean_ratio=settings.disk_max_used_space_ratio / 100,
        force_ratio=settings.disk_space_clean_forcibly_ratio / 100,
        refuse_ratio=settings.disk_space_warning_level_ratio / 100,
    )


def send_limits(settings: BrokerSettings) -> SendLimits:
    """What one send may carry."""
    return SendLimits(body=settings.max_message_size)


def pull_limits(settings: BrokerSettings) -> PullLimits:
    """How much one pull may take, and how long it may wait."""
    return PullLimits(
        max_count=settings.max_transfer_count_on_message_in_memory,
        max_bytes=settings.max_transfer_bytes_on_message_in_memory,
        long_poll=settings.long_polling_enable,
        short_poll_millis=settings.short_polling_time_mills,
    )
