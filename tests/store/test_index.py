"""Finding messages by key: in memory and on files, after kills, power losses, cuts and errors."""

from __future__ import annotations

import errno
from random import Random

import attrs
import pytest
from twisted.internet.task import Clock

from rmqtw.net.turns import EndOfTurn
from rmqtw.store.checkpoint import Checkpoint
from rmqtw.store.indexfile import Geometry
from rmqtw.store.indexkeys import key_hash, keys_of
from rmqtw.store.memory import MemoryStore
from rmqtw.testing.disk import Disk
from rmqtw.wire import properties
from rmqtw.wire.ids import java_hash
from rmqtw.wire.messages import (
    TRANSACTION_COMMIT,
    TRANSACTION_PREPARED,
    TRANSACTION_ROLLBACK,
    Message,
    decode_record,
)
from tests.store.kit import HOST, SMALL, Opened, Wall, now, open_store, stop

TINY = attrs.evolve(SMALL, index_slots=7, index_entries=20)
EVER = 2**62


def keyed(keys="", unique="", topic="T", *, sys_flag=0, body=b"body"):
    """A message with keys, separated by blanks, and a unique key."""
    named = {name: value for name, value in (("KEYS", keys), ("UNIQ_KEY", unique)) if value}
    return Message(topic, 0, 0, sys_flag, body, properties.render(named), 1000, HOST, HOST)


def find(opened, key, topic="T", most=32, begin=0, end=EVER):
    """Positions of the messages with a key, as they are found."""
    found = opened.store.find_key(topic, key, most, begin, end)
    opened.clock.pump([0.01] * 5)
    return [decode_record(record).position for record in now(found).records]


def in_memory():
    """A store in memory."""
    turns, clock, wall = EndOfTurn(lambda: None), Clock(), Wall()
    store = MemoryStore(wall, turns)
    store.start()
    return Opened(store, turns, clock, wall)


@pytest.fixture(params=["memory", "files"])
def opened(request):
    opened = in_memory() if request.param == "memory" else open_store(Disk(), TINY)
    yield opened
    opened.store.stop()


def test_newest_first_and_not_too_many(opened):
    """A search would show old messages where the newest are wanted, or all of a million."""
    places = [one.position for one in opened.put(*(keyed("k other") for _ in range(30)))]
    assert find(opened, "k") == find(opened, "other") == places[::-1]
    assert find(opened, "k", most=3) == places[: -4 : -1]
    assert find(opened, "K") == find(opened, "k", topic="Other") == find(opened, "k other") == []


def test_unique_key_and_keys(opened):
    """A message would be found by some of its keys only."""
    one, two = opened.put(keyed(" a  b ", "U1"), keyed("U1", topic="Other"))
    assert [find(opened, key) for key in ("a", "b", "U1", "")] == [[one.position]] * 3 + [[]]
    assert find(opened, "U1", topic="Other") == [two.position]


def test_only_what_was_stored_in_that_time(opened):
    """A search for yesterday would bring today."""
    start, places = opened.wall(), []
    for _ in range(40):
        places += [one.position for one in opened.put(keyed("k"))]
        opened.wall.now += 700
    for first, last in ((0, 39), (3, 3), (10, 25), (39, 39)):
        begin, end = start + 700 * first, start + 700 * last
        assert find(opened, "k", most=64, begin=begin, end=end) == places[first : last + 1][::-1]
    assert find(opened, "k", begin=start + 1, end=start + 699) == find(opened, "k", end=start - 1) == []


def test_undecided_and_committed_are_found_rolled_back_are_not(opened):
    """Who looks for a message that was rolled back would believe that it was sent."""
    flags = (TRANSACTION_PREPARED, TRANSACTION_COMMIT, TRANSACTION_ROLLBACK)
    places = [one.position for one in opened.put(*(keyed("k", sys_flag=flag) for flag in flags))]
    assert find(opened, "k") == [places[1], places[0]]


