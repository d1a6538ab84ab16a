from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmqtw.net.states import FRAME, SNIFF_BYTES, TRANSITIONS, UNKNOWN, Event, State, after, sniff

CASES = [
    (b"\x00\x00\x00\x10rest", FRAME),
    (b"\x01\x00\x00\x00", FRAME),
    (b"\x16\x03\x01\x02\x00\x01", "TLS"),
    (b"PROXY TCP4 1.2.3.4", "PROXY"),
    (b"\r\n\r\n\x00\r\nQUIT\n\x21", "PROXY"),
    (b"PRI * HTTP/2.0\r\n\r\nSM", "HTTP/2"),
    (b"GET / HTTP/1.1\r\n", "HTTP"),
    (b"POST /x HTTP/1.1\r\n", "HTTP"),
    (b"SSH-2.0-OpenSSH_9.2\r\n", UNKNOWN),
    (b"\xff\xff\xff\xff", UNKNOWN),
    (b"PUTTY is no verb", UNKNOWN),
]


@pytest.mark.parametrize(("first", "expected"), CASES)
def test_first_bytes_are_recognised_whole_and_byte_by_byte(first, expected):
    """An operator who points a browser, a TLS client or a proxy at the port reads which it was."""
    assert expected in sniff(first)
    for length in range(len(first)):
        seen = sniff(first[:length])
        assert seen is None or expected in seen


@given(st.binary(min_size=SNIFF_BYTES, max_size=SNIFF_BYTES + 8))
def test_enough_bytes_always_decide(first):
    """No peer can stay in the sniffing state by sending: it is named or closed."""
    assert sniff(first) is not None


def test_every_state_can_be_lost_and_none_comes_back_from_closed():
    """A connection that is gone stays gone, whatever is reported late."""
    for state in State:
        assert after(state, Event.LOST) is State.CLOSED
    assert not [pair for pair in TRANSITIONS if pair[0] is State.CLOSED]


def test_only_an_authenticated_frame_makes_a_connection_ready():
    """The wide limits begin with authentication and with nothing else."""
    ways = [pair for pair, state in TRANSITIONS.items() if state is State.READY]
    assert ways == [(State.UNAUTHENTICATED, Event.AUTHENTICATED)]
