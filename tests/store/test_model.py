"""Whatever is done to a store, in whatever order: it says what a list of messages would say."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rmqtw.interfaces.storage import Bounds, Found
from rmqtw.store.memory import MemoryStore
from rmqtw.testing.disk import Disk
from rmqtw.wire.messages import TRANSACTION_PREPARED, decode_record, split_records
from tests.store.kit import SMALL, Opened, Wall, message, open_store, stop

MESSAGES = st.lists(
    st.builds(
        message,
        topic=st.sampled_from(["A", "B", "t" * 130]),
        queue_id=st.integers(0, 1),
        body=st.integers(0, 1500).map(lambda size: b"b" * size),
        tag=st.sampled_from(["", "red", "blue"]),
        sys_flag=st.sampled_from([0, 0, 0, TRANSACTION_PREPARED]),
    ),
    min_size=1,
    max_size=6,
)
QUEUES = [(topic, queue_id) for topic in ("A", "B", "t" * 130) for queue_id in (0, 1)]


class StoreMachine(RuleBasedStateMachine):
    """A `FileStore` on a disk, next to a `MemoryStore`.

    Positions differ, since only files have fillers; records are compared without them.
    """

    @initialize()
    def begin(self):
        self.opened = open_store(Disk())
        wall = Wall()
        turns = self.opened.turns
        self.model = Opened(MemoryStore(wall, turns), turns, None, wall)
        self.ends = [(0, 0)]  # places where both logs can be cut

    def both(self):
        return self.opened, self.model

    @rule(messages=MESSAGES)
    def append(self, messages):
        """Append in this turn."""
        real, wanted = (one.store.append(messages) for one in self.both())
        assert [_but_place(one) for one in real] == [_but_place(one) for one in wanted]
        self.ends.append(tuple(one[-1].position + one[-1].size for one in (real, wanted)))

    @rule()
    def end_turn(self):
        """Let everything be written."""
        self.opened.turns.run()

    @rule(seconds=st.sampled_from([0.2, 0.5, 11]))
    def pass_time(self, seconds):
        """Queues are written, the log flushed, a checkpoint made."""
        self.opened.clock.advance(seconds)
        for one in self.both():
            one.wall.now += int(seconds * 1000)

    @rule()
    def restart(self):
        """Stop and start."""
        disk = self.opened.store.files
        stop(self.opened)
        self.reopen(disk)

    @rule()
    def kill(self):
        """The process ends; what its last turn did not write was never there."""
        self.opened.turns.run()
        self.reopen(self.opened.store.files.kill())

    @rule()
    def lose_power(self):
        """The power goes when everything is flushed."""
        self.opened.turns.run()
        self.opened.clock.advance(SMALL.flush_interval)
        self.reopen(self.opened.store.files.crash())

    def reopen(self, disk):
        turns = self.opened.turns
        turns.run()
        self.opened = open_store(disk, wall=self.opened.wall)
        self.model.turns = self.opened.turns
        self.model.store._end_of_turn = self.opened.turns

    @precondition(lambda self: len(self.ends) > 1)
    @rule(data=st.data())
    def truncate(self, data):
        """Cut both logs at the same message."""
        index = data.draw(st.integers(0, len(self.ends) - 1))
        self.opened.turns.run()
        for one, position in zip(self.both(), self.ends[index], strict=True):
            done = []
            one.store.truncate(position).addBoth(done.append)
            assert done == [None]
        del self.ends[index + 1 :]

    @invariant()
    def same_queues(self):
        """Bounds, records and searches agree, at every offset."""
        for topic, queue_id in QUEUES:
            bounds = self.opened.store.bounds(topic, queue_id)
            assert bounds == self.model.store.bounds(topic, queue_id)
            real, wanted = (one.records(topic, queue_id) for one in self.both())
            assert [_content(one) for one in real] == [_content(one) for one in wanted]
            for record in real[-3:]:
                assert bytes(self.opened.store.record_at(record.position)) is not None
            if bounds is not None and bounds.next:
                self.same_search(topic, queue_id, bounds)

    def same_search(self, topic, queue_id, bounds: Bounds):
        """A filtered read, a limited read and a search by time agree."""
        wanted = message(tag="red").tags_code
        middle = bounds.next // 2
        time = self.opened.wall.now
        for limit in (1, 2000):
            args = (topic, queue_id, middle, 3, limit, lambda code, _: code == wanted)
            real, model = (one.store.read(*args) for one in self.both())
            assert type(real) is type(model)
            if isinstance(real, Found):
                assert (real.count, real.next_offset) == (model.count, model.next_offset)
                records = [decode_record(one) for run in real.slices for one in split_records(run)]
                assert {record.tags_code for record in records} == {wanted}
            else:
                assert real == model
        for upper in (False, True):
            found = [one.store.find_time(topic, queue_id, time - 500, upper=upper) for one in self.both()]
            assert found[0] == found[1]


def _content(record):
    return record.queue_offset, bytes(record.body), record.tags_code, record.store_timestamp, record.sys_flag


def _but_place(appended):
    return appended.topic, appended.queue_id, appended.queue_offset, appended.size, appended.tags_code


StoreMachine.TestCase.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)


class TestStore(StoreMachine.TestCase):
    """Any sequence of appends, reads, stops, kills, power losses and cuts keeps a store equal to a list."""
