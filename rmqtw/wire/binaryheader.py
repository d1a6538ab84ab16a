"""The ROCKETMQ header of a frame. Java: `RocketMQSerializable`.

`code 2 | language 1 | version 2 | opaque 4 | flag 4 | remark length 4, UTF-8 | extFields length 4,
entries (key length 2, UTF-8, value length 4, UTF-8)`, big-endian and signed.

It cannot carry everything: codes lose all but their low 16 bits, a version its high ones, an empty
text arrives as none, an unknown language is written as OTHER.
"""

from __future__ import annotations

from struct import Struct
from typing import AnyStr, cast

from rmqtw.wire.codes import LanguageCode
from rmqtw.wire.remoting import ExtFields, MalformedFrame, RemotingCommand, SerializeType, texts_of

_FIXED = Struct(">hBhii")
_FIXED_OUT = Struct(">HBHii")
_INT16 = Struct(">h")
_INT32 = Struct(">i")
_int16 = _INT16.unpack_from
_int32 = _INT32.unpack_from
_KEY_LIMIT = 2**15 - 1

_NAMES = {code.value: code.name for code in LanguageCode}
_ORDINALS: dict[str | None, int] = {code.name: code.value for code in LanguageCode}


def decode(header: bytes | memoryview) -> RemotingCommand:
    """Build a command, without its body, from a frame's header.

    The code is the signed 16-bit number that was sent. Raises `MalformedFrame` for a length that
    reaches beyond the header. Bad UTF-8 becomes U+FFFD, as in Java.
    """
    if len(header) < _FIXED.size:
        raise MalformedFrame(f"binary header of {len(header)} bytes, its fixed part has {_FIXED.size}")
    header = bytes(header)
    code, language, version, opaque, flag = _FIXED.unpack_from(header)
    remark, position = _slice(header, _FIXED.size, "remark")
    fields, _ = _slice(header, position, "extFields")
    return RemotingCommand(
        code=code,
        opaque=opaque,
        flag=flag,
        version=version,
        language=_NAMES.get(language),
        remark=remark.decode("utf-8", "replace") or None,
        ext_fields=_decode_fields(fields) if fields else None,
        serialize_type=SerializeType.ROCKETMQ,
    )


def encode(command: RemotingCommand) -> bytes:
    """Write a command's header. Raises `ValueError` for a field name longer than 32767 bytes."""
    fixed = _FIXED_OUT.pack(
        command.code & 0xFFFF,
        _ORDINALS.get(command.language, LanguageCode.OTHER),
        command.version & 0xFFFF,
        command.opaque,
        command.flag,
    )
    remark = (command.remark or "").encode()
    fields = _encode_fields(command.ext_fields) if command.ext_fields else b""
    return b"".join((fixed, _INT32.pack(len(remark)), remark, _INT32.pack(len(fields)), fields))


def _decode_fields(data: bytes) -> ExtFields:
    """Read all entries; one with an empty key or value is dropped, for Java reads that as null."""
    if not data.isascii():
        entries = _entries(data, data)
        return {
            str(key, "utf-8", "replace"): str(value, "utf-8", "replace") for key, value in entries.items()
        }
    return cast("ExtFields", _entries(data, data.decode()))


def _entries(data: bytes, text: AnyStr) -> dict[AnyStr, AnyStr]:
    """Cut names and values out of `text`, which is `data` itself or the same decoded from ASCII."""
    entries: dict[AnyStr, AnyStr] = {}
    position, end = 0, len(data)
    while position < end:
        start = position + 2
        middle = start + (_int16(data, position)[0] if start <= end else end)
        if not start <= middle <= end - 4:
            raise _bad_length("a field's name", position)
        position = middle + 4 + _int32(data, middle)[0]
        if not middle + 4 <= position <= end:
            raise _bad_length("a field's value", middle)
        if middle > start and position > middle + 4:
            entries[text[start:middle]] = text[middle + 4 : position]
    return entries


def _encode_fields(fields: ExtFields) -> bytes:
    parts: list[bytes] = []
    for key, value in texts_of(fields).items():
        name, text = key.encode(), value.encode()
        if len(name) > _KEY_LIMIT:
            raise ValueError(f"field name of {len(name)} bytes: a binary header takes {_KEY_LIMIT}")
        parts += _INT16.pack(len(name)), name, _INT32.pack(len(text)), text
    return b"".join(parts)


def _slice(header: bytes, position: int, what: str) -> tuple[bytes, int]:
    """Return the bytes behind a 4-byte length, and where they end."""
    start = position + 4
    size = _int32(header, position)[0] if start <= len(header) else -1
    if not 0 <= size <= len(header) - start:
        raise _bad_length(what, position)
    return header[start : start + size], start + size


def _bad_length(what: str, position: int) -> MalformedFrame:
    return MalformedFrame(f"binary header: bad length of {what} at byte {position}")
