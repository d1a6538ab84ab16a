"""Which settings each command takes, and under which key.

`twistd rmq` runs a nameserver and a broker in one process: a setting that both have is given
once and goes to both, except the nameserver's port, which is called `namesrvListenPort` there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from rmqtw.declare.setting import Setting, settings_of
from rmqtw.declare.settings import BrokerSettings, NameserverSettings, ServerSettings

_OWN_IN_RMQ = {"listen_port": ("namesrvListenPort", "namesrv-listen-port")}


@attrs.frozen
class Choice:
    """One setting as a command offers it; `targets` are the classes that get its value."""

    key: str
    flag: str
    setting: Setting
    targets: tuple[type[ServerSettings], ...]


@attrs.frozen
class Catalogue:
    """All settings of one command, and the profile it starts from."""

    command: str
    profile: str
    about: str
    choices: tuple[Choice, ...]
    classes: tuple[type[ServerSettings], ...]

    @property
    def by_key(self) -> dict[str, Choice]:
        """Choices by their key in files."""
        return {choice.key: choice for choice in self.choices}

    @property
    def by_flag(self) -> dict[str, Choice]:
        """Choices by their flag, without dashes."""
        return {choice.flag: choice for choice in self.choices}

    def build(self, profile: str, values: Mapping[str, Any]) -> dict[type[ServerSettings], Any]:
        """Settings of every class: the profile's, with `values` (by key) laid over them.

        Raises `BadSetting` for a value out of bounds and ValueError for an unknown profile.
        """
        return {cls: cls.for_profile(profile, **self._values_for(cls, values)) for cls in self.classes}

    def _values_for(self, cls: type[ServerSettings], values: Mapping[str, Any]) -> dict[str, Any]:
        known = self.by_key
        return {known[key].setting.name: value for key, value in values.items() if cls in known[key].targets}


def _alone(cls: type[ServerSettings]) -> tuple[Choice, ...]:
    return tuple(Choice(item.key, item.flag, item, (cls,)) for item in settings_of(cls))


def _together() -> tuple[Choice, ...]:
    shared = {item.name for item in settings_of(ServerSettings)} - set(_OWN_IN_RMQ)
    both, broker = (BrokerSettings, NameserverSettings), (BrokerSettings,)
    choices = [Choice(item.key, item.flag, item, both if item.name in shared else broker)
               for item in settings_of(BrokerSettings)]
    for item in settings_of(NameserverSettings):
        if item.name not in shared:
            key, flag = _OWN_IN_RMQ.get(item.name, (item.key, item.flag))
            choices.append(Choice(key, flag, item, (NameserverSettings,)))
    return tuple(choices)


NAMESRV = Catalogue("rmq-namesrv", "safe", "Nameserver", _alone(NameserverSettings), (NameserverSettings,))
BROKER = Catalogue("rmq-broker", "safe", "Broker", _alone(BrokerSettings), (BrokerSettings,))
RMQ = Catalogue("rmq", "dev", "Nameserver and broker in one process", _together(),
                (NameserverSettings, BrokerSettings))
CATALOGUES = (NAMESRV, BROKER, RMQ)
