"""`rmqtw filter check` as a user types it."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.cli.conftest import SCRIPTS


def check(*arguments):
    """Run `rmqtw filter check`; its exit code, lines and complaint."""
    command = [SCRIPTS / "rmqtw", "filter", "check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout.splitlines(), done.stderr


def test_the_parsed_form_shows_what_binds_first():
    """A user would believe that NOT negates the comparison behind it."""
    code, lines, complaint = check("not price = 3", "price=3")
    assert (code, complaint) == (1, "")
    assert lines == [
        "parsed   (NOT price) = 3",
        "names    price",
        "steps    2",
        "verdict  false, not delivered",
    ]


@pytest.mark.parametrize(
    ("pairs", "code", "verdict"),
    [
        (["a=6"], 0, "verdict  true, delivered"),
        (["a=5"], 1, "verdict  false, not delivered"),
        (["b=5"], 1, "verdict  null, not delivered"),
        (["a=", "b=1"], 1, "verdict  null, not delivered"),
        (["a=x"], 1, "verdict  error, not delivered ('x' is no 32-bit integer)"),
        ([], 0, "steps    1"),
    ],
)
def test_verdicts(pairs, code, verdict):
    """A script could not tell whether a message would be delivered."""
    found, lines, complaint = check("a > 5", *pairs)
    assert (found, lines[-1], complaint) == (code, verdict, "")


def test_ignored_text_is_warned_of():
    """Half of an expression would have no effect, and nobody would say so."""
    code, lines, complaint = check("a > 5 plus \x1b[31m more")
    assert (code, lines[0]) == (0, "parsed   a > 5")
    assert complaint.startswith("rmqtw: from character 6 on the text is ignored: 'plus \\x1b[31m more'; join")
    code, lines, complaint = check("--strict", "a like 'x%'")
    assert (code, lines) == (2, [])
    assert complaint.startswith("rmqtw: refused: from character 2 on the text is ignored: 'like 'x%''; join")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ["a >"],
            "rmqtw: refused: a property, a constant or a parenthesis is expected, not the end at character 3",
        ),
        (["a in ('x', 1)"], "rmqtw: refused: a string is expected, not '1' at character 11"),
        (["(" * 100], "rmqtw: refused: nested or chained more than 64 levels deep at character 64"),
        (
            ["a = 1", "b"],
            "rmqtw: Invalid value for '[NAME=VALUE]...': 'b' is no NAME=VALUE; see rmqtw filter check",
        ),
        ([], "rmqtw: Missing argument 'EXPR'"),
    ],
)
def test_refusals(arguments, complaint):
    """A user would not learn what is wrong, and where."""
    code, lines, said = check(*arguments)
    assert (code, lines) == (2, [])
    assert said.startswith(complaint)
    assert said.count("\n") == 1


def test_as_json():
    """A program could not read the answer."""
    code, (line,), _ = check("a > 5 garbage", "a=x", "-o", "json")
    assert code == 1
    assert json.loads(line) == {
        "parsed": "a > 5",
        "names": ["a"],
        "steps": 1,
        "ignored": "garbage",
        "ignoredFrom": 6,
        "verdict": "error",
        "reason": "'x' is no 32-bit integer",
        "delivered": False,
    }
    assert "verdict" not in json.loads(check("a > 5", "-o", "json")[1][0])


def test_help_says_what_the_exit_codes_mean():
    """A script would have to guess."""
    done = subprocess.run(
        [SCRIPTS / "rmqtw", "filter"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, "check" in done.stdout) == (0, True)
    code, lines, _ = check("--help")
    assert code == 0
    assert [line for line in lines if line.strip().startswith(("0 good", "1 good", "2 the"))] != []
