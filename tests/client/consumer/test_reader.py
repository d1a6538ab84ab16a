"""What a reader makes of each answer: no message is skipped, none handed over twice."""

from __future__ import annotations

import pytest
from twisted.internet.defer import CancelledError, Deferred

from rmqtw.client.consumer.reader import Reader, Start
from rmqtw.client.errors import NoBroker, NoRoute
from rmqtw.filters import FilterError
from rmqtw.wire.codes import RequestCode, ResponseCode
from rmqtw.wire.errors import NoPermission
from rmqtw.wire.messages import MalformedRecord
from tests.client.cluster import Server, record, route


class Queues:
    """The queues of one broker: `held[queue_id]` are (offset, body, tag), and pulls behind them wait."""

    def __init__(self, server, held=None):
        self.held = held or {}
        self.lowest = 0
        self.batch = 2
        self.server = server
        server.verbs.update(
            {
                RequestCode.GET_MIN_OFFSET: lambda _: (0, {"offset": str(self.lowest)}, b""),
                RequestCode.GET_MAX_OFFSET: lambda command: (0, {"offset": str(self.end(command))}, b""),
                RequestCode.SEARCH_OFFSET_BY_TIMESTAMP: lambda _: (0, {"offset": str(self.lowest)}, b""),
                RequestCode.PULL_MESSAGE: self.pull,
            }
        )

    def queue(self, command):
        """What the queue that is asked for holds."""
        return self.held.get(int(command.ext_fields["queueId"]), [])

    def end(self, command):
        """The offset of its next message."""
        return max((offset + 1 for offset, *_ in self.queue(command)), default=0)

    def pull(self, command):
        """Answer as a broker does: found, nothing (held), or moved."""
        asked, end = int(command.ext_fields["queueOffset"]), self.end(command)
        if asked < self.lowest or asked > end:
            return pulled(ResponseCode.PULL_OFFSET_MOVED, self.lowest if asked < self.lowest else end)
        found = [message for message in self.queue(command) if message[0] >= asked][: self.batch]
        if not found:
            return None
        topic, queue_id = command.ext_fields["topic"], int(command.ext_fields["queueId"])
        records = [record(topic, queue_id, *message) for message in found]
        return pulled(0, found[-1][0] + 1, b"".join(records))

    def asked(self):
        """The offsets that were pulled, in order."""
        return [int(fields["queueOffset"]) for fields in self.server.fields(RequestCode.PULL_MESSAGE)]


def pulled(code, after, body=b""):
    """A pull's answer."""
    fields = {"nextBeginOffset": str(after), "minOffset": "0", "maxOffset": "0", "suggestWhichBrokerId": "0"}
    return code, fields, body


def numbered(count, tag=None):
    """Messages 0, 1, ... of a queue."""
    return [(number, str(number).encode(), tag) for number in range(count)]


class Reading:
    """A reader, what it took and what it told."""

    def __init__(self, cluster, **options):
        self.taken = []
        self.told = []
        self.time = cluster.time
        take = options.pop("take", None) or self.taken.append
        options.setdefault("start", Start.FIRST)
        self.reader = Reader(cluster.client, "T", take, tell=self.told.append, **options)
        self.running = self.reader.run()
        self.outcome = []
        self.running.addBoth(self.outcome.append)
        cluster.time.settle()

    def bodies(self):
        """What was taken."""
        return [message.body.decode() for message in self.taken]

    def stop(self):
        """End it well."""
        self.reader.stop()
        self.time.settle()
        assert self.outcome == [None]

    def failed_with(self, kind):
        """The exception it ended with; nothing of it may run on."""
        (failure,) = self.outcome
        assert failure.check(kind), failure
        assert not [call for call in self.time.clock.getDelayedCalls() if call.getTime() < 1.5]
        return failure.value


@pytest.fixture
def queues(cluster):
    """One broker with one queue of five messages."""
    cluster.routes["T"] = route({"broker-a": 1})
    return Queues(cluster.brokers["broker-a"], {0: numbered(5)})


def test_all_messages_are_read_in_order_from_the_first(cluster, queues):
    """A user would miss messages, or see them in another order."""
    reading = Reading(cluster)
    assert reading.bodies() == ["0", "1", "2", "3", "4"]
    assert queues.asked() == [0, 2, 4, 5]
    assert [message.queue_offset for message in reading.taken] == [0, 1, 2, 3, 4]
    reading.stop()


def test_each_of_two_queues_is_read_in_its_order(cluster, queues):
    """Messages of one key, which share a queue, would arrive in another order than sent."""
    cluster.routes["T"] = route({"broker-a": 2})
    queues.held = {0: numbered(5), 1: [(number, b"x%d" % number, None) for number in range(5)]}
    reading = Reading(cluster)
    assert [body for body in reading.bodies() if body[0] != "x"] == ["0", "1", "2", "3", "4"]
    assert [body for body in reading.bodies() if body[0] == "x"] == ["x0", "x1", "x2", "x3", "x4"]
    reading.stop()


