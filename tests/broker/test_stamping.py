"""What the broker reads in a message's properties and adds to them, in one pass over the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmqtw.broker.stamping import Stamp
from rmqtw.wire import properties
from rmqtw.wire.errors import MessageIllegal, NoPermission
from rmqtw.wire.ids import tags_code
from rmqtw.wire.messages import pack_host

ADDED = {"MSG_REGION": "DefaultRegion", "TRACE_ON": "true", "CLUSTER": "c"}
NAMES = ["UNIQ_KEY", "TAGS", "WAIT", "POP_CK", "CLUSTER", "TRACE_ON", "KEYS", "own", "TAGSX", ""]
ENTRIES = st.tuples(st.sampled_from(NAMES), st.sampled_from(["", "\x01", "\x01true", "\x01a\x01b", "\x01é"]))
TEXTS = st.tuples(st.lists(ENTRIES.map("".join)), st.sampled_from(["", "\x02", "\x02\x02"])).map(
    lambda parts: ("\x02".join(parts[0]) + parts[1]).encode()
)


def stamp() -> Stamp:
    """A stamp whose own unique keys can be told."""
    return Stamp(pack_host("127.0.0.1", 10911), "c", lambda: "OURS")


def test_what_clients_send_is_stored_with_the_brokers_own_properties() -> None:
    """A consumer would miss a property of the sender, or one of those that Java's brokers add."""
    stamped = stamp()(b"UNIQ_KEY\x01K1\x02WAIT\x01true\x02TAGS\x01blue\x02own\x01x")
    assert stamped.properties == (
        b"UNIQ_KEY\x01K1\x02WAIT\x01true\x02TAGS\x01blue\x02own\x01x\x02"
        b"MSG_REGION\x01DefaultRegion\x02TRACE_ON\x01true\x02CLUSTER\x01c\x02"
    )
    assert (stamped.unique_key, stamped.tags_code, stamped.waits) == ("K1", tags_code("blue"), True)


@pytest.mark.parametrize("sent", [b"", b"UNIQ_KEY\x01\x02", b"POP_CK\x01x"])
def test_a_message_without_a_unique_key_is_given_one(sent: bytes) -> None:
    """The producer would be told no transaction id, and the message could not be found by one."""
    stamped = stamp()(sent)
    assert stamped.unique_key == "OURS"
    assert properties.parse(stamped.properties) == {**ADDED, "UNIQ_KEY": "OURS"}


def test_a_sender_that_does_not_want_to_wait_is_heard() -> None:
    """With SYNC_FLUSH such a sender would wait for the disk all the same."""
    assert not stamp()(b"WAIT\x01false\x02").waits


@given(TEXTS)
def test_one_pass_agrees_with_the_functions_for_single_properties(sent: bytes) -> None:
    """An odd properties text would be stored, or filtered by tag, differently than elsewhere."""
    stamped = stamp()(sent)
    expected = properties.Edit(drop=["POP_CK"], put=ADDED)(sent)
    key = properties.find_text(sent, "UNIQ_KEY")
    if key is None:
        expected = properties.with_(expected, "UNIQ_KEY", "OURS")
    assert stamped.properties == expected
    assert stamped.unique_key == (key or "OURS")
    assert stamped.tags_code == tags_code(properties.find_text(sent, "TAGS"))
    assert stamped.waits == (properties.find(sent, "WAIT") != b"false")


@pytest.mark.parametrize("name", ["DELAY", "TIMER_DELAY_SEC", "TIMER_DELAY_MS", "TIMER_DELIVER_MS"])
def test_delayed_messages_are_refused_by_name(name: str) -> None:
    """They would be delivered at once, without anybody being told."""
    with pytest.raises(MessageIllegal, match=name):
        stamp()(f"A\x01b\x02{name}\x013\x02".encode())
    assert stamp()(f"{name}\x010\x02".encode()).unique_key == "OURS"


def test_half_messages_are_refused() -> None:
    """They would be delivered before their transaction is committed."""
    with pytest.raises(NoPermission, match="TRAN_MSG"):
        stamp()(b"TRAN_MSG\x01true\x02")
    assert stamp()(b"TRAN_MSG\x01false\x02").unique_key == "OURS"
