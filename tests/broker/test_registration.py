"""Registration: what nameservers know of a broker, and when."""

from __future__ import annotations

import pytest
from twisted.logger import LogLevel, capturedLogs

from rmqtw.wire import commands
from rmqtw.wire.bodies.route import TopicRouteData
from rmqtw.wire.codes import RequestCode, ResponseCode
from tests.broker.world import NAMESERVER


def knows(world, topic="TBW102"):
    """Whether the nameserver serves a topic's route."""
    return world.registry.topics.get(topic) is not None


def restart_nameserver(world):
    """Let the nameserver forget everything, as after a restart."""
    world.network.cut(NAMESERVER)
    world.time.settle()
    assert not knows(world)


def test_started_broker_is_registered_with_all_its_topics(world):
    """Clients would not find a broker that says that it is ready."""
    route = TopicRouteData.decode(world.connect(NAMESERVER).route("TBW102").body)
    assert [data.broker_addrs for data in route.broker_datas] == [{0: "127.0.0.1:10911"}]
    assert (route.queue_datas[0].write_queue_nums, route.queue_datas[0].perm) == (8, 7)
    assert {topic.topic_name for topic in world.broker.topics} == set(world.registry.topics)


def test_nameserver_that_restarted_knows_everything_within_the_period(world):
    """Clients would find no broker until somebody restarts it."""
    restart_nameserver(world)
    world.time.advance(30, steps=300)
    assert knows(world)
    assert {topic.topic_name for topic in world.broker.topics} == set(world.registry.topics)


def test_new_topic_meets_a_nameserver_that_knows_nothing(world):
    """The refused announcement of one topic would leave the whole broker unknown for 30 seconds."""
    restart_nameserver(world)
    world.connect().send("Fresh")
    world.time.advance(1, steps=50)
    assert knows(world, "Fresh")
    assert knows(world)


def test_unreachable_nameserver_is_said_once_and_found_again(make_world):
    """A log would fill with one cause, or a nameserver that comes back would not be noticed."""
    world = make_world()
    world.network.refuse(NAMESERVER)
    with capturedLogs() as events:
        restart_nameserver(world)
        world.time.advance(31, steps=310)
        world.connect().send("Fresh")
        world.time.advance(5, steps=50)
    warnings = [event for event in events if event["log_level"] is LogLevel.warn]
    assert len(warnings) == 1
    assert warnings[0]["address"] == NAMESERVER
    world.network.listen(NAMESERVER, world.nameserver)
    with capturedLogs() as events:
        world.time.advance(11, steps=110)
    assert knows(world, "Fresh")
    assert any("again" in event["log_format"] for event in events)


def test_stopped_broker_says_good_bye(make_world):
    """Clients would be sent to a broker that is gone for two minutes."""
    world = make_world()
    world.stop_broker()
    assert not knows(world)
    assert world.registry.groups == {}
    world.start_broker()
    assert knows(world)


def test_stop_does_not_wait_for_a_nameserver_that_is_gone(make_world):
    """A broker could not be stopped while its nameserver is down."""
    world = make_world()
    world.network.refuse(NAMESERVER)
    restart_nameserver(world)
    world.stop_broker()
    world.network.listen(NAMESERVER, world.nameserver)
    world.start_broker()
    assert knows(world)


@pytest.mark.parametrize("oneway", [False, True])
def test_nameserver_codes_are_not_served_by_a_broker(world, oneway):
    """A client that mixes up its two addresses would wait for its time-out."""
    client = world.connect()
    for code in (RequestCode.GET_ROUTEINFO_BY_TOPIC, RequestCode.REGISTER_BROKER, 99_999):
        answer = client.raw(code, {"topic": "T"}, oneway=oneway)
        if oneway:
            assert answer is None
        else:
            assert answer.code == ResponseCode.REQUEST_CODE_NOT_SUPPORTED
            assert answer.remark == f" request type {int(code)} not supported"
    assert commands.COMMANDS[RequestCode.HEART_BEAT]
