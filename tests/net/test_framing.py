from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmqtw.net.framing import LANGUAGE, answer_runs
from rmqtw.net.request import Answer
from rmqtw.wire.codes import VERSION
from rmqtw.wire.frames import FRAME_LIMIT, FrameTooLarge, RemotingCommand, SerializeType, decode, encode
from rmqtw.wire.headers.pull import GetMaxOffsetResponse

TEXT = st.text(max_size=20).filter(lambda text: "\ud800" not in text)


@given(
    code=st.integers(min_value=-(2**15), max_value=2**15 - 1),
    opaque=st.integers(min_value=-(2**31), max_value=2**31 - 1),
    remark=st.none() | TEXT,
    ext=st.none() | st.dictionaries(TEXT.filter(bool), TEXT, max_size=3),
    body=st.binary(max_size=50),
    kind=st.sampled_from(SerializeType),
)
def test_the_short_way_writes_the_bytes_of_the_long_way(code, opaque, remark, ext, body, kind):
    """The template that makes answers cheap must never differ from what the codec writes."""
    runs, size = answer_runs(Answer(code, None, body, remark, ext), opaque, kind)
    written = b"".join(runs)
    whole = RemotingCommand(
        code=code, opaque=opaque, flag=1, version=VERSION, language=LANGUAGE, remark=remark, ext_fields=ext,
        body=body, serialize_type=kind,
    )  # fmt: skip
    assert written == encode(whole)
    assert size == len(written)


@pytest.mark.parametrize("kind", SerializeType)
def test_runs_are_not_joined(kind):
    """Slices of the log go to the socket as they are."""
    body = [memoryview(b"one"), b"", bytearray(b"two")]
    runs, size = answer_runs(Answer(header=GetMaxOffsetResponse(offset=1), body=body), 3, kind)
    assert runs[1:] == body
    assert decode(b"".join(runs)[4:]).body == b"onetwo"
    assert size == sum(map(len, runs))


@pytest.mark.parametrize("kind", SerializeType)
def test_an_answer_no_peer_would_accept_is_refused(kind):
    """16 MiB in all pass; one byte more would make the peer close the connection."""
    head = answer_runs(Answer(), 0, kind)[1]
    assert answer_runs(Answer(body=bytes(FRAME_LIMIT - head)), 0, kind)[1] == FRAME_LIMIT
    with pytest.raises(FrameTooLarge):
        answer_runs(Answer(body=bytes(FRAME_LIMIT - head + 1)), 0, kind)
