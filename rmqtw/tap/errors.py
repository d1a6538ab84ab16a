"""Why a service cannot start."""

from __future__ import annotations


class StartError(Exception):
    """A service cannot start. `str()` is one line: the cause and the next step."""
