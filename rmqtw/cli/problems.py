"""Exit codes, and what is said when a command ends badly."""

from __future__ import annotations

OK = 0
REFUSED = 1
USAGE = 2
UNREACHABLE = 3
INTERRUPTED = 130

_HINTS = {
    2: "try again later",
    3: "is this the address of a nameserver or broker of RocketMQ?",
    13: "change the message",
    14: "try again later",
    16: "ask whoever runs the broker for the permission",
    17: "create the topic, or let the broker create topics (autoCreateTopicEnable)",
}
_LOG_HINT = "the server's log may say more"


class Problem(Exception):
    """A command cannot do what it was asked. `str()` is one line: the cause and the next step."""

    def __init__(self, text: str, exit_code: int = REFUSED) -> None:
        super().__init__(text)
        self.exit_code = exit_code


class Interrupted(Exception):
    """The user pressed Ctrl-C."""


class OutputClosed(Exception):
    """Whoever read our output has had enough of it."""


def explained(error: BaseException) -> Problem | None:
    """What to say about a failure of the client's; None for one that nobody expects."""
    from rmqtw.client.errors import UNREACHABLE as NOBODY
    from rmqtw.client.errors import ClientError, NoRoute, cause_of
    from rmqtw.wire.errors import RemotingError
    from rmqtw.wire.messages import MalformedRecord

    if isinstance(error, NoRoute):
        return Problem(str(error))
    if isinstance(error, ClientError):
        return Problem(str(error), UNREACHABLE)
    if isinstance(error, NOBODY):
        return Problem(f"{cause_of(error)}; is the server running?", UNREACHABLE)
    if isinstance(error, RemotingError):
        code = int(error.code)
        return Problem(f"refused (code {code}): {cause_of(error)}; {_HINTS.get(code, _LOG_HINT)}")
    if isinstance(error, MalformedRecord):
        return Problem(f"what the broker sent cannot be read: {error}; {_LOG_HINT}")
    return None
