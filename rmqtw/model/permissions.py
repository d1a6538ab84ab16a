"""Permission bits of topics and brokers (Java: `PermName`)."""

from __future__ import annotations

PRIORITY = 8
READ = 4
WRITE = 2
INHERIT = 1
READ_WRITE = READ | WRITE


def readable(perm: int) -> bool:
    """Whether consumers may read."""
    return bool(perm & READ)


def writable(perm: int) -> bool:
    """Whether producers may write."""
    return bool(perm & WRITE)


def inherited(perm: int) -> bool:
    """Whether topics may be created after this one's model."""
    return bool(perm & INHERIT)


def valid(perm: int) -> bool:
    """Whether these are bits that a topic may be given (Java: `PermName.isValid`)."""
    return 0 <= perm < PRIORITY


def perm_text(perm: int) -> str:
    """Three letters for people: `RWX`, `RW-`, `R--` ... as mqadmin prints them."""
    letters = ((READ, "R"), (WRITE, "W"), (INHERIT, "X"))
    return "".join(letter if perm & bit else "-" for bit, letter in letters)
