"""Parts chosen by a string, as `twisted.cred.strcred` does: `file:/var/lib/rmqtw`, `memory`.

A maker is a Twisted plugin that provides `IProviderMaker`; a package of its own brings one with a
module in `twisted/plugins`. Options and errors list the makers that are installed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

import attrs
from twisted.plugin import IPlugin, getPlugins
from zope.interface import Attribute, Interface, implementer

from rmqtw.declare.values import nearest

STORE = "store"
AUTH = "auth"


class IProviderMaker(Interface):
    """Makes one part of a service from the text after its tag."""

    kind = Attribute("What it makes: `store` or `auth`.")
    tag = Attribute("The name it is chosen by, without a colon.")
    help = Attribute("One sentence: what one gets.")
    argument_format = Attribute("What follows the colon, such as `DIR`; empty when nothing does.")

    def make(argument: str, context: ProviderContext) -> Any:
        """Build the part. Raises ValueError when the argument does not serve."""


@attrs.frozen
class ProviderContext:
    """What a maker may use: settings, clock (IReactorTime), wall time in ms, end of turn."""

    settings: Any
    clock: Any
    wall: Callable[[], int]
    end_of_turn: Any


class UnknownProvider(ValueError):
    """No maker has this tag. `str()` names the known ones."""


@implementer(IPlugin, IProviderMaker)
@attrs.frozen
class LazyMaker:
    """A maker whose function is imported when it is used, so that listing plugins stays cheap.

    `function` is a qualified name; it is called with (argument, context).
    """

    kind: str
    tag: str
    help: str
    argument_format: str
    function: str

    def make(self, argument: str, context: ProviderContext) -> Any:
        """Import the function and call it."""
        module, _, name = self.function.rpartition(".")
        return getattr(import_module(module), name)(argument, context)


def makers(kind: str, find: Callable[[], Iterable[Any]] | None = None) -> dict[str, Any]:
    """Installed makers of a kind, by tag, in order of tag."""
    found = find() if find else getPlugins(IProviderMaker)
    ordered = sorted(found, key=lambda maker: str(maker.tag))
    return {maker.tag: maker for maker in ordered if maker.kind == kind}


def find_maker(kind: str, text: str, find: Callable[[], Iterable[Any]] | None = None) -> tuple[Any, str]:
    """The maker named by `tag:argument`, and the argument. `UnknownProvider` lists the known tags."""
    tag, _, argument = text.partition(":")
    known = makers(kind, find)
    if tag not in known:
        listed = ", ".join(known) or "none is installed"
        raise UnknownProvider(f"no {kind} is called {tag!r}{nearest(tag, known)}; known: {listed}")
    return known[tag], argument


def describe(kind: str, find: Callable[[], Iterable[Any]] | None = None) -> str:
    """The installed makers as text for people: `tag:FORMAT` and its help, a line each."""
    rows = [(maker.tag + (f":{maker.argument_format}" if maker.argument_format else ""), maker.help)
            for maker in makers(kind, find).values()]
    width = max((len(row[0]) for row in rows), default=0)
    return "".join(f"  {form:<{width}}  {about}\n" for form, about in rows)
