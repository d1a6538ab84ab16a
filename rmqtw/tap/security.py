"""Who may do what on a listener, from the setting `auth`."""

from __future__ import annotations

from typing import Any

from rmqtw.declare.plugins import AUTH, ProviderContext, find_maker
from rmqtw.declare.settings import ServerSettings
from rmqtw.net.turns import end_of_turn
from rmqtw.security.policy import Security
from rmqtw.tap.errors import plugin_causes
from rmqtw.tap.surroundings import wall


def security_of(settings: ServerSettings, reactor: Any) -> Security:
    """The four that every request is shown to. `StartError` when the plugin refuses its argument."""
    with plugin_causes(AUTH):
        maker, argument = find_maker(AUTH, settings.auth)
        context = ProviderContext(settings, reactor, wall, end_of_turn(reactor))
        made: Security = maker.make(argument, context)
    return made
