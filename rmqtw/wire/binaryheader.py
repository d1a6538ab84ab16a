"""The ROCKETMQ header of a frame. Java: `RocketMQSerializable`.

`code 2 | language 1 | version 2 | opaque 4 | flag 4 | remark length 4, UTF-8 | extFields length 4,
entries (key length 2, UTF-8, value length 4, UTF-8)`, big-endian and signed.

It cannot carry everything: codes lose all but their low 16 bits, a version its high ones, an empty
text arrives as none, an unknown language is written as OTHER.
"""

from __future__ import annotations

from struct import Struct

from rmqtw.wire.codes import LanguageCode
from rmqtw.wire.remoting import ExtFields, MalformedFrame, RemotingCommand, SerializeType, texts_of

_FIXED = Struct(">hBhii")
_FIXED_OUT = Struct(">HBHii")
_INT16 = Struct(">h")
_INT32 = Struct(">i")
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
    code, language, version, opaque, flag = _FIXED.unpack_from(header)
    remark, position = _read(header, _FIXED.size, _INT32, "remark")
    fields, _ = _slice(header, position, _INT32, "extFields")
    return RemotingCommand(
        code=code,
        opaque=opaque,
        flag=flag,
        version=version,
        language=_NAMES.get(language),
        remark=remark or None,
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


def _decode_fields(data: bytes | memoryview) -> ExtFields:
    """Read all entries; one with an empty key or value is dropped, for Java reads that as null."""
    fields: ExtFields = {}
    position = 0
    while position < len(data):
        key, position = _read(data, position, _INT16, "a field's name")
        value, position = _read(data, position, _INT32, "a field's value")
        if key and value:
            fields[key] = value
    return fields


def _encode_fields(fields: ExtFields) -> bytes:
    parts: list[bytes] = []
    for key, value in texts_of(fields).items():
        name, text = key.encode(), value.encode()
        if len(name) > _KEY_LIMIT:
            raise ValueError(f"field name of {len(name)} bytes: a binary header takes {_KEY_LIMIT}")
        parts += (_INT16.pack(len(name)), name, _INT32.pack(len(text)), text)
    return b"".join(parts)


def _read(data: bytes | memoryview, position: int, length: Struct, what: str) -> tuple[str, int]:
    text, end = _slice(data, position, length, what)
    return str(text, "utf-8", "replace"), end


def _slice(
    data: bytes | memoryview, position: int, length: Struct, what: str
) -> tuple[bytes | memoryview, int]:
    """Return the bytes behind a length field, and where they end."""
    start = position + length.size
    size = length.unpack_from(data, position)[0] if start <= len(data) else -1
    if not 0 <= size <= len(data) - start:
        raise MalformedFrame(f"binary header: bad length of {what} at byte {position}")
    return data[start : start + size], start + size
