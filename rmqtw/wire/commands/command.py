"""What a command is: a code, its headers, and who may use it.

Both ends share a command: a client encodes its request header and decodes its response header, a
server does the reverse and asks `accesses` before a verb runs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Generic, TypeVar

import attrs

from rmqtw.declare.access import Access, Action
from rmqtw.declare.fields import Header, Resource
from rmqtw.wire.names import RETRY_PREFIX, is_retry_topic

Q = TypeVar("Q", bound=Header)
R = TypeVar("R", bound=Header)


class UnruledCommand(TypeError):
    """A command was declared without saying who may use it; it would be open to everybody."""


@attrs.frozen
class Command(Generic[Q, R]):
    """One request code: what it carries and who may use it.

    The rule is the first of these that is there, and a command without any raises
    `UnruledCommand` while it is being imported:

    - `resource`: the action on this kind as a whole (`*`), whatever the header says;
    - `from_body` or `from_header`: a function of command and body or header that lists the accesses;
    - the header's own fields that name a resource.

    `response` is `NoFields` when Java answers without a header; `alternatives` are actions that do as
    well as `action`. Whoever sends to or reads a retry topic does so for its group:
    `%RETRY%g` counts as the group g, and PUB on it as SUB.
    """

    code: int
    request: type[Q]
    response: type[R] | None
    action: Action
    resource: Resource | None = None
    alternatives: tuple[Action, ...] = ()
    from_body: Callable[[Command[Q, R], bytes], list[Access]] | None = None
    from_header: Callable[[Command[Q, R], Q], list[Access]] | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse a command that nobody rules."""
        if self.resource or self.from_body or self.from_header or self.request.named_resources():
            return
        raise UnruledCommand(
            f"{self.request.__name__} of {self.code!r} names no resource: give the Command a"
            " resource=, a from_body=, or mark a field of the header with field(..., resource=)"
        )

    def accesses(self, header: Q, body: bytes = b"") -> list[Access]:
        """List what a request wants; never empty.

        A request that names none of its resources, since all of those fields are optional and
        absent, wants the action on the whole cluster. Raises `MalformedBody` if the rule lies in
        a body that cannot be read.
        """
        if self.resource is not None:
            return [self.access(self.resource, "*")]
        if self.from_body is not None:
            found = self.from_body(self, body)
        elif self.from_header is not None:
            found = self.from_header(self, header)
        else:
            found = self.named_accesses(header)
        return list(dict.fromkeys(found)) or [self.access(Resource.CLUSTER, "*")]

    def named_accesses(self, header: Q) -> list[Access]:
        """List what the header's own fields name; a field that is None names nothing."""
        found = ((kind, getattr(header, name)) for name, kind in self.request.named_resources())
        return [self.access(kind, value) for kind, value in found if value is not None]

    def access(self, kind: Resource, name: str) -> Access:
        """Return this command's action on one resource."""
        return _access(self.action, kind, name, self.alternatives)


@lru_cache(maxsize=4096)
def _access(action: Action, kind: Resource, name: str, alternatives: tuple[Action, ...]) -> Access:
    if kind is Resource.TOPIC and is_retry_topic(name):
        return Access(_on_group(action), Resource.GROUP, name.removeprefix(RETRY_PREFIX), alternatives)
    return Access(action, kind, name, alternatives)


def _on_group(action: Action) -> Action:
    return Action.SUB if action is Action.PUB else action
