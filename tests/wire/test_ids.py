"""Message ids and unique keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmqtw.wire.ids import UniqueKeys, java_hash, offset_message_id, parse_offset_message_id
from rmqtw.wire.messages import pack_host


def milliseconds(*moment: int, zone: timezone = UTC) -> int:
    """A moment as milliseconds of the wall clock."""
    return int(datetime(*moment, tzinfo=zone).timestamp() * 1000)


def test_java_offset_id() -> None:
    """An id from a Java broker names the host and position that the broker stored the message at."""
    host, position = parse_offset_message_id("7F000001000055AB000000000033683A")
    assert (host, position) == (pack_host("127.0.0.1", 21931), 3369018)
    assert offset_message_id(host, position) == "7F000001000055AB000000000033683A"


@given(st.sampled_from(["10.0.0.1", "fd00::2"]), st.integers(0, 65535), st.integers(0, 2**63 - 1))
def test_offset_ids_round_trip(address: str, port: int, position: int) -> None:
    """32 digits for IPv4 and 56 for IPv6, and back; case does not matter."""
    host = pack_host(address, port)
    text = offset_message_id(host, position)
    assert len(text) == (32 if len(host) == 8 else 56)
    assert parse_offset_message_id(text) == parse_offset_message_id(text.lower()) == (host, position)


@pytest.mark.parametrize(
    "text", ["", "7F", "x" * 32, "7F000001000055AB 00000000033683A", "0" * 33, "\uff10" * 32]
)
def test_no_offset_id(text: str) -> None:
    """What is no id is refused with its length, not with a traceback of another kind."""
    with pytest.raises(ValueError, match=f"{len(text)} characters given"):
        parse_offset_message_id(text)


def test_shape_of_a_key() -> None:
    """A key has Java's fields in Java's places, so that mqadmin can tell its time."""
    now = milliseconds(2026, 11, 24, 13, 0, 0)
    keys = UniqueKeys(bytes([192, 0, 2, 2]), 0x1743A, lambda: now, salt=0x4E0E2F2A, zone=UTC)
    since = now - milliseconds(2026, 11, 1)
    assert keys.next() == f"C0000202743A4E0E2F2A{since:08X}0000"
    assert keys.next() == f"C0000202743A4E0E2F2A{since:08X}0001"


def test_month_end() -> None:
    """The time in a key starts anew with each month, in the zone it was asked for."""
    zone = timezone(timedelta(hours=8))
    now = milliseconds(2026, 12, 31, 23, 59, 59, zone=zone)
    keys = UniqueKeys(b"\x7f\x00\x00\x01", 1, lambda: now, zone=zone)
    before = keys.next()
    now += 1000
    assert int(before[20:28], 16) == (30 * 86400 + 86399) * 1000
    assert int(keys.next()[20:28], 16) == 0


def test_clock_set_back() -> None:
    """Keys stay different while the clock stands, goes back, or goes back over a month's start."""
    now = milliseconds(2026, 11, 1, 0, 0, 1)
    keys = UniqueKeys(b"\x00" * 16, 1, lambda: now, zone=UTC)
    made = {keys.next() for _ in range(1000)}
    now -= 2000
    made |= {keys.next() for _ in range(1000)}
    assert len(made) == 2000
    assert {len(key) for key in made} == {56}


def test_counter_wraps() -> None:
    """After 65,536 keys the counter starts again; the length of a key does not change."""
    now = milliseconds(2026, 11, 1)
    keys = UniqueKeys(b"\x7f\x00\x00\x01", 1, lambda: now, zone=UTC)
    made = [keys.next() for _ in range(65537)]
    assert len(set(made)) == 65536
    assert made[0] == made[-1]


def test_an_address_is_asked_for() -> None:
    """A host name instead of packed address bytes is refused."""
    with pytest.raises(ValueError, match="not 9"):
        UniqueKeys(b"localhost", 1, lambda: 0)


def test_one_hash_for_all() -> None:
    """The wire uses the same hash as the filters."""
    assert java_hash("TagA") == 2598919
