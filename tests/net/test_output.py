from __future__ import annotations

from collections import deque
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.testing import StringTransport

from rmqtw.net.output import BufferedOutput, next_piece, output_for, rest_of

RUNS = st.lists(st.binary(max_size=40), max_size=8)


@given(RUNS, st.integers(min_value=0, max_value=400))
def test_what_is_left_after_a_short_send_is_exactly_the_rest(runs, sent):
    """The kernel takes any number of bytes; the next byte sent must be the next one of the stream."""
    whole = b"".join(runs)
    sent = min(sent, len(whole))
    views = [memoryview(run) for run in runs]
    assert b"".join(rest_of(views, sent)) == whole[sent:]


@given(st.lists(st.integers(min_value=0, max_value=200_000), max_size=5))
def test_pieces_are_the_stream_and_not_too_large(sizes):
    """A drained backlog is handed over in pieces of 128 KiB at most, nothing lost or repeated."""
    starts = [0, *accumulate(sizes)]
    source = bytes(range(256)) * 4000
    runs = [source[start : start + size] for start, size in zip(starts, sizes, strict=False)]
    queue = deque(runs)
    pieces = []
    while queue:
        pieces.append(next_piece(queue))
    assert b"".join(pieces) == b"".join(runs)
    assert all(len(piece) <= 128 * 1024 for piece in pieces)


def test_a_transport_that_asks_to_pause_is_not_written_to():
    """TLS and other transports say when they are full; what waits is counted here, in order."""
    transport = StringTransport()
    drained = []
    output = output_for(transport, lambda: drained.append(output.backlog))
    assert isinstance(output, BufferedOutput)
    output.write([b"a", memoryview(b"b")], 2)
    output.pauseProducing()
    output.write([b"c" * 200_000], 200_000)
    output.write([b"d"], 1)
    assert (transport.value(), output.backlog) == (b"ab", 200_001)
    output.resumeProducing()
    assert transport.value() == b"ab" + b"c" * 200_000 + b"d"
    assert (output.backlog, drained) == (0, [0])


def test_finishing_writes_what_waits_and_closes():
    """A stop writes the last answers before it closes."""
    transport = StringTransport()
    output = output_for(transport, lambda: None)
    output.pauseProducing()
    output.write([b"last words"], 10)
    output.finish()
    assert transport.value() == b"last words"
    assert transport.disconnecting
    assert transport.producer is None
