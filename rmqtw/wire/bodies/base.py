"""What JSON bodies have in common: lenient reading, compact writing.

Java: `RemotingSerializable`, that is fastjson. A member that is absent or null has the value that
Java's constructor gives it, unknown members are skipped, numbers may come as text and text as
numbers, enumerations by name or by number.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Self

import msgspec

from rmqtw.wire import fastjson
from rmqtw.wire.fastjson import MalformedJson


class MalformedBody(Exception):
    """A body cannot be read. `str()` names the body's class and what is wrong."""


class Body(msgspec.Struct, kw_only=True, rename="camel"):
    """Base of every JSON body, and of the objects inside of one."""

    @classmethod
    def decode(cls, body: bytes | memoryview) -> Self:
        """Read a body. Raises `MalformedBody` naming class, member and cause."""
        text = bytes(body)
        try:
            return fastjson.decode(text, cls)
        except MalformedJson:
            pass
        try:
            return fastjson.decode(_with_texts_only(text), cls)
        except (MalformedJson, RecursionError) as problem:
            found = str(problem).removeprefix(f"{cls.__name__}: ")
            raise MalformedBody(f"{cls.__name__}: {found}") from None

    def encode(self) -> bytes:
        """Write compact JSON, every key quoted, members that are None left out."""
        return fastjson.dumps(self)


class JavaEnum(Enum):
    """A Java enumeration: read by name or by number, written by name.

    Members stand in Java's order. What is neither counts as `_fallback()`, where Java has null.
    """

    @classmethod
    def _fallback(cls) -> Self:
        return next(iter(cls))

    @classmethod
    def _missing_(cls, value: object) -> Self:
        numbers = {str(number): member for number, member in enumerate(cls)}
        return numbers.get(str(value)) or cls._fallback()


class DataVersion(Body):
    """Tells versions of a table apart. Java: `DataVersion`; `timestamp` in ms."""

    state_version: int = 0
    timestamp: int = 0
    counter: int = 0


def _with_texts_only(text: bytes) -> bytes:
    """Second try: nulls dropped, and every scalar as text, from which any type is read."""
    return msgspec.json.encode(_as_texts(fastjson.loads(text)))


def _as_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_texts(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_as_texts(item) for item in value if item is not None]
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
