"""A stop in order: everything is on the disk, clients are answered, nameservers know."""

import os
import signal
import socket
import subprocess
import time

import pytest

from tests.tap.processes import FREE, RUNNERS, SCRIPTS, Service, environment, finished, listed

READY = r"nameserver\s+(127\.0\.0\.1:\d+)"


def rmqtw(folder, namesrv, *arguments):
    """Run the command against a nameserver."""
    done = finished(folder, "rmqtw", *arguments, "--namesrv", namesrv)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("runner", [(*RUNNERS[0], "--pidfile="), RUNNERS[1]], ids=" ".join)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_in_order(runner, number, tmp_path):
    """What was sent is there after a restart, and the next start need not recover anything."""
    with Service(tmp_path, *runner, "rmq", "--data", "d", "--log-format", "text", *FREE) as service:
        namesrv = service.wait_for(READY)[1]
        rmqtw(tmp_path, namesrv, "send", "T", "kept")
        assert (tmp_path / "d" / "abort").exists()
        assert service.stop(number) == -number
        assert "UNREGISTER_BROKER: code 0" in service.text()
        assert "Traceback" not in service.text()
    assert not (tmp_path / "d" / "abort").exists()
    with Service(tmp_path, *runner, "rmq", "--data", "d", "--log-format", "text", *FREE) as service:
        namesrv = service.wait_for(READY)[1]
        assert "clean stop" in service.text()
        assert "kept" in rmqtw(tmp_path, namesrv, "tail", "T", "--from", "first", "-n", "1")


def test_impatient_signals_change_nothing(tmp_path):
    """Pressing Ctrl-C again and again harms neither the data nor the log."""
    with Service(tmp_path, "twistd", "-n", "--pidfile=", "rmq", "--data", "d", *FREE) as service:
        service.wait_for("ready; ")
        for gap in (0, 0, 0, 0.0005, 0.001, 0.002):
            service.process.send_signal(signal.SIGTERM)
            time.sleep(gap)
        assert service.process.wait(30) == -signal.SIGTERM
        assert "Traceback" not in service.text()
    assert not (tmp_path / "d" / "abort").exists()


def test_a_signal_during_the_start_is_obeyed_after_it(tmp_path):
    """A supervisor that changes its mind at once still gets an orderly stop."""
    for delay in (0.3, 0.5, 0.7):
        with Service(tmp_path, "twistd", "-n", "--pidfile=", "rmq", "--data", "d", *FREE) as service:
            time.sleep(delay)
            assert service.stop() == -signal.SIGTERM
            assert "Traceback" not in service.text()
        assert not (tmp_path / "d" / "abort").exists()


def test_a_silent_nameserver_does_not_hold_up_the_stop(tmp_path):
    """A nameserver that hangs costs a stop two seconds, not the operator's patience."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with Service(tmp_path, "twistd", "-n", "--pidfile=", "rmq-broker", "--data", "d", "--listen-port",
                     "0", "--namesrv-addr", address) as service:
            service.wait_for("is ready on")
            began = time.monotonic()
            assert service.stop() == -signal.SIGTERM
            assert time.monotonic() - began < 4.5
    assert not (tmp_path / "d" / "abort").exists()


def test_a_waiting_reader_is_answered(tmp_path):
    """`rmqtw tail` at a broker that stops is not left with a dead connection and a traceback."""
    with Service(tmp_path, "twistd", "-n", "--pidfile=", "rmq", "--data", "d", *FREE) as service:
        namesrv = service.wait_for(READY)[1]
        rmqtw(tmp_path, namesrv, "send", "T", "one")
        tail = subprocess.Popen(
            [SCRIPTS / "rmqtw", "tail", "T", "--from", "first", "--namesrv", namesrv], env=environment(),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            assert "one" in tail.stdout.readline()
            began = time.monotonic()
            assert service.stop() == -signal.SIGTERM
            assert time.monotonic() - began < 4
        finally:
            tail.terminate()
            _, errors = tail.communicate(timeout=30)
    assert "Traceback" not in errors


def test_a_pid_file_is_written_where_one_is_named(tmp_path):
    """Two services run in the foreground of one folder; a supervisor that wants a pid file gets it."""
    with Service(tmp_path, "twistd", "-n", "--pidfile", "own.pid", "rmq", "--data", "d", *FREE) as service:
        service.wait_for("ready; ")
        assert int((tmp_path / "own.pid").read_text()) == service.process.pid
        assert service.stop() == -signal.SIGTERM
    with Service(tmp_path, "twistd", "-n", "rmq", "--data", "d", *FREE) as service:
        service.wait_for("ready; ")
        assert not list(tmp_path.glob("*.pid"))


def test_a_daemon_stops_in_order_too(tmp_path):
    """`twistd` in the background, stopped by its pid file, leaves neither that nor an abort marker."""
    done = finished(tmp_path, "twistd", "rmq", "--data", "d", *FREE)
    assert (done.returncode, done.stderr) == (0, "")
    pid = int((tmp_path / "twistd.pid").read_text())
    try:
        assert "ready; " in (tmp_path / "twistd.log").read_text()
    finally:
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 20
    while (tmp_path / "twistd.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    names = {str(path.relative_to(tmp_path)) for path in listed(tmp_path)}
    assert "twistd.pid" not in names
    assert "d/abort" not in names
    assert {"d/config/topics.json", "d/lock"} <= names
