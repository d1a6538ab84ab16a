"""fastjson's dialect in, its compact JSON out."""

from __future__ import annotations

import json
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmqtw.wire.bodies.base import MalformedBody
from rmqtw.wire.bodies.heartbeat import HeartbeatData
from rmqtw.wire.fastjson import MalformedJson, ObjectKeyMap, decode, dumps, loads
from rmqtw.wire.lenientjson import LenientReader

NAMES = st.text().filter(lambda name: name != "$ref")
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
QUEUE = '{"brokerName":"b","queueId":0,"topic":"T"}'


ROOT = '{"$ref":"$"}'


class Queue(msgspec.Struct, frozen=True, rename="camel"):
    """A key as Java's MessageQueue."""

    broker_name: str
    queue_id: int
    topic: str


class Offsets(msgspec.Struct, rename="camel"):
    """A body with such keys."""

    offset_table: ObjectKeyMap[Queue, int]
    note: str | None = None


def lenient(text):
    """Read a text with the lenient reader, even if it is strict JSON."""
    return LenientReader(text, 128, lambda key: dumps(key).decode()).read()


@given(PLAIN)
def test_strict_json_means_the_same_to_the_lenient_reader(value):
    """A value would change as soon as something odd stands next to it."""
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        assert lenient(text) == value


@given(PLAIN)
def test_what_is_written_is_strict_json_without_null_members(value):
    """Clients that read strict JSON, or that trip over null, would fail on our bodies."""
    text = dumps(value)
    assert json.loads(text) == without_nulls(value)
    assert loads(text) == without_nulls(value)


