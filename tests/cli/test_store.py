"""`rmqtw store` as an operator uses it, on folders that Java wrote, that we wrote, and that are in use."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.cli.conftest import SCRIPTS, Ended, environment

GOLDEN = Path(__file__).parents[1] / "golden" / "java-store"
FIRST = "0" * 20


def run(*arguments):
    """Run `rmqtw store`; how it ended."""
    done = subprocess.run(
        [SCRIPTS / "rmqtw", "store", *arguments], capture_output=True, timeout=120, check=False,
        env=environment(""),
    )  # fmt: skip
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def folder(tmp_path):
    """What a killed Java broker left, without the index, which is large."""
    with tarfile.open(GOLDEN / "stores.tar.xz") as archive:
        wanted = [one for one in archive if one.name.startswith("kill9/") and "/index" not in one.name]
        archive.extractall(tmp_path, wanted, filter="data")
    return tmp_path / "kill9"


def sums(folder):
    """A sum of every file."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_check_of_javas_store(folder):
    """A sound store of Apache's would be called damaged, or be changed by looking."""
    before = sums(folder)
    ended = run("check", str(folder))
    assert (ended.code, ended.err) == (0, "")
    assert "2158 records" in ended.out
    assert "28, 2158 units" in ended.out
    about = json.loads(run("check", str(folder), "-o", "json").out)
    assert (about["sound"], about["stoppedCleanly"], about["log"]["end"]) == (True, False, 3569503)
    assert sums(folder) == before


def test_check_finds_damage(folder):
    """A script would go on with a damaged store."""
    log = folder / "commitlog" / FIRST
    data = bytearray(log.read_bytes())
    data[200] ^= 1
    log.write_bytes(data)
    ended = run("check", str(folder))
    assert ended.code == 1
    assert "log: position 0: no record up to 1589" in ended.out
    assert "2157 records" in ended.out


def test_check_without_the_right_to_write(folder):
    """A copy that is mounted read-only could not be checked."""
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        assert run("check", str(folder)).code == 0
    finally:
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)


def test_what_cannot_be_opened(tmp_path):
    """Nobody would know what to do next."""
    ended = run("check", str(tmp_path))
    assert ended.code == 3
    assert ended.err.startswith(f"rmqtw: the store {tmp_path} cannot be used: no log files")
    for command in (("check",), ("dump",), ("repair",), ("repair", "--yes")):
        assert run(command[0], str(tmp_path / "nowhere"), *command[1:]).code == 3
    assert run("check", __file__).code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_store_in_use_is_refused(rmqtw, servers):
    """A running broker's store would be called damaged, or be broken by a repair."""
    assert rmqtw("send", "StoreInUse", "hello").code == 0
    data = str(servers.data)
    for command in (("check",), ("dump",), ("repair",), ("repair", "--yes")):
        ended = run(command[0], data, *command[1:])
        assert ended.code == 3
        assert "another broker works on it; stop that one" in ended.err
    assert rmqtw("send", "StoreInUse", "again").code == 0


def test_dump(folder):
    """An operator could not see what is in a store."""
    ended = run("dump", str(folder), "--topic", "StoreA", "--queue", "2", "-n", "3")
    assert ended.code == 0
    rows = [line.split("\t") for line in ended.lines]
    assert [row[2] for row in rows] == ["StoreA:2"] * 3
    assert rows[0][:5] == ["0", "1589", "StoreA:2", "0", "2026-11-24T11:32:54.090Z"]
    (second,) = run("dump", str(folder), "--from", "1589", "-n", "1", "-o", "json").lines
    about = json.loads(second)
    assert (about["position"], about["topic"], about["properties"]["TAGS"]) == (1589, "StoreB", "Tag1")
    queues = run("dump", str(folder), "--what", "queues").lines
    assert len(queues) == 28
    assert "StoreB\t0\t0\t206" in queues
    assert run("dump", str(folder), "--from", "1590").err.startswith("rmqtw: no record starts at 1590")


def test_dump_passes_over_damage(folder):
    """One bad record would hide all others."""
    log = folder / "commitlog" / FIRST
    data = bytearray(log.read_bytes())
    data[1589 + 5] ^= 1
    log.write_bytes(data)
    ended = run("dump", str(folder), "-n", "2")
    assert [line.split("\t")[0] for line in ended.lines] == ["0", "2060"]
    assert "no record from 1589 to 2060" in ended.err


def test_repair_says_it_before_it_does_it(folder):
    """A repair would do what nobody has agreed to."""
    queue = folder / "consumequeue" / "StoreA" / "1" / FIRST
    queue.unlink()
    before = sums(folder)
    ended = run("repair", str(folder))
    assert ended.code == 1
    assert "consume queues: " in ended.out
    assert ended.lines[-1] == "nothing was changed; --yes does it"
    assert sums(folder) == before
    ended = run("repair", str(folder), "--yes")
    assert (ended.code, ended.lines[-1]) == (0, "done; the store is sound")
    assert queue.exists()
    ended = run("repair", str(folder), "--yes")
    assert ended.lines[0] == "nothing has to be mended"
    assert run("check", str(folder)).code == 0
