"""What a user installs: wheel, sdist, editable install, bare checkout, and a copy that lost its link."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TWISTD = ("-c", "from twisted.scripts.twistd import run; run()")
TWIST = ("-m", "twisted")
COMMANDS = {
    f"{program} {service}": (*how, service, "--help")
    for program, how in (("twistd", TWISTD), ("twist", TWIST))
    for service in ("rmq", "rmq-namesrv", "rmq-broker")
}
"""Services by the command that a user types, as arguments for a Python."""

KEPT_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "SSL_CERT_FILE", "TMPDIR")


def run(*command: object, cwd: Path, **more: str) -> str:
    """Run a program without the caller's Python settings; return its output, fail with it."""
    environment = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**environment, "PYTHONDONTWRITEBYTECODE": "1", **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=110,
    )
    assert done.returncode == 0, f"{command} gave {done.returncode}:\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Copy what a commit of everything would hold, links kept, so that builds leave the checkout alone."""
    if not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout")
    there = tmp_path_factory.mktemp("tree") / "rmqtw"
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_symlink() or (ROOT / name).is_file():
            (there / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, there / name, follow_symlinks=False)
    return there


@pytest.fixture(scope="module")
def dist(tree):
    """Build an sdist, and from that sdist a wheel; return the folder."""
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", tree / "dist", tree, cwd=tree)
    return tree / "dist"


@pytest.fixture(scope="module")
def wheel(dist):
    """Return the wheel that was built from the sdist."""
    (one,) = dist.glob("*.whl")
    return one


class Venv:
    """A fresh environment that sees our dependencies, but not our own installation of rmqtw."""

    def __init__(self, where: Path) -> None:
        """Make it, without fetching anything."""
        self.home = where
        run(sys.executable, "-m", "venv", "--without-pip", where, cwd=where.parent)
        self.python = where / "bin" / "python"
        (site,) = where.glob("lib/python*/site-packages")
        # Folders named by a .pth file are searched; the .pth files in them (our editable install) are not.
        (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")

    def install(self, *what: object) -> None:
        """Install with pip, without dependencies and without a network."""
        pip = ("-m", "pip", "--disable-pip-version-check", "--python", self.python)
        offline = ("install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation")
        run(sys.executable, *pip, *offline, *what, cwd=self.home)

    def runs(self, *arguments: object, cwd: Path | None = None, **more: str) -> str:
        """Run its Python, far from the checkout unless told otherwise."""
        return run(self.python, *arguments, cwd=cwd or self.home, **more)


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Return an environment in which the wheel is installed."""
    venv = Venv(tmp_path_factory.mktemp("wheel") / "venv")
    venv.install(wheel)
    return venv


def contents(wheel: Path) -> list[str]:
    """List what is in a wheel, without its metadata."""
    with zipfile.ZipFile(wheel) as archive:
        return sorted(name for name in archive.namelist() if ".dist-info/" not in name)


def in_tree(folder: Path, prefix: str) -> set[str]:
    """List the Python files of a folder as a wheel would name them."""
    return {prefix + str(path.relative_to(folder)) for path in folder.rglob("*.py")}


def test_wheel_holds_the_package_the_filters_and_the_plugins(tree, wheel):
    """`pip install rmqtw` would give no twistd commands, no filters, or no types."""
    held = set(contents(wheel))
    assert in_tree(tree / "filters", "rmqtw/filters/") <= held
    assert in_tree(tree / "twisted" / "plugins", "twisted/plugins/") <= held
    assert "rmqtw/py.typed" in held
    assert {name for name in in_tree(tree / "rmqtw", "rmqtw/") if "/filters/" not in name} <= held


def test_wheel_holds_nothing_else(wheel):
    """`pip install rmqtw` would put tests or a package called `filters` into everybody's site-packages."""
    assert {name for name in contents(wheel) if not name.startswith(("rmqtw/", "twisted/plugins/"))} == set()
    assert "twisted/plugins/__init__.py" not in contents(wheel)
    assert "twisted/__init__.py" not in contents(wheel)


def test_filters_in_the_wheel_are_files(wheel):
    """An installed `rmqtw.filters` would be a dangling link."""
    with zipfile.ZipFile(wheel) as archive:
        modes = {info.external_attr >> 28 for info in archive.infolist() if "rmqtw/filters/" in info.filename}
    assert modes == {0o10}


def test_sdist_holds_what_the_tests_need(dist):
    """Somebody who packages rmqtw from its sdist could not test it."""
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "NOTICE", "Makefile", "tests/conftest.py", "rmqtw/filters/__init__.py"} <= names


def test_wheel_from_the_tree_equals_the_wheel_from_the_sdist(tree, wheel):
    """`pip install .` would give something else than what is published."""
    run(
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--wheel",
        "--outdir",
        tree / "direct",
        tree,
        cwd=tree,
    )
    (direct,) = (tree / "direct").glob("*.whl")
    assert contents(direct) == contents(wheel)


@pytest.mark.parametrize("command", COMMANDS)
def test_installed_services_are_there(installed, command):
    """`twistd rmq` after `pip install rmqtw` would say: unknown command."""
    said = installed.runs(*COMMANDS[command])
    assert "Usage:" in said
    assert "--version" in said or "--help" in said


def test_installed_command_line_is_there(installed):
    """`rmqtw` after `pip install rmqtw` would not be found."""
    said = run(installed.home / "bin" / "rmqtw", "--help", cwd=installed.home)
    assert "send" in said
    assert "tail" in said


def test_installed_package_is_the_wheel(installed):
    """These tests would look at the checkout instead."""
    script = "import rmqtw, rmqtw.filters as f; print(rmqtw.__file__); print(f.__file__)"
    for line in installed.runs("-c", script).split():
        assert Path(line).is_relative_to(installed.home)


def test_uninstalling_takes_everything_away(wheel, tmp_path):
    """`pip uninstall rmqtw` would leave commands behind that no longer work."""
    venv = Venv(tmp_path / "venv")
    venv.install(wheel)
    pip = ("-m", "pip", "--disable-pip-version-check", "--python", venv.python)
    run(sys.executable, *pip, "uninstall", "--quiet", "--yes", "rmqtw", cwd=tmp_path)
    left = [path for path in venv.home.rglob("*") if path.is_file() and "rmqtw" in path.name]
    assert left == []


def test_editable_install_has_the_services(tree, tmp_path):
    """A developer's `pip install -e .` would hide the twistd commands."""
    venv = Venv(tmp_path / "venv")
    venv.install("--editable", tree)
    assert "Usage:" in venv.runs(*COMMANDS["twistd rmq"])
    assert str(tree) in venv.runs("-c", "import rmqtw.filters; print(rmqtw.__file__)")


def test_bare_checkout_has_the_services(tree, tmp_path):
    """`twist rmq` in a checkout, nothing installed, would not know the command."""
    venv = Venv(tmp_path / "venv")
    assert "Usage:" in venv.runs(*COMMANDS["twist rmq"], cwd=tree)


def test_a_copy_without_links_says_what_is_wrong(tree, tmp_path):
    """A user of a zip that lost the link would read: No module named 'rmqtw.filters'."""
    venv = Venv(tmp_path / "venv")
    copy = tmp_path / "copy"
    shutil.copytree(tree / "rmqtw", copy / "rmqtw", symlinks=True)
    (copy / "rmqtw" / "filters").unlink()
    (copy / "rmqtw" / "filters").write_text("../filters")
    script = "try: import rmqtw.filters\nexcept ImportError as error: print(error)"
    said = venv.runs("-c", script, cwd=copy)
    assert "symbolic link" in said
    assert "copy the folder filters" in said
