"""What a record means to the consume queues, when they are made again from the log."""

from __future__ import annotations

from collections.abc import Callable

from rmqtw.wire import properties
from rmqtw.wire.messages import TRANSACTION_MASK, TRANSACTION_PREPARED, TRANSACTION_ROLLBACK, StoredMessage
from rmqtw.wire.names import SCHEDULE_TOPIC

TagsCode = Callable[[StoredMessage], int]
"""What the unit of a record holds as its tags code."""

DELAY_SECONDS = (1, 5, 10, 30, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600, 1200, 1800, 3600, 7200)
"""Delay of level 1, 2, ... (Java: `messageDelayLevel` as it is shipped)."""

UNQUEUED = (TRANSACTION_PREPARED, TRANSACTION_ROLLBACK)
"""Transaction types of messages that have no place in a queue."""


def is_queued(sys_flag: int) -> bool:
    """Whether a message has a place in its queue: all but the undecided and the rolled back do."""
    return sys_flag & TRANSACTION_MASK not in UNQUEUED


def tags_code_by(delays: tuple[int, ...] = DELAY_SECONDS) -> TagsCode:
    """The rule of Java's `CommitLog.checkMessageAndReturnSize`.

    The hash of the tag; in the topic of delay levels, the time in milliseconds at which the message
    is due. A level beyond the last counts as the last.
    """

    def tags_code(message: StoredMessage) -> int:
        if message.topic != SCHEDULE_TOPIC:
            return message.tags_code
        level = _level(message.properties, len(delays))
        return message.store_timestamp + delays[level - 1] * 1000 if level > 0 else message.tags_code

    return tags_code


def _level(stored: bytes, most: int) -> int:
    """The delay level among a message's properties, 0 without one."""
    text = properties.find(stored, properties.DELAY)
    try:
        return min(int(text), most) if text else 0
    except ValueError:
        return 0
