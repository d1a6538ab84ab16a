"""What the broker adds to the properties of every message it stores.

Java: `SendMessageProcessor` and `AbstractSendMessageProcessor` put MSG_REGION, TRACE_ON and CLUSTER,
and a unique key where the client sent none; POP_CK and WAIT are not stored.
"""

from __future__ import annotations

from collections.abc import Callable

from rmqtw.wire import properties
from rmqtw.wire.errors import MessageIllegal, NoPermission

REGION = "DefaultRegion"
_DROPPED = (properties.POP_CK, properties.WAIT)
_DELAYING = (
    properties.DELAY, properties.TIMER_DELAY_SEC, properties.TIMER_DELAY_MS, properties.TIMER_DELIVER_MS,
)
_NEEDLES = tuple(name.encode() + properties.NAME_VALUE_SEPARATOR for name in _DELAYING)
_PREPARED = properties.TRANSACTION_PREPARED.encode() + properties.NAME_VALUE_SEPARATOR


class Stamp:
    """Stamps properties: `stamp(sent) -> (stored, unique key)`.

    `store_host` is the broker's advertised address, packed; `answer_ext` are the fields that Java
    clients read from every successful send, unguarded.
    """

    def __init__(self, store_host: bytes, cluster: str, unique_key: Callable[[], str]) -> None:
        self.store_host = store_host
        self.answer_ext = {properties.MSG_REGION: REGION, properties.TRACE_ON: "true"}
        self._edit = properties.Edit(drop=_DROPPED, put={**self.answer_ext, properties.CLUSTER: cluster})
        self._unique_key = unique_key

    def __call__(self, sent: bytes) -> tuple[bytes, str]:
        """Return the properties to store, and the message's unique key."""
        stored = self._edit(sent)
        unique_key = properties.find_text(sent, properties.UNIQ_KEY)
        if unique_key is None:
            unique_key = self._unique_key()
            stored = properties.with_(stored, properties.UNIQ_KEY, unique_key)
        return stored, unique_key


def refuse_unserved(sent: bytes) -> None:
    """Refuse what this broker cannot keep its promise for, rather than deliver it wrongly.

    Delayed messages would arrive early and half messages before their commit.
    """
    if any(needle in sent for needle in _NEEDLES):
        for name in _DELAYING:
            if (properties.find_text(sent, name) or "0") != "0":
                raise MessageIllegal(f"delayed delivery ({name}) is not served by this broker")
    if _PREPARED in sent and properties.find(sent, properties.TRANSACTION_PREPARED) == b"true":
        raise NoPermission("transactional messages (TRAN_MSG) are not served by this broker")
