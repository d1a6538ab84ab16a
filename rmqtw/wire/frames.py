"""Remoting frames: `length(4) | serialize type(1) header length(3) | header | body`.

Java: `RemotingCommand`, `NettyDecoder`, `NettyEncoder`. The serialization is detected for each
frame; a server answers in its own and never mirrors the request's.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct

from rmqtw.wire import binaryheader, jsonheader
from rmqtw.wire.jsonheader import TypedCommand, TypedReader, typed_reader
from rmqtw.wire.remoting import (
    FRAME_LIMIT,
    ONEWAY_FLAG,
    RESPONSE_FLAG,
    ExtFields,
    FrameTooLarge,
    MalformedFrame,
    RemotingCommand,
    SerializeType,
)

__all__ = [
    "FRAME_LIMIT",
    "ONEWAY_FLAG",
    "RESPONSE_FLAG",
    "Command",
    "ExtFields",
    "FrameSplitter",
    "FrameTooLarge",
    "MalformedFrame",
    "RemotingCommand",
    "SerializeType",
    "TypedCommand",
    "TypedReader",
    "decode",
    "decode_typed",
    "encode",
    "encode_head",
    "typed_reader",
]

Command = RemotingCommand | TypedCommand

_HEADER_LIMIT = 2**24 - 1
_VIEW_FROM = 64 * 1024  # a copy of less costs no more than a view of it

_word = Struct(">I").unpack_from
_prefix = Struct(">II").pack

_DECODERS: dict[int, Callable[[bytes | memoryview], RemotingCommand | None]] = {
    SerializeType.JSON: jsonheader.decode,
    SerializeType.ROCKETMQ: binaryheader.decode,
}


def decode(frame: bytes | memoryview) -> RemotingCommand | None:
    """Build a command from a frame without its 4 length bytes.

    None for what Java ignores: a frame shorter than 4 bytes, one with neither header nor body, and
    the header `{}`. Raises `MalformedFrame` for anything else that is not a frame.
    """
    if len(frame) < 4:
        return None
    word: int = _word(frame)[0]
    end = 4 + (word & _HEADER_LIMIT)
    if word == 0 and len(frame) == 4:
        return None
    if end > len(frame):
        raise MalformedFrame(f"header of {end - 4} bytes in a frame of {len(frame)}")
    read = _DECODERS.get(word >> 24)
    if read is None:
        raise MalformedFrame(f"serialize type {word >> 24}: only 0 (JSON) and 1 (ROCKETMQ) exist")
    command = read(frame[4:end])
    if command is not None:
        command.body = bytes(frame[end:])
    return command


def decode_typed(frame: bytes | memoryview, read: TypedReader) -> Command | None:
    """The same, with the header's fields in their types when `read` knows them."""
    if len(frame) > 4:
        end: int = 4 + _word(frame)[0]  # with another serialize type than JSON far beyond the frame
        if end <= len(frame) and (command := read(frame[4:end])) is not None:
            body = frame[end:]
            command.body = body if body.__class__ is bytes else bytes(body)
            return command
    return decode(frame)


def encode(command: RemotingCommand) -> bytes:
    """Return a whole frame, length bytes included. Raises `FrameTooLarge` above `FRAME_LIMIT`."""
    return encode_head(command, len(command.body)) + command.body


def encode_head(command: RemotingCommand, body_length: int) -> bytes:
    """Return a frame up to its body, to be followed by `body_length` bytes (`command.body` is unused).

    Raises `FrameTooLarge` when the whole would be longer than `FRAME_LIMIT`.
    """
    kind = command.serialize_type
    header = jsonheader.encode(command) if kind == 0 else binaryheader.encode(command)
    size = len(header)
    length = 4 + size + body_length
    if length + 4 > FRAME_LIMIT:
        raise FrameTooLarge(f"frame of {length + 4} bytes: peers accept {FRAME_LIMIT}")
    return _prefix(length, kind << 24 | size) + header


class FrameSplitter:
    """Cuts a stream of bytes into frames. It holds what arrived of an unfinished frame, no more.

    `limit` is the longest frame accepted, in bytes with its length field; it may be changed between
    calls, as when a connection has proved who it is.
    """

    def __init__(self, limit: int = FRAME_LIMIT) -> None:
        self.limit = limit
        self._held = bytearray()
        self._needed = 0

    @property
    def pending(self) -> int:
        """Bytes held of a frame that is not complete."""
        return len(self._held)

    def feed(self, data: bytes) -> list[bytes | memoryview]:
        """Return the frames completed by `data`, without their length bytes.

        Raises `MalformedFrame` as soon as a length is negative or beyond `limit`; its `frames` are
        those completed before. The splitter is of no use afterwards.
        """
        if self._held:
            self._held += data
            if len(self._held) < self._needed:
                return []
            data = bytes(self._held)
            self._held = bytearray()
        frames, rest = self._split(data)
        if rest < len(data):
            self._held += data[rest:] if rest else data
        return frames

    def _split(self, data: bytes) -> tuple[list[bytes | memoryview], int]:
        """Return the whole frames in `data`, and where the unfinished one begins."""
        frames: list[bytes | memoryview] = []
        position, available = 0, len(data)
        self._needed = 4
        while available - position >= 4:
            size = 4 + _word(data, position)[0]
            end = position + size
            if size > self.limit:
                raise MalformedFrame(f"frame of {size} bytes announced, the limit is {self.limit}", frames)
            if end > available:
                self._needed = size
                break
            frames.append(
                data[position + 4 : end] if size < _VIEW_FROM else memoryview(data)[position + 4 : end]
            )
            position = end
        return frames, position
