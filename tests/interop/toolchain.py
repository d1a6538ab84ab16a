"""Fetch and build what the rigs drive; everything lands in `.interop/` and is kept between runs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CACHE = ROOT / ".interop"
CPP_WHEEL = "rocketmq-client-python==0.5.0rc2"


class MissingTool(Exception):
    """A program is not installed, or a download failed; says which one and what to do."""


def _run(argv: Sequence[str | Path]) -> None:
    done = subprocess.run([str(word) for word in argv], capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingTool(f"`{' '.join(map(str, argv))}` failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def program(name: str) -> str:
    """The path of an installed program; raises MissingTool."""
    found = shutil.which(name)
    if found is None:
        raise MissingTool(f"`{name}` is not on PATH; install it, or name its client in RMQTW_INTEROP_SKIP")
    return found


def jars(profile: str) -> Path:
    """The folder with the jars of a profile of java/pom.xml, fetched by Maven on first use."""
    folder = CACHE / profile
    complete = folder / ".complete"
    if not complete.exists():
        _run(
            [
                program("mvn"),
                "-q",
                "-B",
                "-f",
                HERE / "java" / "pom.xml",
                "dependency:copy-dependencies",
                "-P",
                profile,
                "-DincludeScope=runtime",
                f"-DoutputDirectory={folder}",
            ]
        )
        complete.touch()
    return folder


def java(profile: str, sources: str, options: Sequence[str] = ()) -> list[str]:
    """The start of a command line that runs our mains in java/SOURCES against the jars of a profile."""
    library = jars(profile)
    classes = CACHE / "classes" / profile
    found = sorted((HERE / "java" / sources).glob("*.java"))
    newest = max(source.stat().st_mtime for source in found)
    if not classes.exists() or classes.stat().st_mtime < newest:
        shutil.rmtree(classes, ignore_errors=True)
        classes.mkdir(parents=True)
        _run([program("javac"), "-cp", f"{library}/*", "-d", classes, *found])
    return [program("java"), *options, "-cp", f"{classes}:{library}/*"]


def cpp_python() -> Path:
    """The Python of a venv that holds the C++ client's wheel and nothing else."""
    python = CACHE / "cpp" / "bin" / "python"
    complete = CACHE / "cpp" / ".complete"
    if not complete.exists():
        _run([sys.executable, "-m", "venv", "--clear", CACHE / "cpp"])
        _run([python, "-m", "pip", "install", "-q", "--no-deps", "--pre", CPP_WHEEL])
        _run([python, "-c", "import rocketmq.client"])
        complete.touch()
    return python
