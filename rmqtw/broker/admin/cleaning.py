"""CLEAN_EXPIRED_CONSUMEQUEUE, CLEAN_UNUSED_TOPIC and DELETE_EXPIRED_COMMITLOG: cleaning on demand.

Java: `AdminBrokerProcessor.cleanExpiredConsumeQueue`, `cleanUnusedTopic`, `deleteExpiredCommitLog`. All
answer when the work is done; 1 says what the disk said.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from rmqtw.broker.topics import Topics
from rmqtw.interfaces.storage import IRetention
from rmqtw.net.request import Answer, Request
from rmqtw.wire.errors import SystemFailure
from rmqtw.wire.names import LMQ_PREFIX, is_system_topic


class Cleaning:
    """Removes what is old or unused when an administrator asks for it."""

    def __init__(self, retention: IRetention, topics: Topics) -> None:
        self._retention = retention
        self._topics = topics

    def queues(self, _request: Request[Any]) -> Deferred[Answer]:
        """Remove queue and index files that point to nothing. Unlike Java's, a queue's offsets go on."""
        return _answered(self._retention.clean_queues())

    def unused_topics(self, _request: Request[Any]) -> Deferred[Answer]:
        """Remove the queues of topics that are not configured any more; the broker's own stay."""
        return _answered(self._retention.remove_topics(self._is_unused))

    def log(self, _request: Request[Any]) -> Deferred[Answer]:
        """Remove the log files that are older than the retention time, at whatever hour."""
        return _answered(self._retention.delete_expired())

    def _is_unused(self, topic: str) -> bool:
        kept = is_system_topic(topic) or topic.startswith(LMQ_PREFIX)
        return self._topics.get(topic) is None and not kept


def _answered(done: Deferred[int]) -> Deferred[Answer]:
    return done.addCallbacks(lambda _: Answer(), _refused)


def _refused(failure: Failure) -> Answer:
    failure.trap(OSError)
    raise SystemFailure(f"the disk refused it: {failure.getErrorMessage()}; see the broker's log")
