"""Which consumer of a group reads which queues.

Every client of a group computes the same table from the same two lists, so both must be sorted:
queues by topic, broker and id, client ids by `sorted_clients`. A client that is not in the list
gets nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

Q = TypeVar("Q")


def average(client_id: str, queues: Sequence[Q], clients: Sequence[str]) -> list[Q]:
    """Contiguous shares, the first clients one longer (Java: `AllocateMessageQueueAveragely`)."""
    if client_id not in clients:
        return []
    place = clients.index(client_id)
    share, longer = divmod(len(queues), len(clients))
    start = place * share + min(place, longer)
    return list(queues[start : start + share + (place < longer)])


def average_by_circle(client_id: str, queues: Sequence[Q], clients: Sequence[str]) -> list[Q]:
    """Queues dealt out in turn (Java: `AllocateMessageQueueAveragelyByCircle`)."""
    if client_id not in clients:
        return []
    return list(queues[clients.index(client_id) :: len(clients)])


def sorted_clients(clients: Iterable[str]) -> list[str]:
    """Client ids without doubles, in Java's order of strings (UTF-16 code units)."""
    return sorted(set(clients), key=lambda text: text.encode("utf-16-be", "surrogatepass"))


Strategy = Callable[[str, Sequence[Q], Sequence[str]], list[Q]]
STRATEGIES: dict[str, Strategy[object]] = {"AVG": average, "AVG_BY_CIRCLE": average_by_circle}
"""By the names that Java's strategies have (`getName()`)."""
