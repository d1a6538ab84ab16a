"""The checks themselves: a run without fault passes, each fault is found."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.interop import checks, plans
from tests.interop.clients import Event

JOIN = 100_000
Fault = Callable[[list[Event]], object]


def faultless(messages: list[plans.Planned]) -> list[Event]:
    """What one consumer of one queue prints when all goes well, a message every 10 ms."""
    wanted = plans.matching(messages).values()
    return [
        {"event": "got", "name": "only", "t": offset * 10, "queue": 0, "offset": offset, "key": planned.key,
         "id": f"id-{planned.seq}", "tag": planned.tag, "shape": planned.shape, "size": planned.size,
         "hash": planned.hash(), "reconsumed": 0}
        for offset, planned in enumerate(wanted)
    ]  # fmt: skip


def check(messages: list[plans.Planned], got: list[Event]) -> int:
    """All checks of content and order; the number of duplicates."""
    expected = plans.matching(messages)
    sent = [{"event": "sent", "seq": planned.seq, "id": f"id-{planned.seq}"} for planned in messages]
    checks.same_content(expected, got)
    checks.same_ids(expected, sent, got, ())
    checks.stored_in_order(expected, got)
    return checks.arrived_in_order(got, [JOIN])


FAULTS: dict[str, Fault] = {
    "lost": lambda got: got.pop(5),
    "not sent": lambda got: got.append({**got[5], "key": "other"}),
    "other body": lambda got: got[5].update(hash="0"),
    "other tag": lambda got: got[5].update(tag="C"),
    "other id": lambda got: got[5].update(id="other"),
    "redelivered": lambda got: got[5].update(reconsumed=1),
    "stored twice": lambda got: got.append({**got[5], "offset": 99}),
    "received twice": lambda got: got.insert(6, dict(got[5])),
    "received late": lambda got: got.insert(9, got.pop(5)),
    "stored out of order": lambda got: got[5].update(offset=got[7]["offset"]) or got[7].update(offset=5),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_fault_is_found(fault: Fault) -> None:
    """A run in which a message is lost, doubled, changed or misplaced does not pass."""
    messages = plans.plan("faults", 40, ("sync",))
    got = faultless(messages)
    fault(got)
    with pytest.raises(AssertionError):
        check(messages, got)


def test_duplicates_around_a_join_are_counted() -> None:
    """A run in which a message comes twice while a consumer joins passes, and the duplicate is reported."""
    messages = plans.plan("duplicates", 40, ("sync",))
    got = faultless(messages)
    assert check(messages, got) == 0
    assert check(messages, [*got, {**got[5], "name": "second", "t": JOIN + 1000}]) == 1