def test_from_the_last_only_what_comes_is_read(cluster, queues):
    """`tail` would print everything that there ever was."""
    reading = Reading(cluster, start=Start.LAST)
    assert (reading.bodies(), queues.asked()) == ([], [5])
    reading.stop()


def test_pulls_ask_the_broker_to_wait_and_carry_the_expression(cluster, queues):
    """A reader would ask thousands of times a second, or get every message to throw it away."""
    reading = Reading(cluster, tags="A || B")
    fields = queues.server.fields(RequestCode.PULL_MESSAGE)[0]
    assert (fields["subscription"], fields["expressionType"], fields["sysFlag"]) == ("A || B", "TAG", "6")
    assert (fields["suspendTimeoutMillis"], fields["commitOffset"]) == ("15000", "0")
    reading.stop()


def test_tags_are_checked_again_by_their_text(cluster, queues):
    """Two tags with one hash ("Aa", "BB") would be taken for each other."""
    queues.held = {0: [(0, b"yes", "Aa"), (1, b"no", "BB"), (2, b"none", None), (3, b"too", "Aa")]}
    reading = Reading(cluster, tags="Aa")
    assert reading.bodies() == ["yes", "too"]
    reading.stop()


def test_nothing_matched_goes_on_behind_what_was_looked_at(cluster, queues):
    """A filter that matches nothing for long would read the same messages for ever."""
    answers = iter([pulled(ResponseCode.PULL_RETRY_IMMEDIATELY, 3)])
    verbs = queues.server.verbs
    verbs[RequestCode.PULL_MESSAGE] = lambda command: next(answers, None) or queues.pull(command)
    reading = Reading(cluster)
    assert queues.asked()[:2] == [0, 3]
    assert reading.bodies() == ["3", "4"]
    reading.stop()


def test_messages_that_are_gone_are_said_to_be(cluster, queues):
    """Messages that the broker has deleted would be missing without a word."""
    reading = Reading(cluster)
    queues.held = {0: [(number, b"new", None) for number in range(8, 10)]}
    queues.lowest = 8
    cluster.time.advance(30)  # the pull that waits ends without an answer
    cluster.time.advance(1)
    cluster.time.settle()
    assert reading.bodies()[5:] == ["new", "new"]
    assert reading.told[-1] == "queue 0 of T on broker-a has no message 5 now; going on at 8"
    reading.stop()


def test_a_queue_that_was_cut_is_followed_from_its_new_end(cluster, queues):
    """A broker that lost the end of its log would never be heard of again."""
    reading = Reading(cluster)
    queues.held = {0: numbered(3)}
    cluster.brokers["broker-a"].stop()
    cluster.time.settle()
    cluster.brokers["broker-a"].start()
    cluster.time.advance(1)
    cluster.time.settle()
    assert queues.asked()[-1] == 3
    assert "going on at 3" in reading.told[-1]
    reading.stop()


def test_a_broker_that_does_not_hold_pulls_is_asked_once_a_second(cluster, queues):
    """A reader would use all of one core, and of the broker's."""
    queues.server.verbs[RequestCode.PULL_MESSAGE] = lambda _: pulled(ResponseCode.PULL_NOT_FOUND, 0)
    reading = Reading(cluster)
    for _ in range(10):
        cluster.time.advance(1)
        cluster.time.settle()
    assert 5 < len(queues.asked()) < 15
    reading.stop()


def test_a_broker_that_goes_is_told_once_and_so_is_its_return(cluster, queues):
    """`tail` would end, flood the terminal, or lose what arrived meanwhile."""
    cluster.routes["T"] = route({"broker-a": 2})
    reading = Reading(cluster)
    queues.server.stop()
    for _ in range(5):
        cluster.time.advance(1)
        cluster.time.settle()
    assert len(reading.told) == 1
    assert reading.told[0].startswith("lost broker broker-a: ")
    assert reading.told[0].endswith("; trying again until it is back")
    queues.held = {0: numbered(7)}
    queues.server.start()
    cluster.time.advance(1)
    cluster.time.settle()
    assert reading.told[1:] == ["broker broker-a is back"]
    assert reading.bodies() == [str(number) for number in range(7)]
    reading.stop()


