"""Writes `docs/wire.md` from the declarations: `python -m rmqtw.cli.wiredoc [FILE]`.

A test compares the file with what this would write.
"""

from __future__ import annotations

import inspect
import sys
import textwrap
from collections.abc import Iterator
from enum import Enum
from importlib import import_module
from pathlib import Path
from types import ModuleType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from rmqtw.declare.fields import Header, Int32, Int64, Resource, about, field_resource
from rmqtw.wire.codes import RequestCode
from rmqtw.wire.commands import COMMANDS, NO_COMMAND, Command

_MODULES = (
    "base", "send", "pull", "group", "topic", "route", "transaction", "pop", "lite", "admin", "auth", "ha",
    "controller",
)  # fmt: skip
_TYPES = {str: "text", bool: "boolean"}
_HEAD = """\
# Commands and headers

What goes over the wire besides message records and JSON bodies: every command with who may use it, and
every header. Generated from `rmqtw.wire.commands` and `rmqtw.wire.headers` by
`python -m rmqtw.cli.wiredoc`; do not edit it here.

Values travel as text in `extFields`. int32 and int64 are decimal numbers in that range; a boolean is
`true` or `false`, and `1` and `0` are read too. A required field that is missing, or a value that is not
of its type, makes the request malformed. Fields that are not declared are ignored. Where a field has a
default, it is what an absent field counts as; "-" is an absent value.
"""
_RULES_HEAD = """
## Commands

*May use it* is what a principal needs. `%RETRY%g` counts as the group `g`: sending to it needs SUB on
`g`. A request that names none of its resources, since those fields are optional and absent, needs the
action on the whole cluster.
"""


def document() -> str:
    """Return the whole page."""
    return "\n".join((_HEAD + _RULES_HEAD, *_commands(), *_without_command(), "", "## Headers", *_headers()))


def main(arguments: list[str]) -> None:
    """Write the page to the file named, by default `docs/wire.md`."""
    Path(*arguments[:1] or ["docs/wire.md"]).write_text(document(), encoding="utf-8")


def rule(command: Command[Any, Any]) -> str:
    """Say who may use a command, in words."""
    actions = " or ".join(action.name for action in (command.action, *command.alternatives))
    special = command.from_body or command.from_header
    if command.resource is not None:
        return f"{actions} on the {command.resource.value}"
    if special is not None:
        return " ".join(inspect.cleandoc(special.__doc__ or "").split("\n\n")[0].split()).rstrip(".")
    kinds = dict.fromkeys(kind.value for _, kind in command.request.named_resources())
    return f"{actions} on the " + " and the ".join(kinds)


def _commands() -> Iterator[str]:
    yield "| Code | Name | Request | Response | May use it |"
    yield "|---|---|---|---|---|"
    for code, command in sorted(COMMANDS.items()):
        headers = f"{_link(command.request)} | {_link(command.response)}"
        yield f"| {code} | {RequestCode(code).name} | {headers} | {rule(command)} |"


def _without_command() -> Iterator[str]:
    yield "\nThese codes are declared by Apache and have no command here:\n"
    yield "| Code | Name | Why |"
    yield "|---|---|---|"
    for code, reason in sorted(NO_COMMAND.items()):
        yield f"| {int(code)} | {RequestCode(code).name} | {reason} |"


def _link(header: type[Header] | None) -> str:
    if header is None or not msgspec.structs.fields(header):
        return "-"
    return f"[{header.__name__}](#{header.__name__.lower()})"


def _headers() -> Iterator[str]:
    for name in _MODULES:
        module = import_module(f"rmqtw.wire.headers.{name}")
        yield f"\n### {_sentence(module)}"
        for header in _classes(module):
            yield from _header(header)


def _classes(module: ModuleType) -> Iterator[type[Header]]:
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Header) and value.__module__ == module.__name__:
            yield value


def _header(header: type[Header]) -> Iterator[str]:
    yield f"\n#### {header.__name__}\n"
    yield textwrap.fill(_sentence(header), 110, break_long_words=False, break_on_hyphens=False)
    base = header.__base__
    inherited = base.__struct_fields__ if base is not None and issubclass(base, Header) else ()
    if inherited:
        yield f"\nAnd the fields of {_link(base)}."
    own = [info for info in msgspec.structs.fields(header) if info.name not in inherited]
    if own:
        yield "\n| Field | Type | Required or default | What |"
        yield "|---|---|---|---|"
        yield from (_row(info) for info in own)


def _row(info: msgspec.structs.FieldInfo) -> str:
    name = info.encode_name if len(info.encode_name) > 1 else f"{info.encode_name} ({info.name})"
    default = "required" if info.required else _shown(info.default)
    resource = field_resource(info)
    names = f" Names a {resource.value} for the permission." if isinstance(resource, Resource) else ""
    return f"| {name} | {_type(info.type)} | {default} | {about(info)}{names} |"


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, Enum):
        return str(value.name)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _type(kind: Any) -> str:
    if kind in (Int32, Int64):
        return "int32" if kind == Int32 else "int64"
    if get_origin(kind) in (Union, UnionType):
        return " ".join(_type(part) for part in get_args(kind) if part is not type(None))
    if get_origin(kind) is Annotated:
        return _annotated(kind)
    return " or ".join(kind.__members__) if issubclass(kind, Enum) else _TYPES[kind]


def _annotated(kind: Any) -> str:
    """A number's range is the first mark; typing flattens it into the field's own."""
    inner, first, *_ = get_args(kind)
    if isinstance(first, msgspec.Meta) and first.le is not None:
        return _type(Annotated[inner, first])
    return _type(inner)


def _sentence(thing: object) -> str:
    return " ".join(inspect.cleandoc(thing.__doc__ or "").split())


if __name__ == "__main__":
    main(sys.argv[1:])
