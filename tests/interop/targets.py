"""The servers a rig runs against: ours by default, Apache's own 5.3.3 to try the rig itself on."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.interop import remoting, toolchain
from tests.interop.processes import HOST, Running, free_base, wait_until

NAMESRV_PORT, BROKER_PORT = 9876, 10911
JVM = ("-Xms128m", "-Xmx512m", "-XX:MaxDirectMemorySize=256m", "-XX:+UseSerialGC")
BROKER_CONF = """
brokerClusterName=DefaultCluster
brokerName=broker-a
brokerId=0
brokerRole=ASYNC_MASTER
flushDiskType=ASYNC_FLUSH
bindAddress=127.0.0.1
brokerIP1=127.0.0.1
listenPort={port}
haListenPort={ha}
storePathRootDir={root}/store
storePathCommitLog={root}/store/commitlog
mappedFileSizeCommitLog=67108864
diskMaxUsedSpaceRatio=95
enablePropertyFilter=true
sendMessageThreadPoolNums=1
"""


@dataclass
class Cluster:
    """A nameserver and a broker that answer."""

    target: str
    process: Running
    namesrv: str
    broker: str
    directory: Path

    def connect(self) -> remoting.Connection:
        """A connection to the broker."""
        return remoting.Connection(self.broker)

    def log(self) -> str:
        """All that the servers printed."""
        return self.process.log.read_text(errors="replace")


def _java(directory: Path, core: int | None) -> Cluster:
    base = free_base((0, 2, 4, 5))
    namesrv, port = f"{HOST}:{base}", base + 4
    (directory / "conf").mkdir()
    (directory / "namesrv.properties").write_text(f"listenPort={base}\nbindAddress={HOST}\n")
    conf = BROKER_CONF.format(port=port, ha=port + 1, root=directory)
    (directory / "broker.properties").write_text(conf)
    options = [*JVM, f"-Duser.home={directory}", f"-Drocketmq.home.dir={directory}"]
    argv = [
        *toolchain.java("broker-5.3.3", "server", options),
        "JavaCluster",
        str(directory / "namesrv.properties"),
        str(directory / "broker.properties"),
        namesrv,
    ]
    process = Running(argv, directory / "server.log", core=core)
    return Cluster("java", process, namesrv, f"{HOST}:{port}", directory)


def _ours(directory: Path, core: int | None) -> Cluster:
    shift = free_base((NAMESRV_PORT, BROKER_PORT - 2, BROKER_PORT, BROKER_PORT + 1), 10000, 20000)
    argv = [
        str(Path(sys.executable).with_name("twistd")),
        "-n",
        "--pidfile=",
        "rmq",
        "--profile",
        "apache",
        "--port-offset",
        str(shift),
        "--broker-name",
        "broker-a",
        "--data",
        f"{directory}/data",
    ]
    process = Running(argv, directory / "server.log", {"PYTHONPATH": str(toolchain.ROOT)}, core)
    return Cluster(
        "rmqtw", process, f"{HOST}:{NAMESRV_PORT + shift}", f"{HOST}:{BROKER_PORT + shift}", directory
    )


TARGETS: dict[str, Callable[[Path, int | None], Cluster]] = {"rmqtw": _ours, "java": _java}


def start(directory: Path, target: str | None = None, core: int | None = None) -> Cluster:
    """Start the servers in an empty directory and wait until the nameserver has a route to the broker."""
    chosen = target or os.environ.get("RMQTW_TARGET", "rmqtw")
    if chosen not in TARGETS:
        raise ValueError(f"RMQTW_TARGET is {chosen!r}; known: {', '.join(TARGETS)}")
    cluster = TARGETS[chosen](directory, core)
    try:
        wait_until("a route to the broker", lambda: _serves(cluster), 90, cluster.process)
    except Exception:
        cluster.process.stop()
        raise
    return cluster


def _serves(cluster: Cluster) -> bool:
    with suppress(OSError), remoting.Connection(cluster.namesrv) as namesrv, cluster.connect():
        return remoting.has_route(namesrv, "TBW102")
    return False
