"""What keeps a service from starting is told in one line, and nothing is left behind."""

import socket
import time

import pytest

from tests.tap.processes import FREE, RUNNERS, Service, finished, is_listening, listed


@pytest.fixture
def taken():
    """A port that another program listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def assert_one_line(done, *parts):
    """One line with cause and next step on stderr, no traceback anywhere, exit status 1."""
    assert done.returncode == 1
    assert done.stderr.startswith("rmqtw cannot start: ")
    assert done.stderr.count("\n") == 1
    for part in parts:
        assert part in done.stderr
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize("runner", RUNNERS, ids=" ".join)
def test_a_taken_port_names_the_setting_that_moves_it(runner, taken, tmp_path):
    """Whoever starts a second set reads which port is taken and how to choose another."""
    broker = finished(tmp_path, *runner, "rmq", "--data", "d", *FREE[:2], "--listen-port", str(taken))
    assert_one_line(broker, f"broker: 127.0.0.1:{taken} is taken; choose another port with --listen-port")
    names = finished(tmp_path, *runner, "rmq", "--data", "d", "--namesrv-listen-port", str(taken), *FREE[2:])
    assert_one_line(names, f"nameserver: 127.0.0.1:{taken} is taken", "with --namesrv-listen-port")
    alone = finished(tmp_path, *runner, "rmq-namesrv", "--listen-port", str(taken))
    assert_one_line(alone, "choose another port with --listen-port")
    fast = finished(tmp_path, *runner, "rmq-broker", "--data", "d", "--fast-port-enable", "true",
                    "--listen-port", str(taken + 2))
    assert_one_line(fast, f"fast port of the broker: 127.0.0.1:{taken} is taken", "--listen-port, two above")
    assert listed(tmp_path) == {}
    assert not is_listening(taken + 2)


@pytest.mark.parametrize("runner", RUNNERS, ids=" ".join)
@pytest.mark.parametrize(("folder", "cause"), [
    ("occupied", "Not a directory"), ("/proc/rmqtw", "No such file or directory")])
def test_an_unwritable_folder_is_named(runner, folder, cause, tmp_path):
    """A data folder that cannot be one is named with the way to choose another."""
    (tmp_path / "occupied").write_text("mine")
    done = finished(tmp_path, *runner, "rmq", "--data", folder, *FREE)
    assert_one_line(done, folder, cause, "choose another with --data")
    assert listed(tmp_path) == {tmp_path / "occupied": b"mine"}


@pytest.mark.parametrize("runner", RUNNERS, ids=" ".join)
def test_a_second_start_on_the_same_data_is_refused(runner, tmp_path):
    """Two brokers never write the same files, whatever ports they have; the first goes on."""
    with Service(tmp_path, "twistd", "-n", "rmq", "--data", "d", *FREE) as first:
        first.wait_for("ready; ")
        before = listed(tmp_path / "d")
        done = finished(tmp_path, *runner, "rmq", "--data", "d", *FREE)
        assert_one_line(done, f"{tmp_path}/d", "another broker works on it; stop that one, or choose")
        assert listed(tmp_path / "d") == before
        assert first.stop() == -15


@pytest.mark.parametrize("runner", RUNNERS, ids=" ".join)
@pytest.mark.parametrize(("arguments", "cause"), [
    (("--listen-port", "ten"), "--listen-port must be a whole number, not 'ten'"),
    (("--store", "memory:x"), "--store: memory takes no argument, not 'x'; --help-store lists"),
    (("--bind-address", "0.0.0.0"), "acceptRisks=unauthenticated-listener"),
    (("--config", "own.conf"), "own.conf line 1: unknown key listenprot; did you mean listenPort?"),
])
def test_a_bad_setting_is_one_line(runner, arguments, cause, tmp_path):
    """A mistake in a flag or a file is told with what would be right, on stderr."""
    (tmp_path / "own.conf").write_text("listenprot=1\n")
    assert_one_line(finished(tmp_path, *runner, "rmq-broker", "--data", "d", *arguments), cause)
    assert list(tmp_path.iterdir()) == [tmp_path / "own.conf"]


@pytest.mark.parametrize("runner", RUNNERS, ids=" ".join)
@pytest.mark.parametrize(("name", "content", "cause"), [
    ("topics.json", "{garbage", "no JSON object"),
    ("topics.json", '{"topicConfigTable": {"T": 4}}', "topic 'T': an object is expected, not int"),
    ("consumerOffset.json", '{"offsetTable": 5}', "an object is expected"),
])
def test_a_damaged_document_is_named_and_kept(runner, name, content, cause, tmp_path):
    """A broken topics.json is never replaced by an empty one: a person decides."""
    path = tmp_path / "d" / "config" / name
    path.parent.mkdir(parents=True)
    path.write_text(content)
    before = listed(tmp_path)
    assert_one_line(finished(tmp_path, *runner, "rmq", "--data", "d", *FREE), str(path), cause, "backup")
    assert listed(tmp_path) == before


def test_a_daemon_tells_the_terminal_and_the_log(taken, tmp_path):
    """`twistd` without -n says why on the terminal it was started from, and keeps it in its log."""
    done = finished(tmp_path, "twistd", "rmq", "--data", "d", *FREE[:2], "--listen-port", str(taken))
    cause = f"cannot start: broker: 127.0.0.1:{taken} is taken; choose another port with --listen-port"
    assert done.returncode == 1
    assert f"rmqtw {cause}" in done.stderr.splitlines()[0]
    log = tmp_path / "twistd.log"
    deadline = time.monotonic() + 10
    while cause not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert cause in log.read_text()
    assert "Traceback" not in log.read_text()
    assert set(tmp_path.iterdir()) == {log}


def test_a_log_file_in_the_foreground_has_the_cause_too(taken, tmp_path):
    """Somebody who reads only the log finds why the last start failed."""
    done = finished(tmp_path, "twistd", "-n", "--logfile", "s.log", "rmq-namesrv", "--listen-port",
                    str(taken))
    assert_one_line(done, f"127.0.0.1:{taken} is taken")
    assert f"cannot start: nameserver: 127.0.0.1:{taken} is taken" in (tmp_path / "s.log").read_text()