def test_how_far_the_index_reaches(opened):
    """mqadmin shows it, to tell whether a message may not be indexed yet."""
    opened.put(keyed("k"))
    opened.wall.now += 5
    (last,) = opened.put(keyed("k"))
    opened.put(keyed())
    found = now(opened.store.find_key("T", "k", 1, 0, EVER))
    assert (found.position, found.time) == (last.position, opened.wall())


def test_keys_with_equal_hashes_are_told_apart(opened):
    """A search would bring messages that have another key."""
    assert key_hash("T", "Aa") == key_hash("T", "BB")
    one, two = opened.put(keyed("Aa"), keyed("BB"))
    assert (find(opened, "Aa"), find(opened, "BB")) == ([one.position], [two.position])


@pytest.mark.parametrize(
    "key",
    ["", "a", "7F000001AAAA18B4AAC20FFFFFFF0000", "\u043a\u043b" * 9, "\U0001f600" * 20]
    + ["x" * length for length in (20, 21, 84, 85)],
)
def test_hash_is_javas(key):
    """Java would not find our messages, nor we Java's."""
    assert key_hash("Topic", key) == abs(java_hash(f"Topic#{key}"))


def test_keys_of_a_message():
    """Java splits at blanks, and takes the unique key first."""
    stored = properties.render({"KEYS": " a  b", "TAGS": "t", "UNIQ_KEY": "U"})
    assert keys_of(stored) == ["U", "a", "b"]
    assert keys_of(b"") == []


def test_sends_do_not_wait_for_the_index():
    """Every send would pay for the index."""
    calls = []
    disk = Disk(observe=lambda call, path: calls.append((call, path)))
    opened = open_store(disk, TINY)
    opened.put(*(keyed("k") for _ in range(10)))
    assert not [path for _, path in calls if path.startswith("index/")]
    opened.clock.advance(0.06)
    assert [path for _, path in calls if path.startswith("index/")]
    stop(opened)


def test_an_index_can_be_switched_off():
    """messageIndexEnable=false would do nothing."""
    disk = Disk()
    opened = open_store(disk, attrs.evolve(TINY, index=False))
    opened.put(keyed("k"))
    opened.clock.advance(60)
    assert find(opened, "k") == []
    stop(opened)
    assert disk.list("index") == []
    again = open_store(disk, TINY)
    assert len(find(again, "k")) == 1
    stop(again)


def test_an_index_goes_on_after_a_stop():
    """Each restart would lose the index, or build all of it again."""
    disk = Disk()
    opened = open_store(disk, TINY)
    places = [one.position for one in opened.put(*(keyed("k") for _ in range(50)))]
    stop(opened)
    assert len(disk.list("index")) == 3
    assert Checkpoint.load(disk).index_time == opened.wall()
    before = {name: bytes(disk.content(f"index/{name}")) for name in disk.list("index")}
    opened = open_store(disk, TINY)
    opened.clock.pump([0.1] * 20)
    assert {name: bytes(disk.content(f"index/{name}")) for name in disk.list("index")} == before
    places += [one.position for one in opened.put(*(keyed("k") for _ in range(5)))]
    assert find(opened, "k", most=99) == places[::-1]
    stop(opened)


def chances(seed):
    """Messages in random runs, with pauses, until a moment that is random too."""
    random, disk = Random(seed), Disk()
    opened = open_store(disk, TINY)
    places = {}
    for _ in range(random.randrange(1, 40)):
        for one in opened.put(*(keyed(f"k{n % 5}", f"U{seed}-{n}") for n in range(random.randrange(4)))):
            places[one.position] = None
        opened.clock.advance(random.choice([0.0, 0.06, 11.0]))
    return random, disk, opened


def all_found(disk, seed):
    """Whether a store on this disk finds each of its messages by key."""
    opened = open_store(disk, TINY)
    opened.clock.pump([0.1] * 10)
    records = opened.records()
    for record in records:
        for key in keys_of(record.properties):
            assert record.position in find(opened, key, most=999), seed
    stop(opened)
    return len(records)


