import subprocess
import sys
from pathlib import Path

import pytest

from rmqtw.declare.generate import generated, main

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", sorted(generated()))
def test_generated_files_are_current(name):
    """What the samples and the documentation say about settings is what the code does.

    If this fails: `python -m rmqtw.declare.generate`.
    """
    assert (ROOT / name).read_text(encoding="utf-8") == generated()[name]


def test_generator_writes_where_it_is_told(tmp_path):
    """The command writes all files under the folder it is given."""
    assert main([str(tmp_path)]) == 0
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert written == set(generated())


def test_declarations_need_no_reactor():
    """Tools can read settings and their documentation without starting Twisted's reactor."""
    code = ("import sys, rmqtw.declare.generate, rmqtw.declare.plugins, rmqtw.declare.configuration;"
            "print('twisted.internet.reactor' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
