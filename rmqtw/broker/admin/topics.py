"""UPDATE_AND_CREATE_TOPIC: an administrator creates or changes a topic.

Java: `AdminBrokerProcessor.updateAndCreateTopic`.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred

from rmqtw.broker.topics import Topics
from rmqtw.model.permissions import valid
from rmqtw.model.topics import check_creatable
from rmqtw.net.request import Answer, Request
from rmqtw.wire.bodies.topics import TopicConfig, TopicFilterType
from rmqtw.wire.errors import InvalidParameter, SystemFailure
from rmqtw.wire.headers.topic import CreateTopicRequest

MOST_QUEUES = 65_536


class TopicAdmin:
    """Creates and changes topics on request."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics

    def put(self, request: Request[CreateTopicRequest]) -> Deferred[Answer]:
        """Create the topic, or give it these queues and permissions, and answer when it is on the disk.

        29 names the field that is wrong (1, as in Java, for the filter type); 1 also says that the topic
        works until the broker stops, but could not be written.
        """
        header = request.header
        check_creatable(header.topic)
        for name in ("read_queue_nums", "write_queue_nums"):
            if not 1 <= getattr(header, name) <= MOST_QUEUES:
                raise InvalidParameter(f"{name} {getattr(header, name)} is not between 1 and {MOST_QUEUES}")
        if not valid(header.perm):
            raise InvalidParameter(f"perm {header.perm} is not made of 4 (read), 2 (write), 1 (inherit)")
        if header.attributes:
            raise InvalidParameter(f"topic attributes are not served by this broker: {header.attributes}")
        if header.topic_filter_type not in TopicFilterType.__members__:
            known = " or ".join(TopicFilterType.__members__)
            raise SystemFailure(f"topicFilterType {header.topic_filter_type} is not {known}")
        saved = self._topics.put(TopicConfig(
            topic_name=header.topic, read_queue_nums=header.read_queue_nums,
            write_queue_nums=header.write_queue_nums, perm=header.perm,
            topic_filter_type=TopicFilterType(header.topic_filter_type),
            topic_sys_flag=header.topic_sys_flag or 0, order=bool(header.order),
        ))
        return saved.addCallback(_answer)


def _answer(saved: bool) -> Answer:
    if saved:
        return Answer()
    raise SystemFailure("the topic was made but could not be written to disk; see the broker's log")
