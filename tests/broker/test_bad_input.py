"""Bad input on every served code: a code and a remark that name the cause, and nothing else happens.

The autouse fixture `no_leaks` fails each of these tests when anything is logged as an error.
"""

from __future__ import annotations

from typing import Annotated, Any, get_args, get_origin

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rmqtw.testing.denial import made_up
from rmqtw.wire import commands
from rmqtw.wire.bodies.heartbeat import HeartbeatData
from rmqtw.wire.codes import RequestCode, ResponseCode
from rmqtw.wire.commands import COMMANDS
from rmqtw.wire.messages import BODY_LIMIT
from tests.broker.world import BROKER, FAST, NAMESERVER, World, consumer

BROKER_CODES = (10, 310, 320, 11, 361, 34, 35, 38, 46, 14, 15, 29, 30, 31, 17)
NAMESERVER_CODES = (103, 104, 105, 106, 322)
CODES = [(BROKER, code) for code in BROKER_CODES] + [(NAMESERVER, code) for code in NAMESERVER_CODES]
BODIES = {34: b"{}", 46: b"{}", 322: b"{}", 103: b"{}"}
REFUSALS = {
    ResponseCode.SYSTEM_ERROR, ResponseCode.MESSAGE_ILLEGAL, ResponseCode.INVALID_PARAMETER,
    ResponseCode.SUBSCRIPTION_PARSE_FAILED,
}


def state(world):
    """Everything that a request could have changed."""
    broker, registry = world.broker, world.registry
    clients = broker.heartbeats._clients
    return (
        list(broker.topics), dict(broker.groups._table.configs), dict(broker.offsets._table.offsets),
        {name: list(group.members) for name, group in clients.consumers.items()},
        {name: list(members) for name, members in clients.producers.items()},
        len(broker.holding), world.storage.log_end(), dict(registry.topics), dict(registry.groups),
        set(registry.live),
    )


def fields_of(code):
    """The fields of a code's request header, by wire name."""
    return {info.encode_name: info for info in msgspec.structs.fields(COMMANDS[code].request)}


def kind_of(info):
    """The type of a field: int, bool, str or an enumeration; and its bounds."""
    kind, bounds = info.type, None
    while get_origin(kind) is Annotated or (len(get_args(kind)) == 2 and type(None) in get_args(kind)):
        if get_origin(kind) is Annotated:
            metas = [meta for meta in get_args(kind)[1:] if getattr(meta, "le", None) is not None]
            bounds = (metas[0].ge, metas[0].le) if metas else bounds
            kind = get_args(kind)[0]
        else:
            kind = next(one for one in get_args(kind) if one is not type(None))
    return kind, bounds


def wrong_values():
    """(server, code, field, value): each field of each served code, missing or with a wrong value."""
    for server, code in CODES:
        for name, info in fields_of(code).items():
            kind, bounds = kind_of(info)
            if info.required:
                yield server, code, name, None
            if kind is int:
                yield from ((server, code, name, value) for value in ("abc", "", "1.5", "0x10", "NaN"))
                yield from ((server, code, name, str(value)) for value in (bounds[0] - 1, bounds[1] + 1))
                yield server, code, name, str(10**400)


@pytest.fixture(scope="module")
def shared():
    """One world for all tests here: what one test breaks, the next one notices."""
    world = World()
    world.connect().send()
    yield world
    world.stop()


@pytest.mark.parametrize(("server", "code"), CODES)
def test_wrong_field_is_named_and_changes_nothing(shared, server, code):
    """A developer could not find the mistake, or the mistake would be stored."""
    before = state(shared)
    cases = [case[2:] for case in wrong_values() if case[:2] == (server, code)]
    for name, value in cases:
        client = shared.connect(server)
        fields = made_up(COMMANDS[code].request).encode()
        fields.pop(name, None)
        if value is not None:
            fields[name] = value
        client.raw(code, fields, BODIES.get(code, b""), oneway=True)
        answer = client.raw(code, fields, BODIES.get(code, b""))
        assert answer.code == ResponseCode.SYSTEM_ERROR, (name, value, answer)
        assert f"{name}" in answer.remark, (name, value, answer.remark)
        assert COMMANDS[code].request.__name__ in answer.remark
        client.hang_up()
    assert state(shared) == before
    assert cases or code in (34, 46, 106)


@pytest.mark.parametrize("code", [34, 46, 103, 320, 322])
@pytest.mark.parametrize(
    "body",
    [
        b"", b"nonsense", b"{", b"[]", b"null", b'"text"', b"7", b"\xff\xfe\x00", b"\x78\x9cnonsense",
        b'{"clientID":', b"[" * 100_000, b'{"a":' * 100_000, b'{"$ref":"$"}', b"\x7f\xff\xff\xff" * 8,
        b'{"consumerDataSet":5,"subscriptionData":5,"topicConfigSerializeWrapper":5,"counter":{}}',
    ],
)
def test_garbage_body_is_refused_and_changes_nothing(shared, code, body):
    """A body of another program would be taken for a heartbeat, a registration or a batch."""
    server = NAMESERVER if code in NAMESERVER_CODES else BROKER
    before = state(shared)
    client = shared.connect(server)
    fields = made_up(COMMANDS[code].request).encode()
    if code == 320:
        fields |= {"b": "Orders", "m": "true"}
    client.raw(code, fields, body, oneway=True)
    answer = client.raw(code, fields, body)
    if body in (b"null", b'{"$ref":"$"}'):  # may count as an object without members
        assert answer.code in (0, *REFUSALS)
    else:
        assert answer.code in REFUSALS, answer
        assert answer.remark
        assert "the server's log" not in answer.remark
        assert len(answer.remark) < 1000
    client.hang_up()
    after = state(shared)
    assert after[:7] == before[:7]


