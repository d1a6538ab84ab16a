"""`.ci/run` on a Makefile made up for it: what it says passed did pass."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def accept(tmp_path):
    """Return a function that runs .ci/run with these targets and stages; gives its exit code and table."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")

    def run(targets, *stages, **limits):
        text = "".join(f"{target}:\n\t@{command}\n" for target, command in targets.items())
        (tmp_path / "Makefile").write_text(text)
        script = tmp_path / ".ci" / "run"
        for stage, seconds in limits.items():
            script.write_text(re.sub(rf'"{stage} +\d+', f'"{stage} {seconds}', script.read_text()))
        command = ["bash", script, *stages]
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
        rows = [line.split() for line in done.stdout.partition("result")[2].splitlines()[1:]]
        return done.returncode, {row[0]: " ".join([row[2], *row[3:]]) for row in rows}

    return run


def test_all_that_can_run_must_pass(accept):
    """A change that breaks one stage would be accepted because another one passed."""
    code, table = accept({"test": "true", "lint": "false"})
    assert code == 1
    assert table["test"] == "passed"
    assert table["lint"].startswith("FAILED exit code")


def test_a_stage_without_target_is_skipped_and_says_so(accept):
    """A reader of the table would think that crashes were tested."""
    code, table = accept({"test": "true", "lint": "true"})
    assert code == 0
    assert table["crash"] == "skipped the Makefile has no target crash"


def test_a_stage_that_hangs_is_ended(accept):
    """One hanging test would keep the machine for ever."""
    code, table = accept({"test": "sleep 60"}, "test", test=1)
    assert code == 1
    assert table["test"] == "FAILED took longer than 1 s"


def test_a_missing_tool_is_a_failure(accept, monkeypatch, tmp_path):
    """Interoperability would count as tested on a machine without Java."""
    few = tmp_path / "bin"
    few.mkdir()
    for tool in ("bash", "make", "timeout", "grep", "dirname", "python3"):
        (few / tool).symlink_to(shutil.which(tool))
    monkeypatch.setenv("PATH", str(few))
    code, table = accept({"interop": "true"}, "interop")
    assert code == 1
    assert table["interop"] == "FAILED java is not installed"


def test_stages_can_be_chosen_by_name_only(accept):
    """A misspelt stage would look as if all had passed."""
    code, table = accept({"test": "true", "lint": "false"}, "test")
    assert code == 0
    assert table["lint"] == "skipped not asked for"
    assert accept({"test": "true"}, "tset") == (2, {})


def test_every_target_says_what_it_is_for():
    """`make` alone would not list a target."""
    text = (ROOT / "Makefile").read_text()
    targets = set(re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE).group(1).split())
    assert set(re.findall(r"^([a-z]+):.*## ", text, re.MULTILINE)) == targets
