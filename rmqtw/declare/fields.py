"""Wire headers, declared once.

A header is a `msgspec.Struct`. Its annotations pick the codec, a field without a default is
required, and the camelCase wire name follows from the attribute's name::

    class PullRequest(TopicQueueRequest, kw_only=True):
        consumer_group: Annotated[str, field("The group that reads.", resource=GROUP)]
        suspend_timeout_millis: Annotated[Int64, field("How long the broker may hold the pull, ms.")]
        subscription: Annotated[str | None, field("Filter expression.")] = None

Decoding, encoding, range checks, the permission matrix and `docs/wire.md` are derived from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Annotated, Any, Self, TypeVar

import msgspec

Int32 = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class Resource(Enum):
    """What a permission is about."""

    TOPIC = "topic"
    GROUP = "group"
    CLUSTER = "cluster"


def field(about: str, *, resource: Resource | None = None) -> msgspec.Meta:
    """Describe a header field: what it means, and which resource it names, if any."""
    return msgspec.Meta(description=about, extra={"resource": resource})


class MalformedHeader(Exception):
    """A header field is missing, ill-typed or out of range. `str()` names class and field."""


H = TypeVar("H", bound="Header")


class Header(msgspec.Struct, kw_only=True, rename="camel"):
    """Base of every request and response header."""

    @classmethod
    def decode(cls, ext_fields: Mapping[str, Any] | None) -> Self:
        """Build the header from `extFields`; unknown fields are ignored.

        Tolerates numbers and booleans where text is due and text where numbers are, as C++ and
        JavaScript clients send them. Raises `MalformedHeader` naming class and field.
        """
        try:
            return msgspec.convert(ext_fields or {}, cls, strict=False)
        except msgspec.ValidationError:
            return _decode_as_text(cls, ext_fields or {})

    def encode(self) -> dict[str, str]:
        """Return `extFields`: every value as Java's text, fields that are None left out."""
        ext: dict[str, str] = {}
        for name, key in _wire_names(type(self)):
            value = getattr(self, name)
            if value is not None:
                ext[key] = _as_text(value)
        return ext

    @classmethod
    def named_resources(cls) -> tuple[tuple[str, Resource], ...]:
        """Attributes of this header that name a resource, in declaration order."""
        return _named_resources(cls)


def _as_text(value: object) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    return str(value)


def _decode_as_text(cls: type[H], ext_fields: Mapping[str, Any]) -> H:
    """Second try, with every value as the text that Java would have seen."""
    texts = {key: _as_text(value) for key, value in ext_fields.items() if value is not None}
    try:
        return msgspec.convert(texts, cls, strict=False)
    except msgspec.ValidationError as problem:
        raise MalformedHeader(f"{cls.__name__}: {problem}") from None


@cache
def _wire_names(cls: type[Header]) -> tuple[tuple[str, str], ...]:
    return tuple((info.name, info.encode_name) for info in msgspec.structs.fields(cls))


@cache
def _named_resources(cls: type[Header]) -> tuple[tuple[str, Resource], ...]:
    found = []
    for info in msgspec.structs.fields(cls):
        for meta in getattr(info.type, "__metadata__", ()):
            resource = (meta.extra or {}).get("resource") if isinstance(meta, msgspec.Meta) else None
            if resource is not None:
                found.append((info.name, resource))
    return tuple(found)
