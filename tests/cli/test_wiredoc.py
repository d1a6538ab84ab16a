"""The page about the wire is what the declarations say."""

from __future__ import annotations

from pathlib import Path

from rmqtw.cli.wiredoc import document, main
from rmqtw.wire.codes import RequestCode
from rmqtw.wire.commands import COMMANDS

PAGE = Path(__file__).parent.parent.parent / "docs" / "wire.md"


def test_the_page_is_current():
    """A reader would be told of fields and rights that are no longer so.

    If this fails: `python -m rmqtw.cli.wiredoc`.
    """
    assert PAGE.read_text(encoding="utf-8") == document()


def test_the_page_can_be_written_elsewhere(tmp_path):
    """`python -m rmqtw.cli.wiredoc FILE` would overwrite the page in the current folder."""
    main([str(tmp_path / "wire.md")])
    assert (tmp_path / "wire.md").read_text(encoding="utf-8") == document()


def test_every_command_and_field_is_described():
    """A field without a description would be an empty cell."""
    page = document()
    assert all(f"| {code} | {RequestCode(code).name} |" in page for code in COMMANDS)
    assert "|  |" not in page


def test_links_lead_somewhere():
    """A reader would follow a header's name to nothing."""
    page = document()
    for command in COMMANDS.values():
        for header in (command.request, command.response):
            assert header.__name__ == "NoFields" or f"#### {header.__name__}\n" in page
