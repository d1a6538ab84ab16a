"""Wire headers, declared once.

A header is a `msgspec.Struct`. Its annotations pick the codec, a field without a default is
required, and the camelCase wire name follows from the attribute's name::

    class PullRequest(TopicQueueRequest, kw_only=True):
        consumer_group: Annotated[str, field("The group that reads.", resource=GROUP)]
        suspend_timeout_millis: Annotated[Int64, field("How long the broker may hold the pull, ms.")]
        subscription: Annotated[str | None, field("Filter expression.")] = None

An irregular wire name is given with `msgspec.field(name=...)`. Decoding, encoding, range checks,
the permission matrix and `docs/wire.md` are derived from the declaration.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Annotated, Any, Self, TypeVar

import msgspec

Int32 = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]

_FIELD_OF_PROBLEM = re.compile(r"(?:required field `(?P<missing>\w+)`| - at `\$\.(?P<path>\w+)`)")


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


class Header(msgspec.Struct, kw_only=True, rename="camel", gc=False):
    """Base of every request and response header."""

    @classmethod
    def decode(cls, ext_fields: Mapping[str, Any] | None) -> Self:
        """Build the header from `extFields`; unknown fields are ignored.

        Tolerates numbers and booleans where text is due and text where numbers are, as C++ and
        JavaScript clients send them, and nulls where a field has a default. Raises
        `MalformedHeader` naming class and field.
        """
        try:
            return msgspec.convert(ext_fields or {}, cls, strict=False)
        except msgspec.ValidationError:
            return _decode_as_text(cls, ext_fields or {})

    def encode(self) -> dict[str, str]:
        """Return `extFields`: every value as Java's text, fields that are None left out."""
        return {
            key: value if type(value) is str else str(value) if type(value) is int else _as_text(value)
            for key, value in zip(_wire_keys(type(self)), msgspec.structs.astuple(self), strict=False)
            if value is not None
        }

    @classmethod
    def named_resources(cls) -> tuple[tuple[str, Resource], ...]:
        """Attributes of this header that name a resource, in declaration order."""
        return _named_resources(cls)


class NoFields(Header):
    """A header without fields, of a command whose request or response carries a body at most."""


def about(info: msgspec.structs.FieldInfo) -> str:
    """Return what `field` said about a header field; empty if it has no description."""
    return next((meta.description for meta in _metas(info) if meta.description), "")


def field_resource(info: msgspec.structs.FieldInfo) -> Resource | None:
    """Return the kind of resource that a header field names, or None."""
    kinds = ((meta.extra or {}).get("resource") for meta in _metas(info))
    return next((kind for kind in kinds if isinstance(kind, Resource)), None)


def _as_text(value: object) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    return value.name if isinstance(value, Enum) else str(value)


def _decode_as_text(cls: type[H], ext_fields: Mapping[str, Any]) -> H:
    """Second try, with every value as the text that Java would have seen."""
    texts = {key: _as_text(value) for key, value in ext_fields.items() if value is not None}
    try:
        return msgspec.convert(texts, cls, strict=False)
    except msgspec.ValidationError as problem:
        raise MalformedHeader(_explain(cls, str(problem))) from None


def _explain(cls: type[Header], problem: str) -> str:
    """Put the field's name in front of msgspec's words; the one-letter key of V2 in brackets."""
    found = _FIELD_OF_PROBLEM.search(problem)
    if found is None:
        return f"{cls.__name__}: {problem}"
    key = found["missing"] or found["path"]
    name = next((info.name for info in msgspec.structs.fields(cls) if info.encode_name == key), key)
    label = key if name == key or len(key) > 1 else f"{_camel(name)} ({key})"
    reason = "the required field is missing" if found["missing"] else problem[: found.start()]
    return f"{cls.__name__}.{label}: {reason}"


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


@cache
def _wire_keys(cls: type[Header]) -> tuple[str, ...]:
    return tuple(info.encode_name for info in msgspec.structs.fields(cls))


@cache
def _named_resources(cls: type[Header]) -> tuple[tuple[str, Resource], ...]:
    kinds = ((info.name, field_resource(info)) for info in msgspec.structs.fields(cls))
    return tuple((name, kind) for name, kind in kinds if kind is not None)


def _metas(info: msgspec.structs.FieldInfo) -> tuple[msgspec.Meta, ...]:
    return tuple(meta for meta in getattr(info.type, "__metadata__", ()) if isinstance(meta, msgspec.Meta))
