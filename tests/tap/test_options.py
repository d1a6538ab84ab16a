import os
from pathlib import Path

import pytest
from twisted.logger import globalLogPublisher
from twisted.python.usage import UsageError

from rmqtw.tap.options import BrokerOptions, NamesrvOptions, RmqOptions


def parsed(options_class, *arguments):
    options = options_class()
    options.parseOptions(list(arguments))
    return options


def refused(options_class, *arguments):
    with pytest.raises(UsageError) as caught:
        parsed(options_class, *arguments)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.fixture(autouse=True)
def no_nameserver_in_the_environment(monkeypatch):
    monkeypatch.delenv("NAMESRV_ADDR", raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def logged():
    events = []
    globalLogPublisher.addObserver(events.append)
    yield events
    globalLogPublisher.removeObserver(events.append)


def test_flags_outweigh_files_and_files_the_profile(tmp_path):
    """Somebody who adds a flag to a started command overrides what the files say, and nothing else."""
    own = tmp_path / "own.conf"
    own.write_text("defaultTopicQueueNums=5\nbrokerName=own\n")
    java = tmp_path / "broker.conf"
    java.write_text("defaultTopicQueueNums=6\nbrokerName=java\nbrokerClusterName=J\n")
    broker = parsed(BrokerOptions, "--config", str(own), "--java-config", str(java), "--broker-name", "flag",
                    "--profile", "apache").broker
    assert (broker.broker_name, broker.broker_cluster_name) == ("flag", "J")
    assert broker.default_topic_queue_nums == 5
    assert broker.fast_port_enable


def test_nameserver_from_the_environment(monkeypatch, tmp_path):
    """NAMESRV_ADDR works as with Apache's broker, and any flag or file outweighs it."""
    monkeypatch.setenv("NAMESRV_ADDR", "10.0.0.9:9876")
    assert parsed(BrokerOptions).broker.namesrv_addresses == ("10.0.0.9:9876",)
    assert parsed(BrokerOptions, "--namesrv-addr", "none").broker.namesrv_addresses == ()
    assert parsed(NamesrvOptions).nameserver.port == 9876


def test_a_nameserver_of_its_own_is_not_replaced_by_the_environments(monkeypatch):
    """`make run` on a developer's machine would announce a broker to the cluster in NAMESRV_ADDR."""
    monkeypatch.setenv("NAMESRV_ADDR", "10.0.0.9:9876")
    assert parsed(RmqOptions).broker.namesrv_addresses == ("127.0.0.1:9876",)
    assert parsed(RmqOptions, "--namesrv-addr", "10.0.0.8:1").broker.namesrv_addresses == ("10.0.0.8:1",)


@pytest.mark.parametrize(("arguments", "complaint"), [
    (["--lisen-port", "1"], "option --lisen-port not recognized; did you mean listen-port?"),
    (["--listen-port", "ten"], "--listen-port must be a whole number, not 'ten'"),
    (["--listen-port", "65536"], "--listen-port must be between 0 and 65535, not 65536"),
    (["--max-message-size", "1TiB"], "--max-message-size must be a whole number, maybe with one of"),
    (["--flush-disk-type", "sync_flsh"], "--flush-disk-type must be ASYNC_FLUSH or SYNC_FLUSH"),
    (["--auto-create-topic-enable=ja"], "--auto-create-topic-enable must be true or false, not 'ja'"),
    (["--profile", "save"], "--profile must be dev or safe or apache, not 'save'; did you mean safe?"),
    (["--log-format", "jsn"], "did you mean json?"),
    (["--auth", "lopback"], "--auth: no auth is called 'lopback'; did you mean loopback?; known: "),
    (["--store", "fiel:/x"], "--store: no store is called 'fiel'; did you mean file?; known: file, memory"),
    (["--config", "/nowhere/b.conf"], "--config: cannot read /nowhere/b.conf: No such file or directory"),
    (["--java-config", "/nowhere"], "--java-config: cannot read /nowhere"),
    (["--bind-address", "0.0.0.0"], "acceptRisks=unauthenticated-listener"),
    (["--broker-ip1", "10.1.1.1"], "bindAddress 127.0.0.1 and brokerIP1 10.1.1.1 do not go together"),
    (["surplus"], "Wrong number of arguments"),
])
def test_a_mistake_is_answered_in_one_line_with_the_next_step(arguments, complaint):
    """Whoever mistypes a flag, a value or a file learns what is wrong and what would be right."""
    assert complaint in refused(BrokerOptions, *arguments)


def test_a_bad_file_is_refused_with_its_line(tmp_path):
    """The error of a configuration file says where to look."""
    path = tmp_path / "b.conf"
    path.write_text("# mine\nlistenport=1\n")
    assert refused(BrokerOptions, "--config", str(path)) == (
        f"{path} line 2: unknown key listenport; did you mean listenPort?")


def test_a_java_file_warns_once(tmp_path, logged):
    """The keys of a broker.conf that change nothing are named in a single line of the log."""
    path = tmp_path / "broker.conf"
    path.write_text("slaveReadEnable=true\ntransientStorePoolEnable=true\nfoo=1\nlistenPort=10921\n")
    assert parsed(BrokerOptions, "--java-config", str(path)).broker.port == 10921
    warnings = [event for event in logged if event["log_level"].name == "warn"]
    assert len(warnings) == 1
    assert warnings[0]["warning"].endswith(
        "without effect here: slaveReadEnable, transientStorePoolEnable; "
        "unknown to rmqtw and Apache RocketMQ: foo")


def test_the_data_folder_is_absolute_and_has_a_short_name(monkeypatch, tmp_path):
    """A daemon that changes its folder still finds the data named on its command line."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for arguments in (["--data", "d"], ["--store-path-root-dir", "d"], ["--store", "file:d"]):
        assert parsed(BrokerOptions, *arguments).broker.store_path_root_dir == str(tmp_path / "d")
    assert parsed(BrokerOptions).broker.store_path_root_dir == str(tmp_path / "home" / "rmqtw-data")


def test_what_the_machine_knows_is_filled_in():
    """A broker without a name has its host's, and tells clients an address they can reach it at."""
    broker = parsed(BrokerOptions).broker
    assert broker.broker_name
    assert broker.broker_ip1 == "127.0.0.1"


def test_one_process_registers_at_its_own_nameserver():
    """`twistd rmq --port-offset 100` is complete in itself, beside another one."""
    options = parsed(RmqOptions, "--port-offset", "100")
    assert (options.nameserver.port, options.broker.port) == (9976, 11011)
    assert options.broker.namesrv_addresses == ("127.0.0.1:9976",)
    moved = parsed(RmqOptions, "--namesrv-listen-port", "7777")
    assert moved.broker.namesrv_addresses == ("127.0.0.1:7777",)
    assert parsed(RmqOptions, "--namesrv-addr", "10.0.0.1:1").broker.namesrv_addresses == ("10.0.0.1:1",)


def test_one_process_refuses_one_port_for_two_servers():
    """The clash is named before anything listens."""
    assert "both want port 10911" in refused(RmqOptions, "--namesrv-listen-port", "10911")


@pytest.mark.parametrize("options_class", [NamesrvOptions, BrokerOptions, RmqOptions])
def test_help_fits_a_terminal_and_shows_every_setting(options_class):
    """`--help` is readable at 80 columns and complete."""
    text = options_class().getUsage()
    assert max(map(len, text.splitlines())) <= 80
    for choice in options_class.catalogue.choices:
        assert f"  --{choice.flag} " in text
    for flag in ("--profile", "--config", "--java-config", "--log-format", "--log-level", "--help-auth"):
        assert flag in text
    assert f"Defaults to start from. [{options_class.catalogue.profile}]" in text


def test_help_follows_the_terminal(monkeypatch):
    """A wider terminal gets longer lines."""
    assert max(map(len, BrokerOptions().getUsage(width=120).splitlines())) > 80


def test_a_mistake_does_not_bury_its_message_under_the_help():
    """After an error, only the way to the help is printed."""
    options = BrokerOptions()
    with pytest.raises(UsageError):
        options.parseOptions(["--listen-port", "x"])
    assert options.getUsage() == "See --help for the options.\n"


@pytest.mark.parametrize(("flag", "expected"), [
    ("--help-store", "memory"), ("--help-auth", "loopback"), ("--version", "rmqtw 0.")])
def test_lists_exit_after_printing(flag, expected, capsys):
    """The lists of plugins and the version can be asked for."""
    with pytest.raises(SystemExit) as caught:
        parsed(BrokerOptions, flag)
    assert caught.value.code == 0
    assert expected in capsys.readouterr().out


def test_a_subclass_has_the_same_flags():
    """A service of one's own may extend the options."""

    class Options(BrokerOptions):
        pass

    assert len(set(Options().longOpt)) == len(Options().longOpt) == len(BrokerOptions().longOpt)


def test_every_setting_takes_effect():
    """No setting is offered that nothing reads."""
    root = Path(__file__).parents[2] / "rmqtw"
    readers = [path.read_text() for folder in ("tap", "broker", "nameserver", "store", "net")
               for path in (root / folder).rglob("*.py")]
    text = "\n".join([*readers, (root / "declare" / "settings.py").read_text()])
    unread = [choice.setting.name for choice in RmqOptions.catalogue.choices
              if f".{choice.setting.name}" not in text and choice.setting.name not in ("auth", "store")]
    assert unread == []


def test_environment_is_the_processs():
    """Variables set before the start count."""
    assert BrokerOptions.environ is os.environ
