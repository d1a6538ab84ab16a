"""A service of a few lines, run by real `twistd` and `twist` processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(sys.executable).parent

PLUGIN = """\
from twisted.application.service import ServiceMaker
probe = ServiceMaker("probe", "probe_service", "Says which reactor it runs on.", "probe")
"""

SERVICE = """\
from twisted.application.service import Service
from twisted.logger import Logger
from rmqtw.tap.options import BrokerOptions

log = Logger()

class Options(BrokerOptions):
    pass

class Probe(Service):
    def startService(self):
        from twisted.internet import reactor
        reactor.callWhenRunning(self.report, reactor)

    def report(self, reactor):
        log.debug("a detail")
        log.info("on {kind}", kind=type(reactor).__name__, body=b"12345", secret_key="s3cret")
        try:
            {}["missing"]
        except KeyError:
            log.failure("went wrong")
        reactor.stop()

def makeService(options):
    return Probe()
"""


@pytest.fixture
def run_probe(tmp_path):
    """Run `twistd` or `twist` with arguments in a folder of its own; the finished process."""
    (tmp_path / "twisted" / "plugins").mkdir(parents=True)
    (tmp_path / "twisted" / "plugins" / "probe.py").write_text(PLUGIN)
    (tmp_path / "probe_service.py").write_text(SERVICE)

    def run(*command):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
        return subprocess.run([SCRIPTS / command[0], *command[1:]], cwd=tmp_path, env=environment,
                              capture_output=True, text=True, timeout=60, check=False)

    return run
