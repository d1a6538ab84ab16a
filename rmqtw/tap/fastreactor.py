"""The fast reactor without a flag: installed while the command line is read.

`twistd` and `twist` import the reactor only after their options have been parsed, so a service's
options can still choose it.
"""

from __future__ import annotations

import sys
from typing import Any

from twisted.logger import Logger

_log = Logger()
_warned: list[str] = []


def install_fast_reactor(*, chosen: bool = False) -> bool:
    """Install `rmqtw.net.reactor` as the process's reactor; True when it is the one in use.

    Another reactor that is installed already stays. That is said in one warning, unless it was
    `chosen` by the user (`--reactor`).
    """
    installed = sys.modules.get("twisted.internet.reactor")
    problem = _install() if installed is None else _other(installed)
    if problem and not chosen and problem not in _warned:
        _warned.append(problem)
        _log.warn("{problem}; sending and receiving cost more CPU time with it", problem=problem)
    return problem is None


def _install() -> str | None:
    try:
        from rmqtw.net.reactor import install
    except ImportError as error:
        return f"this system has no epoll ({error}), so Twisted's default reactor is used"
    install()
    return None


def _other(installed: Any) -> str | None:
    try:
        from rmqtw.net.reactor import FastEPollReactor
    except ImportError:
        return f"this system has no epoll, so {type(installed).__name__} is used"
    if isinstance(installed, FastEPollReactor):
        return None
    return f"{type(installed).__name__} was installed before the options were read"