@pytest.mark.parametrize("seed", range(30))
def test_nothing_is_lost_after_a_kill(seed):
    """Messages sent before a kill would be there, and not be found: as with Java."""
    _, disk, opened = chances(seed)
    sent = len(opened.records())
    killed = disk.kill()
    assert all_found(killed, seed) == sent
    assert all_found(killed, seed) == sent


@pytest.mark.parametrize("seed", range(30))
def test_nothing_is_lost_after_a_power_loss(seed):
    """What of the index a power loss keeps must not hide what it took."""
    random, disk, _ = chances(seed)
    all_found(torn(disk, random), seed)


@pytest.mark.parametrize("seed", range(40))
def test_nothing_is_lost_after_a_kill_in_the_middle_of_a_write(seed):
    """Half a change to the index would make what is behind it in its chains unfindable."""
    random, disk, opened = chances(seed)
    killed = []
    left = [random.randrange(1, 12)]

    def kill(call, path):
        if path.startswith("index/") and call == "write":
            left[0] -= 1
            if not left[0]:
                killed.append(disk.kill())

    disk._observe = kill
    opened.put(*(keyed(f"k{n % 5}", f"V{n}") for n in range(12)))
    opened.clock.advance(0.06)
    assert all_found(killed[0] if killed else disk.kill(), seed) > 11


def torn(disk, random):
    """What a power loss leaves when some unsynced writes to the index survive and others do not."""
    left = disk.crash()
    for path, content in disk._live.items():
        if path.startswith("index/"):
            kept = left._live.get(path)
            if kept is None:
                continue
            for offset, data in content.unsynced:
                if data is not None and random.random() < 0.5:
                    kept.write(offset, data)
            kept.sync()
    return left


@pytest.mark.parametrize("cut_at", range(0, 60, 7))
def test_a_cut_log_takes_its_messages_out_of_the_index(cut_at):
    """A search would find what is not there, or lose what is."""
    opened = open_store(Disk(), TINY)
    places = [one.position for one in opened.put(*(keyed("k") for _ in range(60)))]
    find(opened, "k")
    now(opened.store.truncate(places[cut_at]))
    assert find(opened, "k", most=99) == places[:cut_at][::-1]
    new = [one.position for one in opened.put(*(keyed("k") for _ in range(30)))]
    assert find(opened, "k", most=99) == (places[:cut_at] + new)[::-1]
    stop(opened)


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
def test_an_error_in_the_index_does_not_concern_the_log(number, logged_errors):
    """A full or broken disk below the index would stop the broker."""
    disk = Disk()
    opened = open_store(disk, TINY)
    fault = disk.fail("write", number, "index/*", after=1)
    places = [one.position for one in opened.put(*(keyed("k") for _ in range(9)))]
    opened.clock.advance(0.06)
    assert len(opened.bodies()) == 9
    assert opened.store.trouble is None
    disk.faults.remove(fault)
    opened.clock.pump([1.0] * 40)
    assert find(opened, "k") == places[::-1]
    stop(opened)
    assert logged_errors.flush()


def test_a_file_that_is_no_index_is_made_again(logged_errors):
    """A damaged index would keep the broker from starting, or searches from finding."""
    disk = Disk()
    opened = open_store(disk, TINY)
    places = [one.position for one in opened.put(*(keyed("k") for _ in range(9)))]
    stop(opened)
    disk.content("index/" + disk.list("index")[0]).extend(b"x")
    opened = open_store(disk, TINY)
    assert find(opened, "k") == places[::-1]
    stop(opened)
    logged_errors.flush()


def test_sizes_that_java_may_have_given_its_files():
    """An index of a broker with other settings would be read at wrong places."""
    ours = Geometry(7, 20)
    assert ours.of_size(ours.size) is ours
    assert ours.of_size(420_000_040) == Geometry(5_000_000, 20_000_000)
    assert ours.of_size(Geometry(100, 400).size) == Geometry(100, 400)
    assert ours.of_size(41) is ours.of_size(0) is None
