"""What the kernel says about a process, and what machine this is."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from pathlib import Path


def cpu_us(pid: int) -> float:
    """CPU time of a process in microseconds: all its threads, those that ended included.

    The kernel's process clock, as `clock_getcpuclockid` names it: exact where `/proc/PID/stat` counts ticks.
    """
    return time.clock_gettime_ns((~pid << 3) | 2) / 1000


def anonymous_mib(pid: int) -> float:
    """The anonymous resident memory of a process in MiB: what it allocated, without mapped files."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    raise OSError(f"process {pid} has no RssAnon line")


def idle_percent(pid: int, seconds: float) -> float:
    """How much of one core a process takes when nobody asks it anything."""
    before, start = cpu_us(pid), time.monotonic()
    time.sleep(seconds)
    return (cpu_us(pid) - before) / (time.monotonic() - start) / 1e4


def cores() -> tuple[int | None, int | None]:
    """The cores for the server and for the generator; none of either where there is but one."""
    available = sorted(os.sched_getaffinity(0))
    return (available[0], available[1]) if len(available) > 1 else (None, None)


def machine() -> dict[str, str]:
    """Processor, kernel, Python and the commit that is measured."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return {
        "cpu": f"{os.cpu_count()} x {models[0] if models else platform.machine()}",
        "kernel": platform.release(),
        "python": sys.version.split()[0],
        "commit": _commit(),
    }


def _commit() -> str:
    root = Path(__file__).resolve().parent
    words = ["git", "-C", str(root), "describe", "--always", "--dirty"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
