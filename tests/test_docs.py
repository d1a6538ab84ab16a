"""Documents that can be believed: links lead somewhere, commands exist, snippets compile."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from xml.dom import minidom

import click
import pytest
from twisted.application.service import IServiceMaker
from twisted.plugin import getPlugins

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("changes.d/*.md")])
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
SHELL = {"sh", "bash", "console"}
OUTSIDE = {"pip", "git", "python3", "bash", "cd"}
"""Programs in examples that are not ours."""


def blocks(document: Path, languages: set[str]) -> list[str]:
    """Return the fenced blocks of a document in one of these languages."""
    return [text for language, text in BLOCK.findall(document.read_text()) if language in languages]


def commands(document: Path) -> Iterator[list[str]]:
    """Yield the commands of a document's shell blocks, as words; continued lines are one command."""
    for block in blocks(document, SHELL):
        for line in block.replace("\\\n", " ").splitlines():
            if words := shlex.split(line.removeprefix("$ "), comments=True):
                yield words


def anchors(document: Path) -> set[str]:
    """Return the anchors that a document's headings make."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_somewhere(document: Path, link: str) -> bool:
    """Say whether a link inside the project has a target; links to elsewhere are believed."""
    if re.match(r"\w+:", link):
        return True
    path, _, anchor = link.partition("#")
    target = (document.parent / path) if path else document
    return target.exists() and (not anchor or anchor in anchors(target))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document):
    """A reader would click on a link and find nothing."""
    text = BLOCK.sub("", document.read_text())
    assert [link for link in LINK.findall(text) if not leads_somewhere(document, link)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_python_snippets_compile(document):
    """A reader would copy a snippet that is not Python."""
    for snippet in blocks(document, {"python", "py"}):
        compile(snippet, str(document), "exec")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_exist(document):
    """A reader would type a command, or an option, that is not there."""
    for words in commands(document):
        verify(words)


def test_readme_shows_the_first_steps():
    """A stranger would not find how to start, send and receive."""
    shown = [words[0].rpartition("/")[2] for words in commands(ROOT / "README.md")]
    assert shown[:3] == ["make", "rmqtw", "rmqtw"]
    assert "twist" in shown


def verify(words: list[str]) -> None:
    """Fail if a command, its subcommand or one of its options does not exist."""
    program = words[0].rpartition("/")[2]
    check = {"make": make, "rmqtw": rmqtw, "twist": service, "twistd": service}.get(program)
    if check is not None:
        check(words[1:])
    elif program == "towncrier" or program in OUTSIDE:
        return
    else:
        assert (ROOT / words[0]).exists(), f"nobody knows {program}"


def make(words: list[str]) -> None:
    """Check targets of the Makefile."""
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {word for word in words if "=" not in word} <= set(targets)


def rmqtw(words: list[str]) -> None:
    """Parse arguments of the `rmqtw` command, without running it."""
    from rmqtw.cli.main import main

    command, context = main, click.Context(main, info_name="rmqtw")
    while isinstance(command, click.Group):
        _, command, words = command.resolve_command(context, words)
        context = click.Context(command, info_name=command.name, parent=context)
    command.parse_args(context, list(words))


def service(words: list[str]) -> None:
    """Parse the options of a service, without starting it."""
    makers = {maker.tapname: maker for maker in getPlugins(IServiceMaker)}
    known = [position for position, word in enumerate(words) if word in makers]
    assert known, f"{words} names no service"
    if "--help" not in words:
        makers[words[known[0]]].options().parseOptions(words[known[0] + 1 :])


def test_script_is_declared():
    """`rmqtw` in the documents would not be what pip installs."""
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    assert "rmqtw = rmqtw.cli.main:main" in setup["options.entry_points"]["console_scripts"]


def test_every_dependency_has_its_reason():
    """A user would install packages for which nobody can say why."""
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    extras = (packages for extra, packages in setup["options.extras_require"].items())
    declared = "\n".join([setup["options"]["install_requires"], *extras])
    names = re.findall(r"^([a-z][\w.-]*)", declared, re.MULTILINE)
    text = (ROOT / "docs" / "dependencies.md").read_text()
    assert names
    assert [name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)] == []


def test_every_decision_is_listed():
    """A decision could not be found from the index, or two would have one number."""
    folder = ROOT / "docs" / "decisions"
    records = sorted(path.name for path in folder.glob("*.md") if path.name != "README.md")
    index = (folder / "README.md").read_text()
    assert [name for name in records if f"({name})" not in index] == []
    assert len({name[:4] for name in records}) == len(records)


@pytest.mark.parametrize("picture", sorted(ROOT.glob("docs/*.svg")), ids=lambda path: path.name)
def test_pictures_can_be_drawn(picture):
    """A reader would see a broken picture."""
    root = minidom.parse(str(picture)).documentElement
    assert root.tagName == "svg"
    assert root.getAttribute("viewBox")
