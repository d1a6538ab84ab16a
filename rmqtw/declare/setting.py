"""One setting, declared once: default, unit, bounds, meaning.

Flags, files, samples and documentation are derived from it; see `rmqtw.declare.settings`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

import attrs

from rmqtw.declare.values import ADDRESS, BYTES, MILLISECONDS, PATH, SECONDS, nearest, parse_like, show

V = TypeVar("V", bool, int, str)

PROFILES = ("dev", "safe", "apache")
_UNITS = {None, BYTES, MILLISECONDS, SECONDS, PATH, ADDRESS}


class BadSetting(ValueError):
    """A setting has a value that it must not have. `str()` names key, bound and value."""


@attrs.frozen
class Setting:
    """What is known about one setting; `name` is the attribute, `key` its name in files (Java's)."""

    name: str
    key: str
    default: Any
    doc: str
    group: str
    unit: str | None
    bounds: tuple[int, int] | None
    choices: tuple[str, ...] | None
    live: bool
    remote: bool
    profiles: Mapping[str, Any]

    @property
    def flag(self) -> str:
        """Name on the command line, without the two dashes."""
        return self.name.replace("_", "-")

    def default_in(self, profile: str) -> Any:
        """Default of a profile: `dev`, `safe` or `apache`."""
        return self.profiles.get(profile, self.default)

    def parse(self, text: str, called: str | None = None) -> Any:
        """Read a value from a file or flag. `BadSetting` names `called` (or the key), value and bound."""
        try:
            value = parse_like(self.default, text, self.unit)
        except ValueError as problem:
            raise BadSetting(f"{called or self.key} {problem}, not {text!r}") from None
        self.check(value, called)
        return value

    def check(self, value: Any, called: str | None = None) -> None:
        """Raise `BadSetting` unless the value has the right type and lies within the bounds."""
        complaint = self._complaint(value)
        if complaint:
            raise BadSetting(f"{called or self.key} {complaint}")

    def _complaint(self, value: Any) -> str | None:
        if type(value) is not type(self.default):
            return f"must be of type {type(self.default).__name__}, not {value!r}"
        if self.bounds and not self.bounds[0] <= value <= self.bounds[1]:
            low, high = (show(bound, self.unit) for bound in self.bounds)
            return f"must be between {low} and {high}, not {show(value, self.unit)}"
        if self.choices and value not in self.choices:
            return f"must be {' or '.join(self.choices)}, not {value!r}{nearest(value, self.choices)}"
        if self.unit == ADDRESS and value and not _is_address(value):
            return f"must be an IPv4 or IPv6 address, not {value!r}"
        return None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def setting(
    default: V, doc: str, *, group: str, key: str | None = None, unit: str | None = None,
    bounds: tuple[int, int] | None = None, choices: tuple[str, ...] | None = None,
    live: bool = False, remote: bool = False, safe: V | None = None, apache: V | None = None,
) -> V:
    """Declare a setting as an attrs attribute.

    `default` is that of the `dev` profile; `safe` and `apache` name theirs where they differ.
    `live`: may be assigned while running, and takes effect then. `remote`: may be changed over
    the wire; refused at import for what is not live, and for paths and addresses.
    """
    if unit not in _UNITS:
        raise TypeError(f"unknown unit {unit!r}")
    if remote and (not live or unit in (PATH, ADDRESS)):
        raise TypeError(f"not changeable over the wire: {doc}")
    profiles = {name: value for name, value in (("safe", safe), ("apache", apache)) if value is not None}
    facts = {"key": key, "doc": doc, "group": group, "unit": unit, "bounds": bounds, "choices": choices,
             "live": live, "remote": remote, "profiles": profiles}
    on_setattr = attrs.setters.validate if live else attrs.setters.frozen
    declared: Any = attrs.field(default=default, metadata={Setting: facts}, validator=_validate,
                                on_setattr=on_setattr)
    return declared  # type: ignore[no-any-return]


def _validate(_: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    _described(attribute).check(value)


@cache
def _described(attribute: attrs.Attribute[Any]) -> Setting:
    facts = dict(attribute.metadata[Setting])
    key = facts.pop("key") or _camel(attribute.name)
    return Setting(name=attribute.name, key=key, default=attribute.default, **facts)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def settings_of(cls: type[Any]) -> tuple[Setting, ...]:
    """Every setting of a settings class, in declaration order, those of its bases first."""
    return tuple(_described(field) for field in attrs.fields(cls) if Setting in field.metadata)


def defaults_in(cls: type, profile: str) -> dict[str, Any]:
    """Attribute values of a profile. ValueError naming the profiles when there is no such one."""
    if profile not in PROFILES:
        expected = " or ".join(PROFILES)
        raise ValueError(f"profile must be {expected}, not {profile!r}{nearest(profile, PROFILES)}")
    return {declared.name: declared.default_in(profile) for declared in settings_of(cls)}
