from __future__ import annotations

from rmqtw.net.turns import EndOfTurn, end_of_turn


def test_work_runs_before_output_even_when_output_was_scheduled_first(time):
    """A connection that answers must send once, after the log has taken what came in the turn."""
    turns = end_of_turn(time.clock)
    seen = []
    turns.schedule_output(lambda: seen.append("send"))
    turns.schedule(lambda: seen.append("append"))
    turns.schedule(lambda: seen.append("index"))
    assert seen == []
    time.settle(1)
    assert seen == ["append", "index", "send"]


def test_what_is_scheduled_meanwhile_belongs_to_the_same_turn(time):
    """An answer produced by the append must not wait for another turn of the reactor."""
    turns = end_of_turn(time.clock)
    seen = []

    def append():
        seen.append("append")
        turns.schedule_output(lambda: seen.append("send"))
        turns.schedule(lambda: seen.append("wake"))

    turns.schedule(append)
    time.settle(1)
    assert seen == ["append", "wake", "send"]


def test_the_next_turn_works_like_the_first(time):
    """After a turn has ended the next one must be ended too."""
    turns = end_of_turn(time.clock)
    seen = []
    for number in range(3):
        turns.schedule(lambda number=number: seen.append(number))
        time.settle(1)
    assert seen == [0, 1, 2]


def test_a_function_that_fails_keeps_no_other_from_running(time, logged_errors):
    """One broken connection must not keep the answers of all others back."""
    turns = end_of_turn(time.clock)
    seen = []
    turns.schedule(lambda: 1 / 0)
    turns.schedule(lambda: seen.append("still"))
    time.settle(1)
    assert seen == ["still"]
    assert len(logged_errors.flush(ZeroDivisionError)) == 1


def test_one_wake_serves_a_whole_turn():
    """Ten thousand answers in a turn must cost one delayed call, not ten thousand."""
    wakes = []
    turns = EndOfTurn(lambda: wakes.append(1))
    for _ in range(10):
        turns.schedule(lambda: None)
    assert len(wakes) == 1
    turns.run()
    turns.schedule(lambda: None)
    assert len(wakes) == 2
