"""What the store's tests share: messages, a turn that ends when told, and stores to open."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from rmqtw.net.turns import EndOfTurn
from rmqtw.store.filestore import FileStore
from rmqtw.store.settings import StoreSettings
from rmqtw.wire import properties
from rmqtw.wire.ids import tags_code
from rmqtw.wire.messages import Message, decode_record, pack_host, split_records

HOST = pack_host("127.0.0.1", 10911)

SMALL = StoreSettings(segment_size=4096, queue_file_size=20 * 50, max_record_size=3000)
"""Segments that a dozen messages fill, queue files of 50 units."""


def message(topic="T", queue_id=0, body=b"body", *, tag="", sys_flag=0):
    """A message such as a broker hands to a store."""
    text = properties.render({"TAGS": tag} if tag else {})
    return Message(topic, queue_id, 0, sys_flag, body, text, 1000, HOST, HOST, tags_code=tags_code(tag))


def now(result):
    """The result of something that may be a Deferred, as when pages are cold, but must have happened."""
    if not isinstance(result, Deferred):
        return result
    done = []
    result.addBoth(done.append)
    assert done, "still waiting"
    if hasattr(done[0], "raiseException"):
        done[0].raiseException()
    return done[0]


class Wall:
    """A wall clock that stands still until it is set."""

    def __init__(self):
        self.now = 1_800_000_000_000

    def __call__(self):
        return self.now


class Opened:
    """A store with its clocks and the end of its turn."""

    def __init__(self, store, turns, clock, wall):
        self.store, self.turns, self.clock, self.wall = store, turns, clock, wall

    def put(self, *messages):
        """Append and end the turn; where the messages went."""
        appended = self.store.append(messages)
        self.turns.run()
        return appended

    def bodies(self, topic="T", queue_id=0, offset=0):
        """The bodies of a queue, read in as many steps as it takes."""
        return [bytes(record.body) for record in self.records(topic, queue_id, offset)]

    def records(self, topic="T", queue_id=0, offset=0):
        """The records of a queue, decoded."""
        found = []
        bounds = self.store.bounds(topic, queue_id)
        while bounds is not None and offset < bounds.next:
            outcome = now(self.store.read(topic, queue_id, offset, 32, 1 << 20))
            found += [decode_record(one) for run in outcome.slices for one in split_records(run)]
            offset = outcome.next_offset
        return found


def open_store(files, settings=SMALL, clock=None, wall=None, **more):
    """A started `FileStore`; blocking work is done at once."""
    clock, wall, turns = clock or Clock(), wall or Wall(), EndOfTurn(lambda: None)
    opened = Opened(FileStore(files, clock, wall, turns, settings, **more), turns, clock, wall)
    opened.summary = opened.store.start()
    return opened


def stop(opened):
    """Stop a store whose work is done at once."""
    done = []
    opened.store.stop().addCallback(done.append)
    assert done == [None]
