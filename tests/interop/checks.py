"""What must hold between what was planned, what a producer was told, and what consumers received."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from tests.interop import remoting
from tests.interop.clients import Event
from tests.interop.plans import IN_ORDER, Planned
from tests.interop.targets import Cluster

BEFORE_MS, AFTER_MS = 500, 8000  # around a join or a leave, while clients hand queues over


class Slot(NamedTuple):
    """Where a message lies."""

    queue: int
    offset: int


def slot(event: Event) -> Slot:
    """Where the message of a `got` or `sent` event lies."""
    return Slot(event["queue"], event["offset"])


def nothing_failed(events: Iterable[Event]) -> None:
    """No send failed, no listener raised, every answer was SEND_OK."""
    wrong = [
        e
        for e in events
        if e["event"] in ("failed", "refused") or e.get("status") not in (None, "SEND_OK", "OK")
    ]
    assert not wrong, f"{len(wrong)} reports of failure, first: {wrong[:3]}"


def same_content(expected: dict[str, Planned], got: list[Event]) -> None:
    """All that was planned arrived, and no more, with its body, tag and property, none stored twice."""
    by_key = defaultdict(list)
    for event in got:
        by_key[event["key"]].append(event)
    lost, extra = expected.keys() - by_key.keys(), by_key.keys() - expected.keys()
    assert not lost, f"{len(lost)} messages were not received: {[expected[key] for key in sorted(lost)][:3]}"
    assert not extra, (
        f"{len(extra)} messages were received that were not to be: {[by_key[k] for k in sorted(extra)][:3]}"
    )
    for key, events in by_key.items():
        want = expected[key]
        seen = {(e["hash"], e["size"], e["tag"], e.get("shape") or "", e["reconsumed"]) for e in events}
        assert seen == {(want.hash(), want.size, want.tag, want.shape, 0)}, f"{want} arrived as {events}"
        assert len({slot(event) for event in events}) == 1, f"{want} was stored more than once: {events}"


def same_ids(
    expected: dict[str, Planned], sent: list[Event], got: list[Event], unless: Iterable[str]
) -> None:
    """The ids the producer was told are the ids received, at the queue and offset it was told.

    One-way sends have no answer, so `same_content` alone speaks for them, as for any report without an id
    and for the kinds in `unless`.
    """
    wanted = {planned.seq: planned for planned in expected.values() if planned.kind not in unless}
    answered = {e["seq"]: e for e in sent if "id" in e and e["seq"] in wanted}
    keys = {wanted[seq].key: event for seq, event in answered.items()}
    received = {event["key"]: event for event in got if event["key"] in keys}
    assert {e["id"] for e in answered.values()} == {e["id"] for e in received.values()}
    for key, event in keys.items():
        for field in ("id", "queue", "offset"):
            assert event.get(field, received[key][field]) == received[key][field], (
                f"{event} against {received[key]}"
            )


def stored_in_order(expected: dict[str, Planned], got: list[Event]) -> None:
    """In every queue, messages sent one after another lie one after another."""
    placed = {slot(event): expected[event["key"]] for event in got}
    last: dict[int, Planned] = {}
    for place in sorted(placed):
        planned = placed[place]
        if planned.kind in IN_ORDER:
            before = last.get(place.queue)
            assert before is None or before.seq < planned.seq, f"{place}: {before} lies before {planned}"
            last[place.queue] = planned


def near(moments: Iterable[int], at: int) -> bool:
    """Whether a time lies around one of the moments when members of a group changed."""
    return any(moment - BEFORE_MS <= at <= moment + AFTER_MS for moment in moments)


def arrived_in_order(got: list[Event], moments: list[int]) -> int:
    """Each consumer saw each queue in order, each message once, but around a change of members.

    Returns the number of duplicates.
    """
    seen: set[Slot] = set()
    last: dict[tuple[str, int], int] = {}
    duplicates = 0
    for event in got:
        duplicate, reader = slot(event) in seen, (event["name"], event["queue"])
        duplicates += duplicate
        orderly = not duplicate and last.get(reader, -1) < event["offset"]
        assert orderly or near(moments, event["t"]), (
            f"{event} came again or late, away from any join or leave {moments}"
        )
        seen.add(slot(event))
        last[reader] = event["offset"]
    return duplicates


def committed_behind_the_last(cluster: Cluster, topic: str, group: str, got: list[Event]) -> None:
    """After the consumers left, the group's offset of each queue is past the last message received."""
    last: dict[int, int] = {}
    for event in got:
        last[event["queue"]] = max(last.get(event["queue"], -1), event["offset"])
    with cluster.connect() as broker:
        for queue, offset in last.items():
            end = remoting.max_offset(broker, topic, queue)
            assert offset < remoting.committed(broker, group, topic, queue) <= end, (
                f"queue {queue} of {topic}"
            )
