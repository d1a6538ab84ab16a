"""A broker's life: what starts and stops, and in which order.

Java: `BrokerController.start` and `shutdown`. The graph is built in `rmqtw.tap.broker`; nothing
here, and nothing that a verb is given, holds "the broker".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.logger import Logger

from rmqtw.broker.groups import Groups
from rmqtw.broker.heartbeats import Heartbeats
from rmqtw.broker.holding import Holding
from rmqtw.broker.offsets import Offsets
from rmqtw.broker.registration import Registration
from rmqtw.broker.topics import Topics
from rmqtw.model.topics import SystemTopicOptions

_log = Logger()


@attrs.frozen
class Broker:
    """The parts that have a life of their own.

    `start` is called after the store is open and before anybody can connect.
    """

    topics: Topics
    groups: Groups
    offsets: Offsets
    heartbeats: Heartbeats
    holding: Holding
    registration: Registration
    system_topics: SystemTopicOptions

    def load(self) -> None:
        """Read what was configured and committed. Raises `StoreDamaged` naming the file."""
        self.topics.load(self.system_topics)
        self.groups.load()
        self.offsets.load()

    def start(self) -> Deferred[Any]:
        """Begin to work, and register. The Deferred says that every nameserver was tried once."""
        self.holding.start()
        self.heartbeats.start()
        self.offsets.start()
        self.topics.when_changed(self.registration.changed)
        return self.registration.start()

    @inlineCallbacks
    def stop(self, factories: Sequence[Any]) -> Any:
        """Leave the nameservers, answer who waits, close the factories' connections, write what is known.

        Fires when all of it is done; never fails.
        """
        yield self.registration.stop()
        self.holding.stop()
        for factory in factories:
            yield factory.close("the broker stops")
        self.heartbeats.stop()
        for save in (self.offsets.stop, self.topics.save, self.groups.save):
            _save(save)


def _save(save: Callable[[], None]) -> None:
    """One that the disk refuses must not keep the others, and the store, from being written."""
    try:
        save()
    except OSError as problem:
        _log.error("{path} could not be written at the stop: {reason}; the next start reads what was "
                   "written before", path=problem.filename or "a document", reason=problem.strerror)
