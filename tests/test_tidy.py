"""Style as a test: small rooms, plain names, documents where promises are made."""

from __future__ import annotations

import ast
import io
import json
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PRODUCT = ("rmqtw", "filters", "twisted/plugins")
CHECKED = (*PRODUCT, "tests", "examples")

FUNCTION_LINES = 50
FILE_LINES = 500
MCCABE = 10

_VAGUE = ("manager", "processor", "handler", "util", "helper", "impl")
VAGUE = {*_VAGUE, *(f"{word}s" for word in _VAGUE)}
NAMED_BY_OTHERS: dict[str, str] = {}
"""Vague names that override or quote somebody else's, with the reason."""

_MARKS = ("TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK", "NotImplemented" + "Error")
MARKS = re.compile(rf"\b({'|'.join(_MARKS)})\b")
FOREIGN = re.compile(r"(?<![\w.:])/(?:home|root|Users|work|mnt)/\w|(?:\.\./)+shared\b")
TEXTS = ("*.py", "*.md", "*.cfg", "*.toml", "*.txt", "*.svg", "*.conf", "*.service", "Makefile", ".ci/run")

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Source(NamedTuple):
    """One Python file."""

    name: str
    text: str
    tree: ast.Module

    def functions(self) -> Iterator[Function]:
        """Yield every function and method, nested ones too."""
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))


def sources(folders: Iterable[str]) -> list[Source]:
    """Read every Python file of these folders; links are not followed."""
    paths = sorted(
        path for folder in folders for path in (ROOT / folder).rglob("*.py") if not _is_linked(path)
    )
    return [Source(str(path.relative_to(ROOT)), text := path.read_text(), ast.parse(text)) for path in paths]


def _is_linked(path: Path) -> bool:
    return any(parent.is_symlink() for parent in path.parents)


ALL = sources(CHECKED)
OURS = [source for source in ALL if not source.name.startswith(("tests/", "examples/"))]
TESTS = [source for source in ALL if source.name.startswith("tests/")]


def lines_of(node: Definition) -> int:
    """Count a definition's lines, its decorators not included."""
    return node.end_lineno - node.lineno + 1


def check(problems: Iterable[str]) -> None:
    """Fail with all problems at once."""
    found = sorted(problems)
    assert not found, f"{len(found)} to mend:\n" + "\n".join(found)


def output_of(command: list[str]) -> str:
    """Run a tool in the project's folder; return what it prints, whatever its exit code."""
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout


def test_no_function_is_long():
    """Nobody could read a function on one screen."""
    check(
        f"{source.name}:{node.lineno} {node.name}: {lines_of(node)} lines"
        for source in ALL
        for node in source.functions()
        if lines_of(node) >= FUNCTION_LINES
    )


def test_no_file_is_long():
    """Nobody could keep a file in mind."""
    check(
        f"{source.name}: {source.text.count(chr(10))} lines"
        for source in ALL
        if source.text.count("\n") >= FILE_LINES
    )


def test_no_function_branches_much():
    """Nobody could test all the ways through a function."""
    ruff = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--quiet",
        "--isolated",
        "--select=C901",
        "--output-format=json",
    ]
    limit = f"lint.mccabe.max-complexity={MCCABE - 1}"
    there = [folder for folder in CHECKED if (ROOT / folder).is_dir()]
    found = json.loads(output_of([*ruff, "--config", limit, *there]))
    check(
        f"{Path(one['filename']).relative_to(ROOT)}:{one['location']['row']} {one['message']}"
        for one in found
    )


