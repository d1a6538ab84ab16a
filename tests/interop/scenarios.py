"""The courses that several clients run through."""

from __future__ import annotations

from typing import NamedTuple

from tests.interop import checks, plans
from tests.interop.clients import Driver, Event
from tests.interop.plans import Planned

# Apache's broker appends a batch's own properties to those of each message in it, so that consumers see
# the UNIQ_KEY of the batch in place of the ids that the producer was told.
LOSES_IDS = {"java": ("batch",)}


class Course(NamedTuple):
    """What a course left behind: what was sent, what arrived, when the members of the group changed (ms)."""

    sent: list[Event]
    got: list[Event]
    moments: list[int]


def keys(driver: Driver) -> set[str]:
    """The keys a driver's consumers received so far."""
    return {event["key"] for event in driver.having("got")}


def share_a_group(driver: Driver, topic: str, messages: list[Planned], rate: float) -> Course:
    """While one producer sends, two consumers of a group receive, a third joins, the first leaves."""
    wanted = len(plans.matching(messages))

    def received(part: float) -> bool:
        return len(keys(driver)) >= part * wanted

    driver.send(topic, messages, rate)
    moments = [driver.consume(who, topic, topic)["t"] for who in ("first", "second")]
    driver.wait("a quarter received", lambda: received(0.25), 90)
    moments.append(driver.consume("third", topic, topic)["t"])
    driver.wait("the third to receive", lambda: bool(driver.having("got", name="third")), 60)
    driver.wait("six tenths received", lambda: received(0.6), 90)
    moments.append(driver.stop("first")["t"])
    driver.wait("the producer to end", lambda: bool(driver.having("done", topic=topic)), 120)
    settle(driver, wanted)
    for who in ("second", "third"):
        driver.stop(who)
    return Course(driver.having("sent"), driver.having("got"), moments)


def from_one_to_another(sender: Driver, receiver: Driver, topic: str, messages: list[Planned]) -> None:
    """One client sends, then one of another kind receives all; ids and content must agree."""
    sender.send(topic, messages, rate=2000)
    sender.wait("the producer to end", lambda: bool(sender.having("done", topic=topic)), 120)
    receiver.consume("only", topic, topic)
    expected = plans.matching(messages)
    settle(receiver, len(expected))
    receiver.stop("only")
    sent, got = sender.having("sent"), receiver.having("got")
    checks.nothing_failed([*sender.events, *receiver.events])
    checks.same_content(expected, got)
    checks.same_ids(expected, sent, got, LOSES_IDS.get(sender.cluster.target, ()))
    checks.stored_in_order(expected, got)
    assert checks.arrived_in_order(got, []) == 0


def settle(driver: Driver, wanted: int, seconds: float = 60) -> None:
    """Wait until as many messages as wanted arrived; the checks will say what is missing."""
    try:
        driver.wait("the rest", lambda: len(keys(driver)) >= wanted, seconds)
    except TimeoutError:
        return


def check(driver: Driver, topic: str, messages: list[Planned], course: Course) -> None:
    """Everything that must hold after `share_a_group`."""
    expected = plans.matching(messages)
    checks.nothing_failed(driver.events)
    checks.same_content(expected, course.got)
    checks.same_ids(expected, course.sent, course.got, LOSES_IDS.get(driver.cluster.target, ()))
    checks.stored_in_order(expected, course.got)
    duplicates = checks.arrived_in_order(course.got, course.moments)
    checks.committed_behind_the_last(driver.cluster, topic, topic, course.got)
    by_name = {who: len(driver.having("got", name=who)) for who in ("first", "second", "third")}
    print(f"\n{driver.client}: {len(messages)} sent, received {by_name}, {duplicates} twice")
    assert all(by_name.values()), f"a consumer of the group received nothing: {by_name}"
