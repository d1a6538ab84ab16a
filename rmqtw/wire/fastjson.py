"""JSON as Apache RocketMQ's fastjson reads and writes it, in bodies and in configuration files.

Reading tries strict JSON first and then what fastjson 1 and 2 write beside it: map keys that are
bare objects (`{{"topic":"T"}:0}`), unquoted keys, single quotes, surplus commas, and
`{"$ref":"$.path"}` for an object written before.

Writing is compact, every key quoted, null members left out, the keys of an `ObjectKeyMap` as bare
objects, and never a `$ref`.
"""

from __future__ import annotations

import re
from collections import UserDict
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_origin

import msgspec

from rmqtw.wire.jsonrefs import resolve
from rmqtw.wire.lenientjson import LenientReader, MalformedJson

__all__ = [
    "DEPTH_LIMIT",
    "LENIENT_LIMIT",
    "SIZE_LIMIT",
    "MalformedJson",
    "ObjectKeyMap",
    "decode",
    "dumps",
    "loads",
]

SIZE_LIMIT = 16 * 1024 * 1024
"""Default for the longest text read, in bytes or characters."""

LENIENT_LIMIT = 1024 * 1024
"""Default for the longest text that needs the lenient reader, which takes up to a second or two for it.
Strict JSON, also with bare numbers and names as keys, does not need it."""

DEPTH_LIMIT = 128
"""Default for the deepest nesting read in fastjson's dialect."""

_BARE_KEY = re.compile(r"([{,]\s*)(-?\d+|[A-Za-z_$][\w$]*)\s*:")
# A text that nobody ends reaches to the end: otherwise every quote in it would be tried as a start.
_QUOTED = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)
_PAIRS = "\0pairs"

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


class ObjectKeyMap(UserDict[K, V]):
    """A map keyed by objects, as Java's `Map<MessageQueue, ...>`.

    Keys are frozen `msgspec.Struct`s, so that they hash. As the type of a Struct's field, e.g.
    `ObjectKeyMap[MessageQueue, int]`, it is read from bare and from stringified object keys alike.
    """


def loads(
    data: bytes | str,
    *,
    limit: int = SIZE_LIMIT,
    lenient_limit: int = LENIENT_LIMIT,
    depth: int = DEPTH_LIMIT,
) -> Any:
    """Return the value of a text, references resolved.

    An object used as a key becomes its compact JSON text; unquoted keys become text. Raises
    `MalformedJson`, naming the character, also for a text beyond the limits, for nesting beyond `depth`
    and for bytes that are not UTF-8.
    """
    if len(data) > limit:
        raise MalformedJson(f"text of {len(data)}, at most {limit} are read")
    try:
        value = _strict(data)
        if value is _NOT_STRICT:
            value = _read_dialect(_text(data), lenient_limit, depth)
        return resolve(value) if _has_reference(data) else value
    except RecursionError:
        raise MalformedJson("text is nested too deeply") from None


def decode(data: bytes, kind: type[T], *, limit: int = SIZE_LIMIT) -> T:
    """Return a text's value as `kind`, with texts taken for numbers where numbers are due.

    Raises `MalformedJson` as `loads` does, and for a value of another shape, naming its path.
    """
    if len(data) <= limit and not _has_reference(data):
        try:
            value: T = _decoder(cast("Any", kind)).decode(data)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            pass  # not strict JSON, or ill-shaped: below it is read again, and the error gets a name
        else:
            return value
    return _convert(loads(data, limit=limit), kind)


def dumps(value: Any) -> bytes:
    """Write plain values, Structs and `ObjectKeyMap`s. Members that are None are left out."""
    text = _encoder.encode(value)
    if b":null" in text:
        text = _encoder.encode(_without_nulls(msgspec.to_builtins(value, str_keys=True, enc_hook=_as_pairs)))
    return text


_NOT_STRICT = object()


def _strict(data: bytes | str) -> Any:
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, ValueError):
        return _NOT_STRICT


def _read_dialect(text: str, limit: int, depth: int) -> Any:
    value = _strict(_with_keys_quoted(text))
    if value is not _NOT_STRICT:
        return value
    if len(text) > limit:
        raise MalformedJson(f"text of {len(text)} that is not strict JSON, at most {limit} are read")
    return LenientReader(text, depth, lambda key: dumps(key).decode()).read()


def _with_keys_quoted(text: str) -> str:
    """Quote numbers and names used as keys, unless a quoted text holds what looks like one."""
    if _BARE_KEY.search("".join(_QUOTED.findall(text))):
        return text
    return _BARE_KEY.sub(r'\1"\2":', text)


def _has_reference(data: bytes | str) -> bool:
    return "$ref" in data if isinstance(data, str) else b"$ref" in data


def _text(data: bytes | str) -> str:
    try:
        return data if isinstance(data, str) else str(data, "utf-8")
    except UnicodeDecodeError as problem:
        raise MalformedJson(f"expected UTF-8 at byte {problem.start}: {problem.reason}") from None


def _convert(value: Any, kind: type[T]) -> T:
    try:
        return msgspec.convert(value, kind, strict=False, dec_hook=_from_plain)
    except (msgspec.ValidationError, RecursionError) as problem:
        raise MalformedJson(f"{getattr(kind, '__name__', kind)}: {problem}") from None


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, strict=False, dec_hook=_from_plain)


def _from_plain(kind: Any, value: Any) -> Any:
    """Build an `ObjectKeyMap` from a dict whose keys are JSON texts."""
    if get_origin(kind) is not ObjectKeyMap or not isinstance(value, dict):
        raise TypeError(f"expected an object with objects as keys, got {type(value).__name__}")
    key_kind, value_kind = get_args(kind)
    return ObjectKeyMap(
        {decode(key.encode(), key_kind): _convert(item, value_kind) for key, item in value.items()}
    )


def _as_raw(value: Any) -> msgspec.Raw:
    """Tell the encoder how an `ObjectKeyMap` is written."""
    if not isinstance(value, ObjectKeyMap):
        raise TypeError(f"{type(value).__name__} has no JSON form")
    return _raw(list(value.items()))


def _raw(pairs: list[tuple[Any, Any]]) -> msgspec.Raw:
    return msgspec.Raw(b"{%b}" % b",".join(b"%b:%b" % (dumps(key), dumps(item)) for key, item in pairs))


def _as_pairs(value: Any) -> dict[str, Any]:
    return {_PAIRS: [list(pair) for pair in value.items()]}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        if next(iter(value), None) is _PAIRS:  # by identity: a peer may send such a key, but not this one
            return _raw(value[_PAIRS])
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


_encoder = msgspec.json.Encoder(enc_hook=_as_raw)
