"""`--help` that can be read: options in groups, at most as wide as the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

import attrs

from rmqtw.declare.catalogue import Catalogue
from rmqtw.declare.setting import PROFILES, Setting
from rmqtw.declare.values import ADDRESS, BYTES, MILLISECONDS, PATH, SECONDS, show

_COLUMN = 30
_FORMS = {BYTES: "SIZE", MILLISECONDS: "TIME", SECONDS: "TIME", PATH: "DIR", ADDRESS: "IP"}
OPENING = (
    "{about}. `twistd -n {command}` and `twist {command}` stay in the foreground; `twistd {command}` "
    "detaches, writes twistd.pid and logs to twistd.log."
)
UNITS_NOTE = (
    "SIZE takes KiB, MiB, GiB and TIME takes ms, s, min, h; a plain number is in bytes, and in ms, or in s "
    "where the name says seconds. A flag outweighs --config, --config outweighs --java-config, and all of "
    "them outweigh the profile and, for rmq-broker, the environment's NAMESRV_ADDR."
)


@attrs.frozen
class Row:
    """One option: how it is written and what it does."""

    form: str
    about: str


def setting_row(flag: str, setting: Setting) -> Row:
    """The help of one setting: `--listen-port N`, what it is, its default."""
    default = defaults_text(setting)
    return Row(f"--{flag} {value_form(setting)}", setting.doc + (f" [{default}]" if default else ""))


def value_form(setting: Setting) -> str:
    """What to write after the flag: `N`, `SIZE`, `true|false`, the choices."""
    if isinstance(setting.default, bool):
        return "true|false"
    if setting.choices:
        return "|".join(setting.choices)
    if setting.unit in _FORMS:
        return _FORMS[setting.unit or ""]
    return "N" if isinstance(setting.default, int) else "TEXT"


def defaults_text(setting: Setting) -> str:
    """Default, or that of each profile where they differ; empty when it is an empty text."""
    by_value: dict[object, list[str]] = {}
    for profile in PROFILES:
        by_value.setdefault(setting.default_in(profile), []).append(profile)
    if len(by_value) == 1:
        return "" if setting.default == "" else show(setting.default, setting.unit)
    return "; ".join(f"{', '.join(names)}: {show(value, setting.unit)}" for value, names in by_value.items())


def render(groups: Iterable[tuple[str, Sequence[Row]]], width: int) -> str:
    """Groups of options as text, each line at most `width` long where words allow it."""
    return "\n".join(f"{title}:\n{''.join(_row(row, width) for row in rows)}" for title, rows in groups)


def _row(row: Row, width: int) -> str:
    lines = textwrap.wrap(row.about, max(width - _COLUMN, 20), break_on_hyphens=False) or [""]
    head = f"  {row.form}"
    if len(head) + 2 <= _COLUMN:
        head, lines = head.ljust(_COLUMN) + lines[0], lines[1:]
    return "".join(line.rstrip() + "\n" for line in [head, *(" " * _COLUMN + line for line in lines)])


def wrapped(text: str, width: int) -> str:
    """A paragraph within `width`."""
    return textwrap.fill(text, width, break_on_hyphens=False)


def setting_groups(catalogue: Catalogue) -> list[tuple[str, list[Row]]]:
    """The settings of a command as help, in their groups, in order of declaration."""
    groups: dict[str, list[Row]] = {}
    for choice in catalogue.choices:
        groups.setdefault(choice.setting.group, []).append(setting_row(choice.flag, choice.setting))
    return list(groups.items())
