"""`IFiles`: the same tests on the real disk and on the one in memory; then what only one of them can do."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys

import pytest
from zope.interface.verify import verifyObject

from rmqtw.interfaces.storage import IFile, IFiles
from rmqtw.store import files as real
from rmqtw.store.files import RealFiles
from rmqtw.testing.disk import Disk

LOCKER = """
import fcntl, sys
file = open(sys.argv[1], "r+b")
try:
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 0)
except OSError:
    print("refused")
else:
    print("locked")
"""


class IFilesTests:
    def test_keeps_its_interface(self, files):
        """The store can use any disk in the same way."""
        verifyObject(IFiles, files)
        verifyObject(IFile, files.open("a", create=True))

    def test_reads_what_was_written(self, files):
        """Bytes come back as they went in, and end where the file ends."""
        file = files.open("folder/a", create=True)
        assert file.write(3, [b"one", memoryview(b"two"), bytearray(b"three")]) == 11
        assert file.size() == 14
        assert file.read(0, 100) == b"\0\0\0onetwothree"
        assert bytes(file.read_hot(6, 3)) == b"two"
        assert bytes(file.read_hot(12, 100)) == b"ee"
        assert file.read(14, 1) == b""

    def test_writes_more_pieces_than_one_call_takes(self, files):
        """A turn with thousands of messages is written whole and in order."""
        pieces = [b"%05d" % number for number in range(5000)]
        file = files.open("a", create=True)
        assert file.write(0, pieces) == 25_000
        assert file.read(0, 25_000) == b"".join(pieces)

    def test_a_missing_file_is_said_to_be_missing(self, files):
        """Nothing is made where only reading was meant."""
        with pytest.raises(FileNotFoundError):
            files.open("nothing/here")
        assert not files.exists("nothing")
        assert files.list("nothing") == []

    def test_lists_names(self, files):
        """Topics, queues and segments are found by their names, in order."""
        for path in ("q/b/1", "q/a/0", "q/c", "other"):
            files.open(path, create=True)
        assert files.list("q") == ["a", "b", "c"]
        assert files.list("") == ["other", "q"]
        assert files.exists("q/a")
        assert files.exists("q/a/0")
        assert not files.exists("q/d")

    def test_renames_over_a_file(self, files):
        """A document is replaced as a whole, also into a folder that is not there yet."""
        files.open("new", create=True).write(0, [b"new"])
        files.open("old", create=True).write(0, [b"older"])
        files.rename("new", "old")
        assert files.open("old").read(0, 9) == b"new"
        assert not files.exists("new")
        files.rename("old", "deep/er/name")
        assert files.open("deep/er/name").read(0, 9) == b"new"

    def test_removes(self, files):
        """A file that is removed is gone; one that is missing is an error or nothing, never a crash."""
        files.open("folder/a", create=True)
        files.remove("folder/a")
        assert not files.exists("folder/a")
        assert files.list("folder") == []

    def test_sizes(self, files):
        """A new segment has its size at once, filled with zeros; a cut one has lost its end."""
        file = files.open("a", create=True)
        file.allocate(10_000)
        assert file.size() == 10_000
        assert file.read(9_990, 100) == bytes(10)
        file.write(0, [b"x" * 10_000])
        file.resize(4)
        file.resize(8)
        assert file.read(0, 100) == b"xxxx\0\0\0\0"

    def test_finds_data(self, files):
        """What lies behind the end of a log is found without reading a whole sparse file."""
        file = files.open("a", create=True)
        file.resize(1 << 20)
        assert file.next_data(0) is None
        file.write(700_000, [b"x"])
        assert 0 < file.next_data(0) <= 700_000
        assert file.next_data(700_000) == 700_000

    def test_sync_and_directories(self, files):
        """Making things durable works on files and on folders, the root included."""
        file = files.open("a/b/c", create=True)
        file.write(0, [b"x"])
        file.sync()
        files.sync_directory("a/b")
        files.sync_directory("")

    def test_one_holder_of_the_lock(self, files):
        """Two brokers never work on one folder."""
        held = files.lock("lock")
        with pytest.raises(BlockingIOError):
            files.lock("lock")
        held.release()
        held.release()
        files.lock("lock").release()

    def test_a_closed_file_is_not_used(self, files):
        """A mistake shows itself instead of writing to some other file."""
        file = files.open("a", create=True)
        file.close()
        file.close()
        with pytest.raises(ValueError, match="closed"):
            file.read(0, 1)

    def test_free_space(self, files):
        """The disk watermark has something to go by."""
        free, total = files.free()
        assert 0 < free <= total


class TestRealFiles(IFilesTests):
    @pytest.fixture
    def files(self, tmp_path):
        return RealFiles(str(tmp_path))

    def test_a_java_broker_is_locked_out_and_locks_out(self, files, tmp_path):
        """Java's FileLock is an fcntl lock on byte 0: each side refuses while the other runs."""
        command = [sys.executable, "-c", LOCKER, str(tmp_path / "lock")]
        held = files.lock("lock")
        with pytest.raises(BlockingIOError):
            files.lock("lock")
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "refused\n"
        held.release()
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "locked\n"
        with (tmp_path / "lock").open("r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 0)
            with pytest.raises(BlockingIOError):
                files.lock("lock")

    def test_open_files_are_bounded(self, tmp_path):
        """Thousands of queues do not use up the process's descriptors, and none is mixed up."""
        files = RealFiles(str(tmp_path), open_files=8)
        opened = [files.open(f"f{number}", create=True) for number in range(50)]
        for number, file in enumerate(opened):
            file.write(0, [b"%d" % number])
        assert files.open_count() <= 9
        assert [file.read(0, 9) for file in opened] == [b"%d" % number for number in range(50)]

    def test_unsynced_log_files_stay_open(self, tmp_path):
        """An error of the disk is reported to the descriptor that wrote: it must not be closed before."""
        files = RealFiles(str(tmp_path), open_files=2)
        kept = files.open("log", create=True, keep=True)
        kept.write(0, [b"x"])
        descriptor = kept.descriptor
        others = [files.open(f"f{number}", create=True) for number in range(9)]
        assert kept.descriptor == descriptor >= 0
        kept.sync()
        others += [files.open(f"g{number}", create=True) for number in range(9)]
        assert kept.descriptor == -1
        assert kept.read(0, 1) == b"x"

    def test_without_the_flag_the_tail_is_hot(self, files, monkeypatch):
        """Where the kernel cannot say what is in memory, what was just written is read without waiting."""

        def refuse(*_):
            raise OSError(errno.EOPNOTSUPP, "not supported")

        monkeypatch.setattr(os, "preadv", refuse)
        monkeypatch.setattr(real, "HOT_TAIL", 100)
        file = files.open("a", create=True)
        file.write(0, [bytes(1000)])
        assert file.read_hot(950, 10) == bytes(10)
        assert file.read_hot(0, 10) is None
        assert files.open("a").read_hot(950, 10) is None

    def test_cold_pages_are_not_waited_for(self, files, monkeypatch):
        """A consumer far behind does not make everybody else wait for the disk."""

        def cold(*_):
            raise OSError(errno.EAGAIN, "would block")

        file = files.open("a", create=True)
        file.write(0, [b"x" * 100])
        with monkeypatch.context() as patch:
            patch.setattr(os, "preadv", cold)
            assert file.read_hot(0, 100) is None
        with monkeypatch.context() as patch:
            patch.setattr(os, "preadv", lambda *_: 50)
            assert file.read_hot(0, 100) is None

    def test_a_short_write_is_finished(self, files, monkeypatch):
        """A write that the kernel cut short loses nothing."""
        whole = os.pwritev
        monkeypatch.setattr(os, "pwritev", lambda fd, parts, at: whole(fd, [b"".join(parts)[:5]], at))
        file = files.open("a", create=True)
        assert file.write(0, [b"abc", b"defgh"]) == 8
        assert file.read(0, 9) == b"abcdefgh"

    def test_an_error_of_the_disk_is_passed_on(self, files):
        """Errors have their errno, by which the store decides what to do."""
        file = files.open("a", create=True)
        with pytest.raises(OSError) as caught:  # noqa: PT011  any, if it says which
            file.read_hot(-5, 10)
        assert caught.value.errno == errno.EINVAL


class TestDisk(IFilesTests):
    @pytest.fixture
    def files(self):
        return Disk()

    def test_a_power_loss_takes_what_was_not_synced(self, files):
        """Tests on this disk see what a real power loss would do: bytes and names."""
        kept = files.open("a/kept", create=True)
        kept.write(0, [b"synced"])
        kept.sync()
        kept.write(0, [b"NOT"])
        nameless = files.open("a/nameless", create=True)
        files.sync_directory("a")
        files.open("a/late", create=True).write(0, [b"x"])
        nameless.write(0, [b"x"])
        left = files.crash()
        assert left.list("a") == ["kept", "nameless"]
        assert left.open("a/kept").read(0, 9) == b"synced"
        assert left.open("a/nameless").read(0, 9) == b""
        assert files.kill().open("a/kept").read(0, 9) == b"NOTced"

    def test_fails_when_told(self, files):
        """Faults come at the call, the file and the time that a test wants."""
        file = files.open("log/1", create=True)
        files.fail("sync", errno.EIO, "log/*", after=1, times=1)
        file.sync()
        with pytest.raises(OSError) as caught:  # noqa: PT011
            file.sync()
        assert caught.value.errno == errno.EIO
        file.sync()

    def test_can_be_full(self):
        """A full disk refuses what is new and takes what has its place already."""
        files = Disk(capacity=8192)
        file = files.open("a", create=True)
        file.allocate(8192)
        file.write(0, [bytes(8192)])
        with pytest.raises(OSError) as caught:  # noqa: PT011
            file.write(8192, [b"x"])
        assert caught.value.errno == errno.ENOSPC
        assert files.free() == (0, 8192)
