"""Many changes of a table, few writes of its document."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from rmqtw.broker.saving import Saver


class SlowDocument:
    """A document whose writes end when the test says so."""

    def __init__(self):
        self.writes = []

    def save_later(self, value):
        """See `tap.storage.Document`."""
        written = Deferred()
        self.writes.append((value, written))
        return written

    def save(self, value):
        """See `tap.storage.Document`."""
        self.writes.append((value, None))


def test_a_thousand_changes_are_written_twice():
    """A heartbeat that names a thousand groups would write a growing file a thousand times."""
    document, table = SlowDocument(), {}
    saver = Saver(document, lambda: dict(table), "things")
    told = []
    for number in range(1000):
        table[number] = number
        saver.changed()
    saver.settled().addCallback(told.append)
    assert [len(value) for value, _ in document.writes] == [1]
    document.writes[0][1].callback(None)
    assert [len(value) for value, _ in document.writes] == [1, 1000]
    assert told == []
    document.writes[1][1].callback(None)
    assert told == [True]
    assert len(document.writes) == 2


def test_who_waits_hears_that_it_failed(logged_errors):
    """An administrator would be told that a topic is safe when it is not."""
    document = SlowDocument()
    saver = Saver(document, dict, "things")
    told = []
    saver.changed()
    saver.settled().addCallback(told.append)
    document.writes[0][1].errback(OSError(28, "No space left on device"))
    assert told == [False]
    assert logged_errors.flush()


def test_a_stop_writes_what_waits():
    """What changed while a write was under way would be lost at the stop."""
    document = SlowDocument()
    saver = Saver(document, dict, "things")
    told = []
    saver.changed()
    saver.changed()
    saver.settled().addCallback(told.append)
    saver.now()
    assert told == [True]
    document.writes[0][1].callback(None)
    assert len(document.writes) == 2