def test_a_broker_that_comes_back_elsewhere_is_found(cluster, queues):
    """A broker that was moved would be looked for at its old address for half a minute."""
    reading = Reading(cluster)
    queues.server.stop()
    cluster.time.settle()
    elsewhere = Server(cluster.network, "10.0.9.9:10911")
    Queues(elsewhere, {0: numbered(6)})
    cluster.routes["T"] = route({"broker-a": 1}, addresses={"broker-a": {0: elsewhere.address}})
    cluster.time.advance(1)
    cluster.time.settle()
    assert reading.bodies()[5:] == ["5"]
    reading.stop()


def test_a_topic_that_is_away_for_a_while_is_waited_for(cluster, queues):
    """A restart of the nameserver, which forgets all routes, would end every reader."""
    reading = Reading(cluster)
    routes = cluster.routes
    cluster.routes = {}
    queues.server.stop()
    cluster.time.advance(5, steps=5)
    cluster.routes = routes
    queues.held = {0: numbered(6)}
    queues.server.start()
    cluster.time.advance(1)
    cluster.time.settle()
    assert reading.bodies()[5:] == ["5"]
    reading.stop()


def test_a_queue_that_appears_later_is_read(cluster, queues):
    """A topic that is made wider would be read in part only."""
    reading = Reading(cluster)
    cluster.routes["T"] = route({"broker-a": 2})
    queues.held[1] = [(0, b"wide", None)]
    cluster.time.advance(60, steps=60)
    cluster.time.settle()
    assert reading.bodies()[5:] == ["wide"]
    assert queues.server.fields(RequestCode.SEARCH_OFFSET_BY_TIMESTAMP)[0]["timestamp"] == "1800000000000"
    reading.stop()


def test_stop_while_a_batch_is_handed_over_ends_it_there(cluster, queues):
    """`tail -n 2` of a batch of five would print five."""
    queues.batch = 5
    taken = []
    reader = Reader(
        cluster.client, "T", lambda message: taken.append(message) or (len(taken) == 2 and reader.stop()),
        start=Start.FIRST,
    )  # fmt: skip
    cluster.result(reader.run())
    assert len(taken) == 2


def test_the_next_message_waits_for_the_one_before(cluster, queues):
    """A slow consumer would pile up messages in memory."""
    waiting, taken = [], []

    def take(message):
        taken.append(message)
        waiting.append(Deferred())
        return waiting[-1]

    reading = Reading(cluster, take=take)
    assert len(taken) == 1
    waiting[0].callback(None)
    assert len(taken) == 2
    waiting[1].callback(None)
    cluster.time.settle()
    assert (len(taken), queues.asked()) == (3, [0, 2])
    reading.stop()


def test_what_takes_messages_may_fail_and_ends_the_reader(cluster, queues):
    """An error of the program's would be swallowed, or reading go on without it."""
    reading = Reading(cluster, take=lambda _: 1 // 0)
    reading.failed_with(ZeroDivisionError)


def test_a_refusal_ends_the_reader(cluster, queues):
    """A reader without permission would try for ever and say nothing."""
    queues.server.verbs[RequestCode.PULL_MESSAGE] = lambda _: (ResponseCode.NO_PERMISSION, {}, b"")
    assert "remark of 16" in str(Reading(cluster).failed_with(NoPermission))


def test_bytes_that_are_no_messages_end_the_reader(cluster, queues):
    """Messages would be skipped because one could not be read."""
    queues.server.verbs[RequestCode.PULL_MESSAGE] = lambda _: pulled(0, 1, record("T", 0, 0, b"x")[:-1])
    Reading(cluster).failed_with(MalformedRecord)


def test_a_topic_or_broker_that_is_not_there_at_the_start_is_said(cluster, queues):
    """`tail` of a mistyped topic would wait for ever."""
    queues.server.stop()
    assert "broker-a" in str(Reading(cluster).failed_with(NoBroker))
    del cluster.routes["T"]
    cluster.client.routes.forget("T")
    assert "does not exist" in str(Reading(cluster).failed_with(NoRoute))


def test_stop_at_any_time_leaves_nothing(cluster, queues):
    """A program that stops reading would keep connections busy or timers running."""
    for turns in range(12):
        reader = Reader(cluster.client, "T", lambda _: None, start=Start.FIRST)
        running = reader.run()
        cluster.time.settle(turns)
        reader.stop()
        cluster.result(running)


def test_cancelling_the_run_stops_it_too(cluster, queues):
    """A time limit on `run` would leave the reader running."""
    reading = Reading(cluster)
    reading.running.cancel()
    cluster.time.settle()
    reading.failed_with(CancelledError)
    asked = len(queues.asked())
    cluster.time.advance(60, steps=60)
    assert len(queues.asked()) == asked


def test_a_broken_expression_is_refused_at_once(cluster):
    """A user would see no messages instead of the mistake."""
    with pytest.raises(FilterError):
        Reader(cluster.client, "T", print, tags="||")