def test_lengths_are_kept_at_the_limit_and_one_past_it(shared):
    """A message as long as promised would be refused, or a longer one would break consumers."""
    client = shared.connect()
    properties = {"k": "v" * (32767 - 3)}
    end = shared.storage.log_end()
    answer = client.send("Long", properties={"k": properties["k"] + "v"})
    assert answer.code == ResponseCode.MESSAGE_ILLEGAL
    assert "properties" in answer.remark
    assert "32768" in answer.remark
    answer = client.send("Long", bytes(BODY_LIMIT + 1))
    assert answer.code == ResponseCode.MESSAGE_ILLEGAL
    assert f"{BODY_LIMIT + 1}" in answer.remark
    assert shared.storage.log_end() == end
    assert client.send("Long", bytes(BODY_LIMIT)).code == 0


def test_properties_that_grow_over_the_limit_are_refused(shared):
    """The broker's own properties would make a record that nobody can read."""
    client = shared.connect()
    for size in range(32767 - 200, 32768, 9):
        answer = client.send("Edge", properties={"k": "v" * (size - 3)})
        assert answer.code in (0, ResponseCode.MESSAGE_ILLEGAL), answer
    assert client.pull("Edge").code == 0


@pytest.mark.parametrize(
    "topic", ["", " ", "a b", "../x", "a/b", "t" * 128, "%RETRY%" + "g" * 300, "é", "a\x00b", "a\nb", "$"]
)
@pytest.mark.parametrize("code", [10, 17])
def test_name_outside_the_rules_is_refused(shared, topic, code):
    """A topic would come into being whose folder lies elsewhere, or that no tool can name."""
    before = state(shared)
    client = shared.connect()
    fields = made_up(COMMANDS[code].request).encode() | {
        "topic": topic, "defaultTopic": "TBW102", "perm": "6", "topicFilterType": "SINGLE_TAG",
    }
    answer = client.raw(code, fields, b"x")
    assert answer.code in (ResponseCode.INVALID_PARAMETER, ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST)
    assert "topic" in answer.remark or "group" in answer.remark
    assert state(shared) == before


def test_huge_heartbeat_is_one_answer(shared):
    """A client with very many subscriptions would stop the broker, or be half registered."""
    client = shared.connect()
    data = HeartbeatData(client_id="c", consumer_data_set=[consumer("G", f"T{n}") for n in range(500)])
    assert client.call(commands.HEART_BEAT, None, data.encode()).code == 0
    client.hang_up()
    assert "G" not in state(shared)[3]


TEXTS = st.one_of(
    st.sampled_from(["Orders", "name", "%RETRY%G", "TBW102", "", "*", "||", "A || B", "SQL92", "TAG"]),
    st.text(max_size=40),
)
NUMBERS = st.one_of(
    st.sampled_from([0, 1, -1, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63)]), st.integers(-10, 40)
)
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    int: st.one_of(NUMBERS.map(str), NUMBERS), bool: st.sampled_from(["true", "false", "0", "1", True, "x"])
}
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
    st.lists(st.integers(), max_size=2),
)


def requests_of(code):
    """Requests of a code: mostly right fields, some missing, some junk; a body of any bytes."""
    likely = {name: VALUES.get(kind_of(info)[0], TEXTS) for name, info in fields_of(code).items()}
    fields = st.fixed_dictionaries({}, optional=likely)
    whole = st.fixed_dictionaries(likely)
    junk = st.dictionaries(st.sampled_from(sorted(likely) or ["x"]), JUNK, max_size=2)
    bodies = st.one_of(st.binary(max_size=60), st.sampled_from([b"{}", b"", *BODIES.values()]))
    return st.tuples(st.one_of(whole, fields), junk, bodies)


@pytest.mark.parametrize(("server", "code"), [*CODES, (FAST, 310)])
def test_any_request_is_answered_and_nothing_breaks(shared, server, code):
    """Some combination of values would be an unhandled error, or never be answered."""

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(requests_of(code))
    def check(case):
        fields, junk, body = case
        client = shared.connect(server)
        client.raw(code, {**fields, **junk}, body, oneway=True)
        answer = client.raw(code, {**fields, **junk}, body)
        if answer is None:
            assert code in (11, 361)
            shared.time.advance(61, steps=61)
            shared.time.settle()
            answer = next(one for one in client.peer.got if one.is_response)
        assert "the server's log" not in (answer.remark or ""), answer
        client.hang_up()

    check()
    assert shared.connect(server).raw(RequestCode.GET_ROUTEINFO_BY_TOPIC, {"topic": "T"}) is not None
