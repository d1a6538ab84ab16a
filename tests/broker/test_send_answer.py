"""The answer to a send, whose fields are written from a template."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmqtw.broker.sending import SendAnswer
from rmqtw.broker.stamping import Stamp
from rmqtw.interfaces.storage import Appended
from rmqtw.net.framing import answer_runs
from rmqtw.net.request import Answer
from rmqtw.wire.frames import SerializeType, decode
from rmqtw.wire.ids import offset_message_id
from rmqtw.wire.messages import pack_host

HOSTS = ("10.1.2.3", "::1")


def appended(position: int, queue_offset: int = 3) -> Appended:
    """Where a message went."""
    return Appended("T", 1, queue_offset, position, 100, 0, 0)


@given(
    st.sampled_from(HOSTS),
    st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=3),
    st.text(st.characters(codec="utf-8")),
)
def test_the_template_writes_what_the_declared_header_would(
    host: str, positions: list[int], unique_key: str
) -> None:
    """A client would be told another id or offset than the log has, or could not read the answer."""
    stamp = Stamp(pack_host(host, 10911), "c", lambda: "")
    answer = SendAnswer(stamp, [appended(position) for position in positions], unique_key)
    plain = Answer(header=answer.header, ext=answer.ext)
    assert msgspec.json.decode(answer.json_fields()) == plain.ext_fields()
    assert answer.json_fields() == plain.json_fields()
    ids = [offset_message_id(pack_host(host, 10911), position) for position in positions]
    assert answer.header.msg_id == ",".join(ids)


@pytest.mark.parametrize("serialize_type", list(SerializeType))
def test_both_serializations_carry_the_same_fields(serialize_type: SerializeType) -> None:
    """A server that answers in ROCKETMQ headers would leave fields out."""
    stamp = Stamp(pack_host("127.0.0.1", 10911), "c", lambda: "")
    answer = SendAnswer(stamp, [appended(4096)], "KEY", 10, "slow disk")
    runs, _ = answer_runs(answer, 7, serialize_type)
    command = decode(b"".join(runs)[4:])
    assert command is not None
    assert (command.code, command.opaque, command.remark) == (10, 7, "slow disk")
    assert command.ext_fields == {
        "msgId": "7F00000100002A9F0000000000001000", "queueId": "1", "queueOffset": "3",
        "transactionId": "KEY", "MSG_REGION": "DefaultRegion", "TRACE_ON": "true",
    }  # fmt: skip
