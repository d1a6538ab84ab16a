"""What a request wants: an action on a named resource.

Here, on the lowest floor, because every command on the wire declares its accesses; the
interfaces that judge them are in `rmqtw.interfaces.security`.
"""

from __future__ import annotations

from enum import Enum

import attrs

from rmqtw.declare.fields import Resource


class Action(Enum):
    """What a command does to the resources it names.

    `ANY` is what every authenticated principal may do (a producer saying that it lives). It is
    asked for like the others, so that an authorizer that denies everything denies it too.
    """

    ANY = "any"
    PUB = "pub"
    SUB = "sub"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    GET = "get"
    LIST = "list"


@attrs.frozen
class Access:
    """One thing a request wants: an action on a named resource.

    `name` is the topic or group; `*` for a resource of kind CLUSTER. Whoever may do one of the
    `alternatives` to the resource may do this as well (a route is open to who may PUB, SUB or GET).
    """

    action: Action
    kind: Resource
    name: str
    alternatives: tuple[Action, ...] = ()

    @property
    def actions(self) -> tuple[Action, ...]:
        """The action and its alternatives: a grant of one of them is enough."""
        return (self.action, *self.alternatives)
