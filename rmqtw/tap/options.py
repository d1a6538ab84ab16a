"""The command lines of the services, built from their settings.

`NamesrvOptions`, `BrokerOptions` and `RmqOptions` parse what follows `twistd rmq-namesrv`,
`rmq-broker` and `rmq`. A flag outweighs `--config`, that `--java-config`, that the environment's
NAMESRV_ADDR, that the profile. After parsing, `.nameserver` and `.broker` are the settings.
Every error is a `usage.UsageError` of one line that names key, value, bound and what is nearest.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import attrs
from twisted.logger import Logger
from twisted.python import usage

from rmqtw.declare import plugins
from rmqtw.declare.catalogue import BROKER, NAMESRV, RMQ, Catalogue, Choice
from rmqtw.declare.configuration import BadConfiguration, read_java, read_own
from rmqtw.declare.setting import PROFILES, BadSetting
from rmqtw.declare.settings import BrokerSettings, NameserverSettings
from rmqtw.declare.startchecks import check, check_together
from rmqtw.declare.values import nearest
from rmqtw.tap import helptext
from rmqtw.tap.fastreactor import install_fast_reactor
from rmqtw.tap.logs import FORMATS, LEVELS, use_logs
from rmqtw.tap.resolve import resolved

_log = Logger()
_DEFAULT_PID_FILE = "twistd.pid"


def _coerced(choice: Choice) -> Callable[[str], Any]:
    def coerce(text: str) -> Any:
        try:
            return choice.setting.parse(text, f"--{choice.flag}")
        except BadSetting as problem:
            raise usage.UsageError(str(problem)) from None

    return coerce


def _one_of(flag: str, allowed: tuple[str, ...]) -> Callable[[str], str]:
    def coerce(text: str) -> str:
        if text in allowed:
            return text
        expected = " or ".join(allowed)
        raise usage.UsageError(f"--{flag} must be {expected}, not {text!r}{nearest(text, allowed)}")

    return coerce


_COMMON: tuple[tuple[str, str, str, Callable[[str], str] | None], ...] = (
    ("profile", "|".join(PROFILES), "Defaults to start from.", _one_of("profile", PROFILES)),
    ("config", "FILE", "Read settings from FILE, in the form of etc/*.conf.", None),
    ("java-config", "FILE", "Read settings from a file of Apache's, such as broker.conf.", None),
    ("log-format", "|".join(FORMATS), "How log lines are written.", _one_of("log-format", FORMATS)),
    ("log-level", "|".join(LEVELS), "Least level that is logged. [info]", _one_of("log-level", LEVELS)),
)


class ServiceOptions(usage.Options):
    """Options of a service whose `catalogue` says which settings it has."""

    catalogue: ClassVar[Catalogue]
    environ: ClassVar[Mapping[str, str]] = os.environ
    provider_kinds: ClassVar[tuple[str, ...]] = (plugins.AUTH,)
    optParameters: ClassVar[list[list[Any]]] = []
    _failed = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Give the class its flags, once: usage.Options adds up those of all bases."""
        super().__init_subclass__(**kwargs)
        if "catalogue" in cls.__dict__:
            cls.optParameters = [
                *([flag, None, None, about, coerce] for flag, _, about, coerce in _COMMON),
                *([choice.flag, None, None, choice.setting.doc, _coerced(choice)]
                  for choice in cls.catalogue.choices)]

    def parseOptions(self, options: list[str] | None = None) -> None:
        """Parse, after choosing the reactor: nothing has imported it by now.

        A mistake raises UsageError; below `twistd` and `twist` it ends the process with one line.
        """
        if self.parent is not None:
            install_fast_reactor(chosen="reactor" in self.parent)
        try:
            super().parseOptions(options)  # type: ignore[no-untyped-call]
        except usage.UsageError as problem:
            self._refuse(self._with_nearest(str(problem)))

    def _refuse(self, problem: str) -> NoReturn:
        self._failed = True
        if self.parent is None:
            raise usage.UsageError(problem) from None
        command = self.catalogue.command
        raise SystemExit(f"rmqtw cannot start: {problem} ({command} --help lists the options)") from None

    def postOptions(self) -> None:
        """Build and check the settings, and set up the log."""
        self._settings = self._build()
        self._check_providers()
        problems = [problem for settings in self._settings.values() for problem in check(settings)]
        problems += self._problems_together()
        if problems:
            raise usage.UsageError("; ".join(dict.fromkeys(problems)))
        if self.parent is not None:
            use_logs(self.parent, self["log-format"], self["log-level"] or "info")
            _drop_pid_file(self.parent)

    def _build(self) -> dict[Any, Any]:
        values = {**self._from_environment(), **self._from_java_file(), **self._from_own_file()}
        values |= {choice.key: self[choice.flag] for choice in self.catalogue.choices
                   if self[choice.flag] is not None}
        try:
            built = self.catalogue.build(self["profile"] or self.catalogue.profile, values)
        except BadSetting as problem:
            raise usage.UsageError(str(problem)) from None
        return {cls: resolved(settings) if isinstance(settings, BrokerSettings) else settings
                for cls, settings in built.items()}

    def _from_environment(self) -> dict[str, Any]:
        """NAMESRV_ADDR, as Apache's broker and clients read it."""
        address = self.environ.get("NAMESRV_ADDR")
        return {"namesrvAddr": address} if address and "namesrvAddr" in self.catalogue.by_key else {}

    def _from_own_file(self) -> dict[str, Any]:
        name = self["config"]
        try:
            return read_own(name, _content("config", name), self.catalogue) if name else {}
        except BadConfiguration as problem:
            raise usage.UsageError(str(problem)) from None

    def _from_java_file(self) -> dict[str, Any]:
        name = self["java-config"]
        if not name:
            return {}
        try:
            loaded = read_java(name, _content("java-config", name), self.catalogue)
        except BadConfiguration as problem:
            raise usage.UsageError(str(problem)) from None
        if warning := loaded.warning(name):
            _log.warn("{warning}", warning=warning)
        return loaded.values

    def _check_providers(self) -> None:
        for settings in self._settings.values():
            for kind in self.provider_kinds:
                text = getattr(settings, kind, None)
                try:
                    if text is not None:
                        plugins.find_maker(kind, text)
                except plugins.UnknownProvider as problem:
                    raise usage.UsageError(f"--{kind}: {problem}") from None

    def _problems_together(self) -> list[str]:
        return []

    def _with_nearest(self, problem: str) -> str:
        """Add what was probably meant to getopt's `option --x not recognized`."""
        words = problem.split()
        if not problem.endswith("not recognized") or not words[1].startswith("--"):
            return problem
        return problem + nearest(words[1][2:], (name.rstrip("=") for name in self.longOpt))

    def opt_help_auth(self) -> NoReturn:
        """List what --auth takes, and exit."""
        self._list(plugins.AUTH)

    def _list(self, kind: str) -> NoReturn:
        print(f"--{kind} takes one of:\n{plugins.describe(kind)}", end="")  # noqa: T201  asked for
        raise SystemExit(0)

    def opt_version(self) -> NoReturn:
        """Print the versions of rmqtw and Twisted, and exit."""
        import rmqtw
        import twisted

        print(f"rmqtw {rmqtw.__version__}, Twisted {twisted.__version__}")  # noqa: T201  asked for
        raise SystemExit(0)

    def getUsage(self, width: int | None = None) -> str:  # noqa: N802  Twisted's name
        """All options in groups; after an error only where to find them."""
        if self._failed:
            return "See --help for the options.\n"
        width = width or int(self.environ.get("COLUMNS") or 80)
        groups = [("General", self._general_rows()), *helptext.setting_groups(self.catalogue)]
        about, command = self.catalogue.about, self.catalogue.command
        opening = helptext.wrapped(helptext.OPENING.format(about=about, command=command), width)
        note = helptext.wrapped(helptext.UNITS_NOTE, width)
        return f"\n{opening}\n\n{helptext.render(groups, width)}\n{note}\n"

    def _general_rows(self) -> list[helptext.Row]:
        own = self.catalogue.by_flag
        given = [helptext.Row(f"--{flag} {form}", about + (f" [{self.catalogue.profile}]" if flag == "profile"
                                                           else ""))
                 for flag, form, about, _ in _COMMON]
        listed = {flag for flag, *_ in _COMMON}.union(own)
        others = [name for name in self.longOpt if name.rstrip("=") not in listed]
        return given + [self._method_row(name) for name in sorted(others)]

    def _method_row(self, name: str) -> helptext.Row:
        """The help of an `opt_` method, which is its docstring."""
        about = " ".join((self.docs[name.rstrip("=")] or "").split())
        return helptext.Row(f"--{name.replace('=', ' DIR')}", about)


