"""Why a service cannot start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rmqtw.store.errors import StoreDamaged, StoreError, StoreLocked, StoreUnavailable

_USABLE = "; give this user a folder to read and write there, or choose another with --data"
# The first line whose class fits says what to do; an error of a subclass stands before its base.
_NEXT_STEPS: tuple[tuple[type[StoreError], str], ...] = (
    (StoreLocked, ""),
    (StoreUnavailable, _USABLE),
    (StoreDamaged, "; restore it from a backup, or move it away to start without what is in it"),
    (StoreError, "; choose another folder with --data"),
)


class StartError(Exception):
    """A service cannot start. `str()` is one line: the cause and the next step."""


@contextmanager
def named_causes() -> Iterator[None]:
    """Turn what a person can mend about data or plugins into a `StartError`; the rest passes."""
    try:
        yield
    except StoreError as problem:
        raise StartError(f"{problem}{_next_step(problem)}") from problem
    except OSError as problem:
        name = problem.filename or "the data"
        raise StartError(f"{name} cannot be used: {problem.strerror}{_USABLE}") from problem


@contextmanager
def plugin_causes(setting: str) -> Iterator[None]:
    """Turn the ValueError of a plugin that refuses its argument into a `StartError` naming the setting."""
    try:
        yield
    except ValueError as problem:
        raise StartError(f"--{setting}: {problem}; --help-{setting} lists the plugins") from problem


def _next_step(problem: StoreError) -> str:
    return next(step for kind, step in _NEXT_STEPS if isinstance(problem, kind))