def without_nulls(value):
    """A value as fastjson writes it."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{0:"a:1",1:"b:2",-1:"c"}', {"0": "a:1", "1": "b:2", "-1": "c"}),
        ('{"offsetTable":{"T@G":{0:12,1:13}}}', {"offsetTable": {"T@G": {"0": 12, "1": 13}}}),
        ("{name:1,$x_1:2,null:3}", {"name": 1, "$x_1": 2, "null": 3}),
        (f"{{{QUEUE}:{{'a':1}}}}", {QUEUE: {"a": 1}}),
        ('{{"a":{1:2}}:{{"b":1}:2},[1, 2]:3}', {'{"a":{"1":2}}': {'{"b":1}': 2}, "[1,2]": 3}),
        ('{"{\\"a\\":1}":5}', {'{"a":1}': 5}),
        ("['it\\'s','\"']", ["it's", '"']),
        ("[1,,2,]", [1, 2]),
        ('{,,"a":1,,"b":2,,}', {"a": 1, "b": 2}),
        ('{a:"\\x41\\v\\0\\7\\/\\u00e9"}', {"a": "A\v\0\7/\u00e9"}),
        ('{a:"\\ud83d\\ude00\\ud83d"}', {"a": "\U0001f600\ufffd"}),
        ("\ufeff {a : -0.5e-1 , b:true,c:[ ]}\n", {"a": -0.05, "b": True, "c": []}),
        ("{a:123456789012345678901234567890}", {"a": 123456789012345678901234567890}),
    ],
)
def test_fastjson_dialect_is_read(text, value):
    """A body or a configuration file that Java wrote would be refused."""
    assert loads(text) == value
    assert loads(text.encode()) == value


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "expected a value at character 0: the text ends"),
        ("{a:1", "expected ',' or '}' at character 4: the text ends"),
        ("{a:1 b:2}", "expected ',' or '}' at character 5: found 'b:2}'"),
        ("{a 1}", "expected ':' at character 3"),
        ("{:1}", "expected a key at character 1"),
        ("{a:1]", "expected ',' or '}' at character 4"),
        ("[1 2]", "expected ',' or ']' at character 3"),
        ("{a:'x}", "expected the end of a text at character 3"),
        ("{a:nil}", "expected a value at character 3: found 'nil}'"),
        ("{a:01x}", "expected a value at character 3"),
        ("{a:1.}", "expected a value at character 3"),
        ("{a:'\\q'}", r"expected an escape, not \\q"),
        ("{a:1}{}", "expected the end at character 5"),
        (b"{a:'\xff'}", "expected UTF-8 at byte 4"),
        ("{a:%s}" % ("9" * 5000), "fewer digits"),
    ],
)
def test_malformed_text_says_what_and_where(text, cause):
    """An operator could not find the mistake in a configuration file."""
    with pytest.raises(MalformedJson, match=cause):
        loads(text)


@given(st.text(alphabet="{}[]:,\"'\\$ref.@0a1u-\n", max_size=40))
def test_any_text_is_read_or_malformed(text):
    """A body of noise would make an unhandled error."""
    try:
        value = loads(text)
    except MalformedJson:
        return
    assert isinstance(value, dict | list | str | int | float | None)


@pytest.mark.parametrize("opening", ["[", '{"a":', "{a:", "{{a:1}:", "{{"])
def test_nesting_is_bounded(opening):
    """A few kilobytes of brackets would end the process."""
    with pytest.raises(MalformedJson, match=r"nest|expected"):
        loads(opening * 100_000)
    assert isinstance(loads("[,1," + "{a:" * 126 + "1" + "}" * 126 + "]"), list)
    with pytest.raises(MalformedJson, match="at most 128 levels of nesting at character"):
        loads("[,1," + "{a:" * 128 + "1" + "}" * 128 + "]")


def test_size_is_bounded():
    """Somebody could keep the reactor busy for minutes with one text."""
    assert loads(b"[1]", limit=3) == [1]
    with pytest.raises(MalformedJson, match="text of 4, at most 3"):
        loads(b"[12]", limit=3)
    with pytest.raises(MalformedJson, match="at most 3"):
        decode(b"[12]", list[int], limit=3)


def test_size_of_what_needs_the_lenient_reader_is_bounded():
    """Somebody could keep the reactor busy for seconds with one text; a large offset table is not one."""
    table = ",".join(f'"t{n}@g":{{0:{n},1:{n}}}' for n in range(100))
    assert len(loads(f'{{"offsetTable":{{{table}}}}}', lenient_limit=10)["offsetTable"]) == 100
    assert loads("{{a:1}:2}", lenient_limit=9) == {'{"a":1}': 2}
    with pytest.raises(MalformedJson, match="text of 9 that is not strict JSON, at most 8"):
        loads("{{a:1}:2}", lenient_limit=8)


def test_texts_that_look_like_keys_are_left_alone():
    """An address list or a filter would be changed in passing."""
    assert loads('{0:"a,1:b",x:"{y:2}"}') == {"0": "a,1:b", "x": "{y:2}"}
    assert loads("{0:'a,1:b'}") == {"0": "a,1:b"}


def test_references_are_resolved():
    """Objects that Java writes once and then refers to would be missing from a body."""
    value = loads('{"a":{"b":[{"x":1},{"$ref":"$.a.b[0]"}]},"c":{"$ref":"$.a"},0:{"$ref":"$.a.b"}}')
    assert value["a"]["b"][1] is value["a"]["b"][0]
    assert value["c"] is value["a"]
    assert value["0"] == [{"x": 1}, {"x": 1}]


@pytest.mark.parametrize(
    "path", [r"$.t.\\%RETRY\\%g\\-1", '$.t[\\"%RETRY%g-1\\"]', "$.t['%RETRY%g-1']", "$['t']['%RETRY%g-1']"]
)
def test_escaped_names_in_references_are_understood(path):
    """A reference to a retry topic would lead nowhere."""
    value = loads(f'{{"t":{{"%RETRY%g-1":{{"q":1}}}},"u":{{"$ref":"{path}"}}}}')
    assert value["u"] is value["t"]["%RETRY%g-1"]


def test_references_to_what_encloses_them_are_resolved():
    """fastjson's short forms for root, self and parent would be taken for data."""
    value = loads('{"a":{"root":{"$ref":"$"},"self":{"$ref":"@"},"up":{"$ref":".."}},"l":[{"$ref":"@"}]}')
    assert value["a"]["root"] is value
    assert value["a"]["self"] is value["a"]
    assert value["a"]["up"] is value
    assert value["l"][0] is value["l"]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ('{"$ref":"$"}', "at the root"),
        ('{"a":{"$ref":"$.b"}}', r"leads nowhere: \$\.b"),
        ('{"a":[1],"b":{"$ref":"$.a[1]"}}', "leads nowhere"),
        ('{"a":[1],"b":{"$ref":"$.a.x"}}', "leads nowhere"),
        ('{"a":1,"b":{"$ref":"$.a.x"}}', "leads nowhere"),
        ('{"a":1,"b":{"$ref":"a.x"}}', "not a path"),
        ('{"a":1,"b":{"$ref":"$a"}}', "not a path"),
        ('{"a":{"$ref":"$.b"},"b":{"$ref":"$.a"}}', "another reference"),
    ],
)
def test_reference_to_nothing_is_malformed(text, cause):
    """Data would be lost without a word."""
    with pytest.raises(MalformedJson, match=cause):
        loads(text)


def test_a_member_that_only_looks_like_a_reference_is_data():
    """A property named $ref would make a body unreadable."""
    assert loads('{"a":{"$ref":1},"b":{"$ref":"$.a","c":2},"d":"$ref"}') == {
        "a": {"$ref": 1},
        "b": {"$ref": "$.a", "c": 2},
        "d": "$ref",
    }


def test_references_cannot_multiply():
    """A body of one kilobyte could stand for billions of values, and whoever walks it would not return."""
    layers = ",".join(f'"l{n}":[{",".join([f"""{{"$ref":"$.l{n - 1}"}}"""] * 10)}]' for n in range(1, 12))
    with pytest.raises(MalformedJson, match="too much"):
        loads(f'{{"l0":[1],{layers}}}')
    with pytest.raises(MalformedJson, match="too much"):
        loads(f"[{','.join([ROOT] * 9)}]")
    with pytest.raises(MalformedJson, match="more than 100000"):
        loads(f'{{"a":{{}},"b":[{",".join(["""{"$ref":"$.a"}"""] * 100_001)}]}}')


