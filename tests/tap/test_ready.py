"""What a started service says, and that what it says to type works."""

import json
import os
import resource
import subprocess
import time

import pytest

from rmqtw.declare.settings import BrokerSettings, NameserverSettings
from rmqtw.tap.descriptors import descriptors_needed, provide_descriptors
from rmqtw.tap.ready import namesrv_option, rmqtw_command
from tests.tap.processes import FREE, RUNNERS, SCRIPTS, Service, environment


@pytest.mark.parametrize("runner", [(*RUNNERS[0], "--pidfile="), RUNNERS[1]], ids=" ".join)
def test_what_it_says_to_type_works(runner, tmp_path):
    """A newcomer copies the two lines into another terminal, whose PATH does not know this project."""
    with Service(tmp_path, *runner, "rmq", "--data", "d", "--log-format", "text", *FREE) as service:
        said = service.wait_for(
            r"ready; Ctrl-C stops it\n\s+nameserver  127\S+\n\s+broker      127\S+\n\s+data        (\S+)\n"
            r"\s+Type in another terminal:\n\s+(.* send .*)\n\s+(.* tail .*)\n")
        assert said[1] == str(tmp_path / "d")
        outputs = [
            subprocess.run(["sh", "-c", command], cwd=tmp_path, env={"PATH": os.environ["PATH"]},
                           capture_output=True, text=True, timeout=30, check=True).stdout
            for command in (said[2], said[3])]
        assert "hello" in outputs[1]
        assert "starting on" not in service.text()
        service.stop()
        assert "Port" not in service.text()


def test_the_block_is_one_object_of_a_json_log(tmp_path):
    """A program that reads the log finds the addresses as fields, a line for each event."""
    with Service(tmp_path, "twistd", "-n", "--pidfile=", "rmq", "--data", "d", "--log-format", "json",
                 *FREE) as service:
        service.wait_for("ready; .*\n")
        lines = [json.loads(line) for line in service.text().splitlines()]
        ready = next(line for line in lines if line["text"].startswith("ready; "))
        assert ready["broker"].startswith("127.0.0.1:")
        assert ready["data"] == str(tmp_path / "d")
        assert ready["send"] in ready["text"]
        assert service.stop() == -15


def test_a_lone_service_says_where_it_is(tmp_path):
    """A broker of its own names its data and the nameservers it registers at."""
    with Service(tmp_path, "twistd", "-n", "--pidfile=", "rmq-broker", "--data", "d", "--listen-port", "0",
                 "--namesrv-addr", "none") as service:
        said = service.wait_for(r"is ready on 127.0.0.1:\d+; its data is in (\S+); it registers at (.*)\n")
        assert said.groups() == (str(tmp_path / "d"), "no nameserver")


def test_rmqtw_is_named_as_it_can_be_typed(tmp_path, monkeypatch):
    """The advice works from the clone's folder and elsewhere, and names no other installation."""
    monkeypatch.chdir(tmp_path)
    own = tmp_path / ".venv" / "bin"
    own.mkdir(parents=True)
    (own / "rmqtw").touch(mode=0o755)
    monkeypatch.setenv("PATH", "/usr/bin")
    assert rmqtw_command(str(own)) == ".venv/bin/rmqtw"
    monkeypatch.chdir("/")
    assert rmqtw_command(str(own)) == f"{own}/rmqtw".lstrip("/")
    monkeypatch.chdir(own.parent / "bin")
    monkeypatch.setenv("PATH", str(own))
    assert rmqtw_command(str(own)) == "rmqtw"
    assert rmqtw_command(str(tmp_path)) == "rmqtw"


def test_the_nameserver_is_named_where_the_command_would_not_find_it():
    """The advice is short by default, and right with other ports or NAMESRV_ADDR set."""
    assert namesrv_option("127.0.0.1:9876", {}) == ""
    assert namesrv_option("127.0.0.1:9877", {}) == " --namesrv 127.0.0.1:9877"
    assert namesrv_option("127.0.0.1:9876", {"NAMESRV_ADDR": "10.0.0.1:1"}) == " --namesrv 127.0.0.1:9876"


@pytest.fixture
def limits(monkeypatch):
    """A process's limit of open files that is not this one's."""
    state = {"soft": 1024, "hard": 5000, "warnings": []}
    monkeypatch.setattr(resource, "getrlimit", lambda _: (state["soft"], state["hard"]))
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: state.update(soft=pair[0]))
    from twisted.logger import globalLogPublisher

    def note(event):
        if event["log_level"].name == "warn":
            state["warnings"].append(event)

    globalLogPublisher.addObserver(note)
    yield state
    globalLogPublisher.removeObserver(note)


def test_the_limit_of_open_files_is_raised_as_far_as_allowed(limits):
    """Connections up to --max-connections are taken without anybody calling ulimit."""
    assert provide_descriptors(4000)
    assert limits == {"soft": 4000, "hard": 5000, "warnings": []}
    assert provide_descriptors(2000)
    assert limits["soft"] == 4000


def test_a_limit_that_is_too_low_is_told_with_the_next_step(limits):
    """Whoever runs into the limit later was warned at the start."""
    needed = descriptors_needed(NameserverSettings(), BrokerSettings(max_connections=9000))
    assert needed > 10_000
    assert not provide_descriptors(needed)
    assert limits["soft"] == 5000
    assert "LimitNOFILE=" in limits["warnings"][0]["log_format"]


def test_services_raise_the_limit_themselves(tmp_path):
    """The limit that a shell gives does not hold for the broker."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    command = f"ulimit -Sn {min(soft, 256)}; exec {SCRIPTS}/twistd -n --pidfile= rmq-namesrv --listen-port 0"
    with (tmp_path / "out").open("w") as out:
        process = subprocess.Popen(["sh", "-c", command], stdout=out, cwd=tmp_path, env=environment())
    try:
        while "is ready on" not in (tmp_path / "out").read_text():
            assert process.poll() is None
            time.sleep(0.02)
        assert resource.prlimit(process.pid, resource.RLIMIT_NOFILE)[0] == min(hard, 10_384)
    finally:
        process.terminate()
        process.wait(20)
