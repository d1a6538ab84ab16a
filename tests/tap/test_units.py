"""The systemd units start what they say."""

import configparser
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from rmqtw.tap.options import BrokerOptions, NamesrvOptions, RmqOptions
from tests.tap.processes import SCRIPTS

ETC = Path(__file__).parents[2] / "etc"
SERVICES = {"rmq": RmqOptions, "rmq-broker": BrokerOptions, "rmq-namesrv": NamesrvOptions}


@pytest.mark.parametrize("name", SERVICES)
def test_a_unit_runs_a_service_that_exists(name):
    """The command of a unit parses, stays in the foreground and keeps its data in the unit's folder."""
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read(ETC / f"{name}.service")
    service = unit["Service"]
    program, *arguments = shlex.split(service["ExecStart"].replace("%S", "/var/lib"))
    assert Path(program).name == "twistd"
    assert arguments[:3] == ["--nodaemon", "--pidfile=", name]
    options = SERVICES[name]()
    options.parseOptions(arguments[3:])
    if name != "rmq-namesrv":
        assert options.broker.store_path_root_dir == f"/var/lib/{service['StateDirectory']}"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
@pytest.mark.parametrize("name", SERVICES)
def test_systemd_finds_nothing_to_complain_about(name, tmp_path):
    """Every line of a unit is known to systemd: a misspelt one would be ignored in silence."""
    text = (ETC / f"{name}.service").read_text()
    (tmp_path / f"{name}.service").write_text(text.replace("/opt/rmqtw/bin", str(SCRIPTS)))
    done = subprocess.run(["systemd-analyze", "verify", tmp_path / f"{name}.service"],
                          capture_output=True, text=True, timeout=60, check=False)
    assert f"{name}.service" not in done.stderr
