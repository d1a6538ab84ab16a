"""The part of the floors that import-linter cannot express; the rest is `[importlinter]` in setup.cfg."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

NO_REACTOR = ("twisted.internet",)
PURE = dict.fromkeys(("declare", "wire", "model"), NO_REACTOR)
DEFERREDS_ONLY = dict.fromkeys(("interfaces", "store", "security"), ("twisted.internet", "time", "socket"))
BANNED = {**PURE, **DEFERREDS_ONLY, "filters": NO_REACTOR}
"""Modules that the packages below `net` may not import, prefixes of their dotted names."""

ALLOWED = ("twisted.internet.defer", "twisted.internet.interfaces", "twisted.internet.error")
"""What says how something ended, and does nothing itself: open to interfaces, store and security."""


def files(package: str) -> list[Path]:
    """List the modules of a package of rmqtw, or of the filters behind their link."""
    folder = ROOT / "filters" if package == "filters" else ROOT / "rmqtw" / package
    return sorted(folder.rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Yield what a module imports: `from a import b` as `a.b`, relative names with their dots."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)


def run(script: str) -> tuple[str, str]:
    """Run a script in a Python of its own, warnings as errors; return what it printed and complained."""
    command = [sys.executable, "-W", "error", "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout, done.stderr


def within(name: str, modules: tuple[str, ...]) -> bool:
    """Say whether a dotted name is one of these modules or lies in one."""
    return any(name == module or name.startswith(module + ".") for module in modules)


@pytest.mark.parametrize("package", BANNED)
def test_below_net_nothing_knows_a_reactor(package):
    """Store, wire and rules could not be tested, or embedded, without a running reactor."""
    allowed = ALLOWED if package in DEFERREDS_ONLY else ()
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in files(package)
        for name in imported(path)
        if within(name, BANNED[package]) and not within(name, allowed)
    ]
    assert found == []


def test_filters_need_the_standard_library_and_sqlglot_only():
    """The filters could not be used without a broker's dependencies, or would import PyPI's `filters`."""
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in files("filters")
        for name in imported(path)
        if not name.startswith(".") and name.partition(".")[0] not in {*sys.stdlib_module_names, "sqlglot"}
    ]
    assert found == []


def test_plugins_import_almost_nothing():
    """Every start of every Twisted program on the machine would pay for our imports."""
    script = """
import sys, twisted.application.reactors, twisted.application.service, twisted.plugin
before = set(sys.modules)
import twisted.plugins.rmqtw_services
middle = set(sys.modules)
import twisted.plugins.rmqtw_providers
print(*(name for name in middle - before if name.startswith(("rmqtw", "msgspec"))))
print(*(name for name in set(sys.modules) - middle if name.split(".")[0] in ("rmqtw", "msgspec", "sqlglot")))
"""
    services, providers = run(script)[0].split("\n")[:2]
    assert services == ""
    assert providers.split()
    assert all(within(name, ("rmqtw.declare",)) or name == "rmqtw" for name in providers.split())


def calls(path: Path, name: str) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, ast.Call]]:
    """Yield the calls of something by its last name, each with the function it stands in."""
    for function in ast.walk(ast.parse(path.read_text())):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == name:
                    yield function, node


def test_what_repeats_is_handed_a_clock():
    """A test that advances the clock would wait for real time, and a simulated cluster would not replay."""
    modules = [path for path in (ROOT / "rmqtw").rglob("*.py") if "testing" not in path.parts]
    loops = [(path, function) for path in modules for function, _ in calls(path, "LoopingCall")]
    services = [(path, call) for path in modules for _, call in calls(path, "ClientService")]
    loose = [str(path) for path, function in loops if ".clock = " not in ast.unparse(function)]
    loose += [str(path) for path, call in services if "clock" not in {word.arg for word in call.keywords}]
    assert loose == []


def test_importing_rmqtw_installs_no_reactor_and_no_sqlglot():
    """A program that imports rmqtw could not choose its reactor any more, and would start slowly."""
    script = """
import importlib, pkgutil, sys, rmqtw
for module in pkgutil.walk_packages(rmqtw.__path__, "rmqtw."):
    if not module.name.startswith("rmqtw.testing"):
        importlib.import_module(module.name)
print({"twisted.internet.reactor", "sqlglot"} & set(sys.modules))
"""
    assert run(script) == ("set()\n", "")
