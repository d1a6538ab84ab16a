import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmqtw.declare.catalogue import BROKER, CATALOGUES, NAMESRV
from rmqtw.declare.configuration import BadConfiguration, read_java, read_own
from rmqtw.declare.properties_file import MalformedProperties, decode, parse, render


def values_of(text):
    return {entry.key: entry.value for entry in parse(text)}


@pytest.mark.parametrize(("text", "expected"), [
    ("a=1", {"a": "1"}),
    ("a: 1", {"a": "1"}),
    ("a 1", {"a": "1"}),
    ("a\t=\t1 ", {"a": "1 "}),
    ("  a = b = c", {"a": "b = c"}),
    ("a", {"a": ""}),
    ("a=", {"a": ""}),
    ("# a=1\n! b=2\n\n \t\nc=3", {"c": "3"}),
    ("a=1,\\\n    2,\\\r\n    3", {"a": "1,2,3"}),
    ("a=1\\\\\nb=2", {"a": "1\\", "b": "2"}),
    ("a=1\\\n# no comment", {"a": "1# no comment"}),
    ("k\\=e\\:y\\ s = v", {"k=e:y s": "v"}),
    ("a=\\u4f60\\t\\q\\\\", {"a": "你\tq\\"}),
    ("a=\\ud83d\\ude00", {"a": "\U0001f600"}),
    ("a=x#y!z", {"a": "x#y!z"}),
    ("a=1\rb=2", {"a": "1", "b": "2"}),
    ("a=1\na=2", {"a": "2"}),
    ("a=end\\", {"a": "end"}),
])
def test_files_are_read_as_java_reads_them(text, expected):
    """A file that works with Apache's broker means the same here."""
    assert values_of(text) == expected


@pytest.mark.parametrize("text", ["x=1\na=\\u12", "x=1\na=\\ud83d"])
def test_a_broken_escape_names_its_line(text):
    """A typing error in a file is found by its line number."""
    with pytest.raises(MalformedProperties, match="line 2"):
        parse(text)


def test_both_encodings_are_understood():
    """Names survive in a file saved as UTF-8 (with or without mark) and in one of Java's, ISO-8859-1."""
    assert decode("a=müsli".encode()) == decode("a=müsli".encode("iso-8859-1")) == "a=müsli"
    assert values_of(decode(b"\xef\xbb\xbfa=1")) == {"a": "1"}


text = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.dictionaries(text.filter(bool), text))
def test_what_is_written_is_read_back(items):
    """Any key and value that a file was written with comes back."""
    assert values_of(render(items.items())) == items


def test_own_file_takes_java_names_and_readable_sizes():
    """Sizes and times may be written with their units."""
    data = (b"listenPort=1\nmappedFileSizeCommitLog = 256MiB\nsyncFlushTimeout=2 s\n"
            b"autoCreateTopicEnable=TRUE\n")
    assert read_own("b.conf", data, BROKER) == {
        "listenPort": 1, "mappedFileSizeCommitLog": 2**28, "syncFlushTimeout": 2000,
        "autoCreateTopicEnable": True}


@pytest.mark.parametrize(("data", "complaint"), [
    (b"\nlisenPort=1", "b.conf line 2: unknown key lisenPort; did you mean listenPort?"),
    (b"qwertz=1", "b.conf line 1: unknown key qwertz$"),
    (b"listenPort=x", "b.conf line 1: listenPort must be a whole number, not 'x'"),
    (b"listenPort=70000", "b.conf line 1: listenPort must be between 0 and 65535, not 70000"),
    (b"listenPort=1\nlistenPort=2", "b.conf line 2: listenPort is there twice"),
    (b"maxMessageSize=4 potatoes", "must be a whole number, maybe with one of B, KiB, MiB, GiB"),
    (b"autoCreateTopicEnable=yes", "must be true or false, not 'yes'"),
    (b"brokerName=\\uZZZZ", "b.conf line 1: "),
])
def test_own_file_refuses_what_it_does_not_know(data, complaint):
    """A slip in a file is an error that names the line and what was meant, never ignored."""
    with pytest.raises(BadConfiguration, match=complaint):
        read_own("b.conf", data, BROKER)


JAVA_BROKER_CONF = """\
# A broker of a small cluster.
brokerClusterName=Paris
brokerName=broker-b
brokerId=0
namesrvAddr=127.0.0.1:9876;127.0.0.2:9876
deleteWhen=04
fileReservedTime=48
brokerRole=ASYNC_MASTER
flushDiskType=SYNC_FLUSH
mapedFileSizeCommitLog=1073741824
brokerNmae=twice
listenPort=10921
listenPort=10931
"""


def test_a_java_file_loads_with_one_warning():
    """A broker.conf of Apache's takes effect as far as it can, and what cannot is listed once."""
    loaded = read_java("broker.conf", JAVA_BROKER_CONF.encode(), BROKER)
    assert loaded.values == {
        "brokerClusterName": "Paris", "brokerName": "broker-b", "brokerId": 0, "flushDiskType": "SYNC_FLUSH",
        "namesrvAddr": "127.0.0.1:9876;127.0.0.2:9876", "listenPort": 10931, "deleteWhen": "04",
        "fileReservedTime": 48}
    assert loaded.warning("broker.conf") == (
        "broker.conf has keys without effect here: brokerRole, "
        "mapedFileSizeCommitLog (today mappedFileSizeCommitLog); "
        "unknown to rmqtw and Apache RocketMQ: brokerNmae")


def test_a_java_file_with_nothing_strange_warns_of_nothing():
    """No warning without a reason."""
    assert read_java("n.properties", b"listenPort=9999", NAMESRV).warning("n.properties") is None


def test_a_java_file_with_a_bad_value_is_refused():
    """A known key with a value that makes no sense is an error in Apache's files too."""
    with pytest.raises(BadConfiguration, match="flushDiskType must be ASYNC_FLUSH or SYNC_FLUSH"):
        read_java("broker.conf", b"flushDiskType=LAZY", BROKER)


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda catalogue: catalogue.command)
def test_every_value_of_a_sample_is_the_default(catalogue):
    """Taking a line of a sample file into use changes nothing until its value is changed."""
    from rmqtw.declare.generate import sample

    lines = [line[1:] for line in sample(catalogue).splitlines() if line[:1] == "#" and line[1] not in "# "]
    values = read_own("sample", "\n".join(lines).encode(), catalogue)
    assert set(values) == set(catalogue.by_key)
    assert catalogue.build(catalogue.profile, values) == catalogue.build(catalogue.profile, {})
