"""What the broker reads in the properties of every message, and what it adds to them.

Java: `SendMessageProcessor` and `AbstractSendMessageProcessor` put MSG_REGION, TRACE_ON and CLUSTER,
and a unique key where the client sent none; POP_CK is not stored. WAIT is, as the recordings of 5.3.3
show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from rmqtw.wire import properties
from rmqtw.wire.errors import MessageIllegal, NoPermission
from rmqtw.wire.ids import tags_code
from rmqtw.wire.properties import NAME_VALUE_SEPARATOR, PROPERTY_SEPARATOR

REGION = "DefaultRegion"
_DELAYING = (
    properties.DELAY, properties.TIMER_DELAY_SEC, properties.TIMER_DELAY_MS, properties.TIMER_DELIVER_MS,
)
_UNIQ_KEY, _TAGS, _WAIT = properties.UNIQ_KEY.encode(), properties.TAGS.encode(), properties.WAIT.encode()
_PREPARED = properties.TRANSACTION_PREPARED.encode()
_DELAYS = {name.encode(): name for name in _DELAYING}
_UNSERVED = frozenset([_PREPARED, *_DELAYS])
_DROPPED = frozenset([properties.POP_CK.encode()])


class Stamped(msgspec.Struct, gc=False):
    """Properties as they will be stored, and what they say.

    `tags_code` is the hash of the tag, 0 without one; `waits` is whether the sender wants the flush
    that is configured (Java: WAIT).
    """

    properties: bytes
    unique_key: str
    tags_code: int
    waits: bool


class Stamp:
    """Stamps properties.

    `store_host` is the broker's advertised address, packed; `answer_ext` are the fields that Java
    clients read from every successful send, unguarded; `answer_json` is their JSON behind the `{`.
    `message_id_prefix` begins every offset message id: the position follows as 16 hex digits.
    """

    def __init__(self, store_host: bytes, cluster: str, unique_key: Callable[[], str]) -> None:
        self.store_host = store_host
        self.answer_ext = {properties.MSG_REGION: REGION, properties.TRACE_ON: "true"}
        self.answer_json = msgspec.json.encode(self.answer_ext)[1:]
        self.message_id_prefix = store_host.hex().upper().encode()
        put = {**self.answer_ext, properties.CLUSTER: cluster}
        self._added = properties.render(put)
        self._dropped = _DROPPED | {name.encode() for name in put}
        self._noticed = self._dropped | _UNSERVED | {_UNIQ_KEY, _TAGS, _WAIT}
        self._unique_key = unique_key

    def __call__(self, sent: bytes) -> Stamped:
        """Read and change the properties of one message, in one pass: this is the busiest path.

        Raises `MessageIllegal` or `NoPermission` for what this broker cannot keep its promise for.
        """
        noticed, dropped = self._noticed, self._dropped
        found: dict[bytes, bytes] = {}
        kept = []
        for entry in sent.split(PROPERTY_SEPARATOR):
            name, _, value = entry.partition(NAME_VALUE_SEPARATOR)
            if name in noticed:
                if value:
                    found[name] = value
                if name in dropped:
                    continue
            kept.append(entry)
        if not _UNSERVED.isdisjoint(found):
            refuse_unserved(found)
        return self._stamped(self._closed(kept), found)

    def _closed(self, kept: list[bytes]) -> bytes:
        """The entries that stay, and those that are added; an empty last entry ended the text."""
        if kept and not kept[-1]:
            kept[-1] = self._added
        else:
            kept.append(self._added)
        return PROPERTY_SEPARATOR.join(kept)

    def _stamped(self, stored: bytes, found: Mapping[bytes, bytes]) -> Stamped:
        key, tag = found.get(_UNIQ_KEY), found.get(_TAGS)
        if key is not None:
            unique_key = key.decode("utf-8", "replace")
        else:
            unique_key = self._unique_key()
            stored = properties.with_(stored, properties.UNIQ_KEY, unique_key)
        code = 0 if tag is None else tags_code(tag.decode("utf-8", "replace"))
        return Stamped(stored, unique_key, code, found.get(_WAIT) != b"false")


def refuse_unserved(found: Mapping[bytes, bytes]) -> None:
    """Refuse what this broker cannot keep its promise for, rather than deliver it wrongly.

    Delayed messages would arrive early and half messages before their commit.
    """
    for name, text in _DELAYS.items():
        if found.get(name, b"0") != b"0":
            raise MessageIllegal(f"delayed delivery ({text}) is not served by this broker")
    if found.get(_PREPARED) == b"true":
        raise NoPermission("transactional messages (TRAN_MSG) are not served by this broker")