class _DataOptions(ServiceOptions):
    """Options of a service that keeps messages."""

    provider_kinds: ClassVar[tuple[str, ...]] = (plugins.AUTH, plugins.STORE)

    def opt_data(self, folder: str) -> None:
        """Short for --store-path-root-dir."""
        self["store-path-root-dir"] = folder

    def opt_help_store(self) -> NoReturn:
        """List what --store takes, and exit."""
        self._list(plugins.STORE)

    @property
    def broker(self) -> BrokerSettings:
        """The broker's settings, once parsed."""
        found: BrokerSettings = self._settings[BrokerSettings]
        return found


class NamesrvOptions(ServiceOptions):
    """What follows `twistd rmq-namesrv`."""

    catalogue = NAMESRV

    @property
    def nameserver(self) -> NameserverSettings:
        """The nameserver's settings, once parsed."""
        found: NameserverSettings = self._settings[NameserverSettings]
        return found


class BrokerOptions(_DataOptions):
    """What follows `twistd rmq-broker`."""

    catalogue = BROKER


class RmqOptions(_DataOptions):
    """What follows `twistd rmq`: a nameserver and a broker that registers at it.

    Where `namesrv_addr` is not given, it is the nameserver of this process, unless that one picks
    a free port: then it stays empty, and whoever starts the two fills it in.
    """

    catalogue = RMQ

    @property
    def nameserver(self) -> NameserverSettings:
        """The nameserver's settings, once parsed."""
        found: NameserverSettings = self._settings[NameserverSettings]
        return found

    def _from_environment(self) -> dict[str, Any]:
        """Nothing: NAMESRV_ADDR may be another cluster's, and this broker has its nameserver beside it."""
        return {}

    def postOptions(self) -> None:
        """Point the broker to the nameserver beside it."""
        super().postOptions()
        if not self.broker.namesrv_addr and self.nameserver.port:
            address = f"{self.nameserver.reachable_host}:{self.nameserver.port}"
            self._settings[BrokerSettings] = attrs.evolve(self.broker, namesrv_addr=address)

    def _problems_together(self) -> list[str]:
        return check_together(self.broker, self.nameserver)


def _drop_pid_file(runner: usage.Options) -> None:
    """In the foreground nobody reads `twistd`'s pid file, and it would refuse a second service in a folder.

    One that was given a name of its own stays.
    """
    if runner.get("nodaemon") and runner.get("pidfile") == _DEFAULT_PID_FILE:
        runner["pidfile"] = ""


def _content(flag: str, name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as problem:
        raise usage.UsageError(f"--{flag}: cannot read {name}: {problem.strerror}") from None
