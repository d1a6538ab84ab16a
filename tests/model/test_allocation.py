"""Which consumer reads which queues."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmqtw.model.allocation import STRATEGIES, average, average_by_circle, sorted_clients

client_lists = st.lists(st.text("abc@#0123", min_size=1), min_size=1, max_size=9).map(sorted_clients)
both = pytest.mark.parametrize("share", [average, average_by_circle])


@given(share=st.sampled_from([average, average_by_circle]), clients=client_lists, count=st.integers(0, 30))
def test_every_queue_has_one_reader(share, clients: list[str], count: int) -> None:
    """Together the clients read every queue once, and no client reads two more than another."""
    shares = [share(client, range(count), clients) for client in clients]
    assert sorted(chain.from_iterable(shares)) == list(range(count))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize(
    ("strategy", "queues", "shares"),
    [
        ("AVG", 8, [[0, 1, 2], [3, 4, 5], [6, 7]]),
        ("AVG_BY_CIRCLE", 8, [[0, 3, 6], [1, 4, 7], [2, 5]]),
        ("AVG", 2, [[0], [1], []]),
        ("AVG_BY_CIRCLE", 2, [[0], [1], []]),
        ("AVG", 6, [[0, 1], [2, 3], [4, 5]]),
    ],
)
def test_as_java_shares(strategy: str, queues: int, shares: list[list[int]]) -> None:
    """The shares are Java's: a group of both kinds of clients must agree to the last queue."""
    clients = ["a", "b", "c"]
    assert [STRATEGIES[strategy](client, range(queues), clients) for client in clients] == shares


@both
def test_a_stranger_reads_nothing(share) -> None:
    """A client that the broker does not list reads nothing, rather than what others read."""
    assert share("x", range(8), ["a", "b"]) == []
    assert share("x", range(8), []) == []


def test_clients_in_javas_order() -> None:
    """Client ids are sorted as Java sorts strings, where U+1F600 comes before U+FFFD."""
    assert sorted_clients(["b", "a", "a", "\ufffd", "\U0001f600"]) == ["a", "b", "\U0001f600", "\ufffd"]