def words(name: str) -> set[str]:
    """Split snake_case and CamelCase."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)}


def names(source: Source) -> Iterator[tuple[int, str]]:
    """Yield the names that a file defines, its own included, with their lines."""
    yield 1, Path(source.name).stem
    for node in ast.walk(source.tree):
        if isinstance(node, Definition):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id


def test_names_say_what_a_thing_is():
    """A name would hide what the thing does."""
    check(
        f"{source.name}:{line} {name}"
        for source in ALL
        for line, name in names(source)
        if words(name) & VAGUE and name not in NAMED_BY_OTHERS
    )


def is_public(name: str) -> bool:
    """Say whether a name is meant for others."""
    return not name.startswith("_")


def documented_elsewhere(owner: ast.Module | ast.ClassDef, node: ast.AST) -> bool:
    """Say whether a method's promise stands in an interface, in Twisted, or in its first overload."""
    marks = {ast.unparse(mark).split("(")[0].split(".")[-1] for mark in node.decorator_list}
    if marks & {"overload", "override", "setter", "deleter", "validator", "default"}:
        return True
    if not isinstance(owner, ast.ClassDef) or isinstance(node, ast.ClassDef):
        return False
    implements = any("implementer" in ast.unparse(mark) for mark in owner.decorator_list)
    return implements or re.fullmatch(r"[a-z]+([A-Z][a-z]*)+|opt_\w+", node.name) is not None


def undocumented(source: Source, owner: ast.Module | ast.ClassDef) -> Iterator[str]:
    """Yield what is public in a module or class and says nothing about itself."""
    for node in owner.body:
        if not isinstance(node, Definition) or not is_public(node.name):
            continue
        if ast.get_docstring(node) is None and not documented_elsewhere(owner, node):
            yield f"{source.name}:{node.lineno} {node.name}"
        if isinstance(node, ast.ClassDef):
            yield from undocumented(source, node)


def test_public_things_say_what_they_promise():
    """A user would have to read the body to know what a public thing promises."""
    silent = [f"{source.name}:1 the module" for source in OURS if ast.get_docstring(source.tree) is None]
    check([*silent, *(line for source in OURS for line in undocumented(source, source.tree))])


def test_every_test_says_what_a_user_would_notice():
    """The one who sees a test fail would not know what it means for a user."""
    check(
        f"{source.name}:{node.lineno} {node.name}"
        for source in TESTS
        for node in source.functions()
        if node.name.startswith("test_") and not ast.get_docstring(node)
    )


def remarks(source: Source) -> Iterator[tuple[int, str]]:
    """Yield comments, names and strings: where unfinished work shows."""
    kinds = (tokenize.COMMENT, tokenize.NAME, tokenize.STRING)
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type in kinds:
            yield token.start[0], token.string


def test_nothing_is_left_for_later():
    """A user would meet what somebody meant to finish."""
    check(
        f"{source.name}:{line} {found.group()}"
        for source in ALL
        for line, text in remarks(source)
        if (found := MARKS.search(text))
    )


def texts() -> list[Path]:
    """List the text files of the project, without what tools generate."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    tracked = output_of(["git", "ls-files", "-z", *TEXTS])
    return [ROOT / name for name in tracked.split("\0") if name and (ROOT / name).is_file()]


def test_no_file_speaks_of_one_machine():
    """A clone on another machine would refer to folders that are not there."""
    check(
        f"{path.relative_to(ROOT)}:{number} {found.group()}"
        for path in texts()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (found := FOREIGN.search(line))
    )


def test_sizes_are_reported(capsys):
    """The house would drift from its aim (functions of 6 lines at the median) unseen."""
    sizes = sorted(lines_of(node) for source in OURS for node in source.functions())
    files = sorted(source.text.count("\n") for source in OURS if not source.name.endswith("__init__.py"))
    with capsys.disabled():
        print(
            f"\nfunctions: {len(sizes)}, median {median(sizes):g} lines, p90 {sizes[len(sizes) * 9 // 10]}, "
            f"longest {sizes[-1]}; files: {len(files)}, median {median(files):g} lines, longest {files[-1]}"
        )
    assert sizes
    assert files


def test_the_rules_can_fail():
    """A rule that finds nothing whatever it reads would look like a tidy house."""
    text = "class BufferManager:\n    def pull(self): pass\ndef _quiet(): pass  # FIX" + "ME\n"
    bad = Source("bad.py", text, ast.parse(text))
    assert [name for _, name in names(bad) if words(name) & VAGUE] == ["BufferManager"]
    assert list(undocumented(bad, bad.tree)) == ["bad.py:1 BufferManager", "bad.py:2 pull"]
    assert [line for line, remark in remarks(bad) if MARKS.search(remark)] == [3]
    assert FOREIGN.search("see /ho" + "me/me/notes")
    assert not FOREIGN.search("https://example.org/home/page")
