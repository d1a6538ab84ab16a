r"""Message properties as RocketMQ writes them: `name \x01 value \x02`, repeated, in UTF-8.

The sending path never builds a dict: `find`, `without`, `with_` and `Edit` work on the bytes.
Java: `MessageDecoder.string2messageProperties`, `MessageConst`. As in Java, the last of two equal
names counts, and entries without a name or with an empty value do not count at all. The last
`\x02` may be missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

NAME_VALUE_SEPARATOR = b"\x01"
PROPERTY_SEPARATOR = b"\x02"
LIMIT = 32767

KEYS = "KEYS"
TAGS = "TAGS"
WAIT = "WAIT"
DELAY = "DELAY"
RETRY_TOPIC = "RETRY_TOPIC"
REAL_TOPIC = "REAL_TOPIC"
REAL_QUEUE_ID = "REAL_QID"
TRANSACTION_PREPARED = "TRAN_MSG"
PRODUCER_GROUP = "PGROUP"
MIN_OFFSET = "MIN_OFFSET"
MAX_OFFSET = "MAX_OFFSET"
BUYER_ID = "BUYER_ID"
ORIGIN_MESSAGE_ID = "ORIGIN_MESSAGE_ID"
TRANSFER_FLAG = "TRANSFER_FLAG"
CORRECTION_FLAG = "CORRECTION_FLAG"
MQ2_FLAG = "MQ2_FLAG"
RECONSUME_TIME = "RECONSUME_TIME"
MSG_REGION = "MSG_REGION"
TRACE_ON = "TRACE_ON"
UNIQ_KEY = "UNIQ_KEY"
EXTEND_UNIQ_INFO = "EXTEND_UNIQ_INFO"
MAX_RECONSUME_TIMES = "MAX_RECONSUME_TIMES"
CONSUME_START_TIME = "CONSUME_START_TIME"
INNER_NUM = "INNER_NUM"
INNER_BASE = "INNER_BASE"
DUP_INFO = "DUP_INFO"
CHECK_IMMUNITY_TIME_IN_SECONDS = "CHECK_IMMUNITY_TIME_IN_SECONDS"
TRANSACTION_PREPARED_QUEUE_OFFSET = "TRAN_PREPARED_QUEUE_OFFSET"
TRANSACTION_ID = "__transactionId__"
TRANSACTION_CHECK_TIMES = "TRANSACTION_CHECK_TIMES"
INSTANCE_ID = "INSTANCE_ID"
CORRELATION_ID = "CORRELATION_ID"
REPLY_TO_CLIENT = "REPLY_TO_CLIENT"
TTL = "TTL"
ARRIVE_TIME = "ARRIVE_TIME"
PUSH_REPLY_TIME = "PUSH_REPLY_TIME"
CLUSTER = "CLUSTER"
MSG_TYPE = "MSG_TYPE"
POP_CK = "POP_CK"
POP_CK_OFFSET = "POP_CK_OFFSET"
FIRST_POP_TIME = "1ST_POP_TIME"
SHARDING_KEY = "__SHARDINGKEY"
FORWARD_QUEUE_ID = "PROPERTY_FORWARD_QUEUE_ID"
REDIRECT = "REDIRECT"
INNER_MULTI_DISPATCH = "INNER_MULTI_DISPATCH"
INNER_MULTI_QUEUE_OFFSET = "INNER_MULTI_QUEUE_OFFSET"
TRACE_CONTEXT = "TRACE_CONTEXT"
TIMER_DELAY_SEC = "TIMER_DELAY_SEC"
TIMER_DELIVER_MS = "TIMER_DELIVER_MS"
TIMER_DELAY_MS = "TIMER_DELAY_MS"
TIMER_ENQUEUE_MS = "TIMER_ENQUEUE_MS"
TIMER_DEQUEUE_MS = "TIMER_DEQUEUE_MS"
TIMER_ROLL_TIMES = "TIMER_ROLL_TIMES"
TIMER_OUT_MS = "TIMER_OUT_MS"
TIMER_DEL_UNIQKEY = "TIMER_DEL_UNIQKEY"
TIMER_DELAY_LEVEL = "TIMER_DELAY_LEVEL"
BORN_HOST = "__BORNHOST"
BORN_TIMESTAMP = "BORN_TIMESTAMP"
DLQ_ORIGIN_TOPIC = "DLQ_ORIGIN_TOPIC"
DLQ_ORIGIN_MESSAGE_ID = "DLQ_ORIGIN_MESSAGE_ID"
CRC32 = "__CRC32#"

KEY_SEPARATOR = " "


def parse(properties: bytes | str) -> dict[str, str]:
    """Read properties text into a dict; what Java skips is skipped, nothing is refused."""
    text = properties if isinstance(properties, str) else str(properties, "utf-8", "replace")
    found = {}
    for entry in text.split("\x02"):
        name, separator, value = entry.partition("\x01")
        if separator and name and value:
            found[name] = value
    return found


def render(properties: Mapping[str, str]) -> bytes:
    r"""Write properties as Java does, each entry ended by `\x02`.

    Raises `ValueError` for a name or value that would tear the text: a name holding `\x01`, or
    either holding `\x02`. Values of None cannot be written; leave them out.
    """
    for name, value in properties.items():
        _check_entry(name, value)
    text = "".join(f"{name}\x01{value}\x02" for name, value in properties.items())
    return text.encode("utf-8", "replace")


def find(properties: bytes, name: str) -> bytes | None:
    """Return the value of a property as UTF-8 bytes, or None when it is not there or empty."""
    needle = _needle(name)
    place = properties.rfind(needle)
    while place >= 0:
        if place == 0 or properties[place - 1] == 2:
            start = place + len(needle)
            end = properties.find(PROPERTY_SEPARATOR, start)
            value = properties[start:] if end < 0 else properties[start:end]
            if value:
                return value
        place = properties.rfind(needle, 0, place)
    return None


def find_text(properties: bytes, name: str) -> str | None:
    """Like `find`, as text."""
    value = find(properties, name)
    return None if value is None else value.decode("utf-8", "replace")


def without(properties: bytes, *names: str) -> bytes:
    """Return the properties without these names; the same object when none is there."""
    for name in names:
        needle = _needle(name)
        if needle in properties:
            properties = _removed(properties, needle)
    return properties


def with_(properties: bytes, name: str, value: str) -> bytes:
    """Return the properties with `name` set to `value`, put at the end.

    Raises `ValueError` as `render` does.
    """
    return joined(without(properties, name), render({name: value}))


def joined(properties: bytes, entries: bytes) -> bytes:
    """Return the properties followed by other rendered entries, separated in any case."""
    if not properties or not entries or properties.endswith(PROPERTY_SEPARATOR):
        return properties + entries
    return properties + PROPERTY_SEPARATOR + entries


class Edit:
    """A fixed change of properties, prepared once and applied to every message.

    `drop` are names that are taken out, `put` are names that are set (replacing what was there).
    """

    def __init__(self, drop: Iterable[str] = (), put: Mapping[str, str] | None = None) -> None:
        entries = put or {}
        self._dropped = frozenset(name.encode("utf-8", "replace") for name in [*drop, *entries])
        self._entries = render(entries)

    def __call__(self, properties: bytes) -> bytes:
        """Return the changed properties; all other entries keep their bytes and their order."""
        dropped = self._dropped
        entries = properties.split(PROPERTY_SEPARATOR)
        kept = [entry for entry in entries if entry.partition(NAME_VALUE_SEPARATOR)[0] not in dropped]
        return joined(PROPERTY_SEPARATOR.join(kept), self._entries)


@lru_cache(maxsize=1024)
def _needle(name: str) -> bytes:
    return name.encode("utf-8", "replace") + NAME_VALUE_SEPARATOR


def _removed(properties: bytes, needle: bytes) -> bytes:
    """Take out each entry that starts with `needle`; keep the bytes of all others."""
    place = properties.find(needle)
    while place >= 0:
        if place == 0 or properties[place - 1] == 2:
            end = properties.find(PROPERTY_SEPARATOR, place)
            properties = properties[:place] + (properties[end + 1 :] if end >= 0 else b"")
            place = properties.find(needle, place)
        else:
            place = properties.find(needle, place + 1)
    return properties


def _check_entry(name: str, value: str) -> None:
    if "\x01" in name or "\x02" in name or "\x02" in value:
        raise ValueError(f"property {name!r}: name and value must not hold \\x01 or \\x02")