def test_many_shared_small_objects_are_read():
    """A table of thousands of groups, whose default policy Java writes once, would be refused."""
    rows = ",".join(f'"g{n}":{{"name":"g{n}","policy":{{"$ref":"$.t.g0.policy"}}}}' for n in range(1, 5000))
    value = loads(f'{{"t":{{"g0":{{"name":"g0","policy":{{"type":"CUSTOMIZED"}}}},{rows}}}}}')
    assert value["t"]["g4999"]["policy"] == {"type": "CUSTOMIZED"}


def test_object_keys_are_written_bare():
    """fastjson 2, in clients from 5.4 on, reads an object as a key in no other form."""
    body = Offsets(ObjectKeyMap({Queue("b", 0, "T"): 5, Queue("b", 1, "T"): 6}))
    second = QUEUE.replace("0", "1")
    assert dumps(body) == b'{"offsetTable":{%b:5,%b:6}}' % (QUEUE.encode(), second.encode())
    assert dumps(msgspec.structs.replace(body, note="n")).endswith(b'},"note":"n"}')


def test_object_keys_in_a_map_beside_null_members_are_written_bare():
    """Leaving null members out would turn the keys into something else."""
    value = {"t": ObjectKeyMap({Queue("b", 0, "T"): {"x": None, "y": [None, 1]}}), "n": None, 3: 4}
    assert dumps(value) == b'{"t":{%b:{"y":[null,1]}},"3":4}' % QUEUE.encode()


@pytest.mark.parametrize(
    "text",
    [
        b'{"offsetTable":{{"brokerName":"b","queueId":0,"topic":"T"}:5}}',
        b'{"offsetTable":{{"topic":"T","queueId":"0","brokerName":"b"}:"5"},"x":{}}',
        b'{"offsetTable":{"{\\"brokerName\\":\\"b\\",\\"queueId\\":0,\\"topic\\":\\"T\\"}":5}}',
        b'{offsetTable:{{brokerName:"b",queueId:0,topic:"T"}:5},note:null}',
    ],
)
def test_object_keys_are_read_in_every_form(text):
    """A reset of offsets by one version of mqadmin or another would be refused."""
    body = decode(text, Offsets)
    assert body.offset_table[Queue("b", 0, "T")] == 5
    assert len(body.offset_table) == 1
    assert decode(dumps(body), Offsets) == body


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (b"{}", "Offsets: .*offsetTable"),
        (b'{"offsetTable":[]}', "expected an object with objects as keys, got list"),
        (b'{"offsetTable":{"T":1}}', "expected a value at character 0: found 'T'"),
        (b'{"offsetTable":{{"topic":"T"}:1}}', "Queue: .*brokerName"),
        (b'{"offsetTable":{%b:"x"}}' % QUEUE.encode(), "Expected `int`"),
        (b"{offsetTable", "expected ':' at character 12"),
    ],
)
def test_ill_shaped_body_says_what_is_wrong(text, cause):
    """The remark of a refusal would not say which member is to blame."""
    with pytest.raises(MalformedJson, match=cause):
        decode(text, Offsets)


def test_references_are_resolved_before_types_are_checked():
    """A shared object would be refused for lacking the members of its type."""
    text = b'{"x":{"offsetTable":{}},"y":{"$ref":"$.x"}}'
    assert decode(text, dict[str, Offsets])["y"] == Offsets(ObjectKeyMap())


def test_keys_that_a_peer_makes_up_stay_keys():
    """A peer could make a body of ours unwritable by the name of a member."""
    assert json.loads(dumps(loads('{"\\u0000pairs":null,"a":{"\\u0000pairs":[1,null]}}'))) == {
        "a": {"\0pairs": [1, None]}
    }


def test_what_has_no_json_form_is_refused():
    """A mistake of ours would go out as nonsense."""
    with pytest.raises(TypeError, match="object has no JSON form"):
        dumps({"a": object()})
    assert dumps(math.inf) == b"null"


def test_body_that_refers_to_itself_is_refused_as_malformed():
    """A body that refers to itself, and is ill-typed elsewhere, would make an unhandled error."""
    with pytest.raises(MalformedBody):
        HeartbeatData.decode(b'{"clientID":[],"x":{"$ref":"$"}}')


@pytest.mark.parametrize("text", ['{"\\"' + '\\"' * 200_000, "{" + '"' * 400_001, '{a:"' + "\\\\" * 200_000])
def test_a_text_that_nobody_ends_is_read_once(text):
    """One small frame would stop the server for minutes: the time was the square of the length."""
    with pytest.raises(MalformedJson):
        loads(text, lenient_limit=1024)
