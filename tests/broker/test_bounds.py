"""Where queues begin and end, and where a time is in them."""

from __future__ import annotations

import pytest

from rmqtw.wire import commands
from rmqtw.wire.headers.base import BoundaryType
from rmqtw.wire.headers.pull import GetMaxOffsetRequest, GetMinOffsetRequest, SearchOffsetRequest


def offset_of(client, command, header):
    """The offset that a request for one answers."""
    answer = client.call(command, header)
    assert answer.code == 0, answer.remark
    return int(answer.ext_fields["offset"])


def test_bounds_are_those_of_the_queue(client):
    """A consumer that starts at the end would start in the middle, or beyond."""
    for _ in range(3):
        client.send()
    for topic, queue, end in (("Orders", 0, 3), ("Orders", 1, 0), ("Orders", 99, 0), ("NoSuch", 0, 0)):
        highest = GetMaxOffsetRequest(topic=topic, queue_id=queue)
        lowest = GetMinOffsetRequest(topic=topic, queue_id=queue)
        assert offset_of(client, commands.GET_MAX_OFFSET, highest) == end
        assert offset_of(client, commands.GET_MIN_OFFSET, lowest) == 0


@pytest.mark.parametrize(
    ("after", "boundary", "offset"),
    [
        (-1, "LOWER", 0), (0, "LOWER", 0), (1, "LOWER", 1), (20, "LOWER", 2), (21, "LOWER", 3),
        (-1, "UPPER", 0), (0, "UPPER", 0), (15, "UPPER", 1), (99, "UPPER", 2),
    ],
)
def test_time_is_found(world, client, after, boundary, offset):
    """A group set back to a time would miss messages, or get far too many."""
    start = world.time.wall()
    for _ in range(3):
        client.send()
        world.time.advance(0.010)
    header = SearchOffsetRequest(
        topic="Orders", queue_id=0, timestamp=start + after, boundary_type=BoundaryType(boundary)
    )
    assert offset_of(client, commands.SEARCH_OFFSET_BY_TIMESTAMP, header) == offset


def test_time_in_an_unknown_queue_is_its_start(client):
    """A client would fail on a queue that was never written."""
    for topic, queue in (("NoSuch", 0), ("TBW102", 99)):
        header = SearchOffsetRequest(topic=topic, queue_id=queue, timestamp=0)
        assert offset_of(client, commands.SEARCH_OFFSET_BY_TIMESTAMP, header) == 0
