"""Messages as the commit log stores them and as pulls carry them.

One record, big endian (Java: `CommitLog`, `MessageDecoder`)::

    TOTALSIZE 4  MAGICCODE 4  BODYCRC 4  QUEUEID 4  FLAG 4  QUEUEOFFSET 8  PHYSICALOFFSET 8
    SYSFLAG 4  BORNTIMESTAMP 8  BORNHOST 8|20  STORETIMESTAMP 8  STOREHOST 8|20  RECONSUMETIMES 4
    PREPAREDTRANSACTIONOFFSET 8  BODY 4+n  TOPIC 1+n (V1) | 2+n (V2)  PROPERTIES 2+n

A host is 4 or 16 bytes of IP address and a port of 4. V2 is for topics over 127 bytes.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from ipaddress import ip_address
from struct import Struct

import msgspec

from rmqtw.wire import properties as props
from rmqtw.wire.checksum import CRC_MASK, body_crc, crc32
from rmqtw.wire.errors import MessageIllegal
from rmqtw.wire.ids import offset_message_id, tags_code

MAGIC_V1 = 0xDAA320A7
MAGIC_V2 = 0xDAA320AB
MAGIC_BLANK = 0xCBD43194
BLANK_LEAST = 8

BODY_LIMIT = 4 * 1024 * 1024
PROPERTIES_LIMIT = props.LIMIT
V1_TOPIC_LIMIT = 127
STORED_TOPIC_LIMIT = 255

COMPRESSED_FLAG = 0x1
MULTI_TAGS_FLAG = 0x2
TRANSACTION_NOT = 0x0
TRANSACTION_PREPARED = 0x4
TRANSACTION_COMMIT = 0x8
TRANSACTION_ROLLBACK = 0xC
TRANSACTION_MASK = 0xC
BORN_HOST_V6_FLAG = 0x10
STORE_HOST_V6_FLAG = 0x20
NEED_UNWRAP_FLAG = 0x40
INNER_BATCH_FLAG = 0x80
COMPRESSION_TYPE_MASK = 0x700  # 0 and 3: zlib, 1: LZ4 frame, 2: Zstandard
_HOST_FLAGS = BORN_HOST_V6_FLAG | STORE_HOST_V6_FLAG

Buffer = bytes | bytearray | memoryview


class MalformedRecord(Exception):
    """Bytes that should be a record are none. `str()` names the cause and the offset."""


class Message(msgspec.Struct, gc=False):
    """A message on its way into a store; times are milliseconds of the wall clock.

    `properties` is Java's text in UTF-8, exactly as it will be stored. `born_host` and
    `store_host` are packed by `pack_host`. `tags_code` is what the consume queue will keep: the
    tag's hash, or a delivery time.
    """

    topic: str
    queue_id: int
    flag: int
    sys_flag: int
    body: bytes | bytearray | memoryview
    properties: bytes
    born_timestamp: int
    born_host: bytes
    store_host: bytes
    reconsume_times: int = 0
    prepared_transaction_offset: int = 0
    tags_code: int = 0


class StoredMessage(Message, gc=False, kw_only=True):
    """A message read from a record, with where it lies.

    `body` is a slice of the buffer that was decoded (no copy for a memoryview); `tags_code` is the
    hash of its TAGS; `size` is the whole record's.
    """

    queue_offset: int
    position: int
    store_timestamp: int
    body_crc: int
    size: int

    @property
    def message_id(self) -> str:
        """The offset message id."""
        return offset_message_id(self.store_host, self.position)


class _Layout:
    """Offsets and structs of a record's head for one pair of host lengths."""

    def __init__(self, born_length: int, store_length: int) -> None:
        head = Struct(f">IIIiiqqiq{born_length}sq{store_length}siqi")
        self.pack = head.pack
        self.unpack_from = head.unpack_from
        self.outline = Struct(f">II20xqi8x{born_length}xq{store_length}x12xi").unpack_from
        self.size = head.size
        self.flags = (BORN_HOST_V6_FLAG if born_length == 20 else 0) | (
            STORE_HOST_V6_FLAG if store_length == 20 else 0
        )


_LAYOUTS = {(born, store): _Layout(born, store) for born in (8, 20) for store in (8, 20)}
_BY_FLAGS = {layout.flags: layout for layout in _LAYOUTS.values()}
_START = Struct(">II")
_SYS_FLAG = Struct(">i")
_SYS_FLAG_OFFSET = 36
_LENGTH = Struct(">h")
_RECORD_MAGICS = (MAGIC_V1, MAGIC_V2)
_V1_LEAST = _LAYOUTS[8, 8].size + 3


def encode_record(
    message: Message, queue_offset: int, position: int, store_timestamp: int
) -> tuple[bytes, Buffer, bytes]:
    """Write a record as (head, body, tail) for a scatter write; the body is the message's own, uncopied.

    The IPv6 bits of the system flag follow from the hosts' lengths. Raises `MessageIllegal` for a
    topic or properties too long for a record, and for numbers that do not fit.
    """
    body, stored = message.body, message.properties
    born_host, store_host = message.born_host, message.store_host
    layout = _LAYOUTS.get((len(born_host), len(store_host))) or _layout_of(message)
    magic, topic = _topic_piece(message.topic)
    body_length, stored_length = len(body), len(stored)
    try:
        head = layout.pack(
            layout.size + body_length + len(topic) + 2 + stored_length,
            magic,
            crc32(body) & CRC_MASK,
            message.queue_id,
            message.flag,
            queue_offset,
            position,
            message.sys_flag & ~_HOST_FLAGS | layout.flags,
            message.born_timestamp,
            born_host,
            store_timestamp,
            store_host,
            message.reconsume_times,
            message.prepared_transaction_offset,
            body_length,
        )
        return head, body, topic + _LENGTH.pack(stored_length) + stored
    except struct.error as problem:
        raise _too_large(message, problem) from None


def record_size(message: Message) -> int:
    """Return how many bytes `encode_record` will make. Raises `MessageIllegal` as it does."""
    topic = _topic_piece(message.topic)[1]
    return _layout_of(message).size + len(message.body) + len(topic) + 2 + len(message.properties)


def check_limits(
    body_length: int,
    properties_length: int,
    body_limit: int = BODY_LIMIT,
    properties_limit: int = PROPERTIES_LIMIT,
) -> None:
    """Raise `MessageIllegal` (13) naming the limit when a body or properties text is too long."""
    if body_length > body_limit:
        raise MessageIllegal(f"the message body has {body_length} bytes, the limit is {body_limit}")
    if properties_length > properties_limit:
        raise MessageIllegal(
            f"the message properties have {properties_length} bytes, the limit is {properties_limit}"
        )


def frame_record(buffer: Buffer, offset: int = 0) -> tuple[int, int]:
    """Return (size, magic) of what starts at `offset`: a record or a blank filler.

    Raises `MalformedRecord` when there are less than 8 bytes, the magic is unknown, or the size is
    impossible. The size may reach beyond the buffer.
    """
    if offset < 0 or len(buffer) - offset < _START.size:
        raise MalformedRecord(f"less than {_START.size} bytes at {offset}")
    size, magic = _START.unpack_from(buffer, offset)
    least = BLANK_LEAST if magic == MAGIC_BLANK else _V1_LEAST
    if magic not in (MAGIC_V1, MAGIC_V2, MAGIC_BLANK):
        raise MalformedRecord(f"magic {magic:08x} at {offset} is no record's")
    if not least <= size <= 0x7FFFFFFF:
        raise MalformedRecord(f"size {size} at {offset} is impossible")
    return size, magic


def decode_record(buffer: Buffer, offset: int = 0, *, check_crc: bool = True) -> StoredMessage:
    """Read the record that starts at `offset`; raises `MalformedRecord`, and nothing else.

    Every length must agree with the record's size, and the body with its checksum unless
    `check_crc` is False.
    """
    size, magic = frame_record(buffer, offset)
    if magic == MAGIC_BLANK:
        raise MalformedRecord(f"blank filler at {offset}, not a record")
    end = offset + size
    if end > len(buffer):
        raise MalformedRecord(f"record of {size} bytes at {offset}, {len(buffer) - offset} are there")
    try:
        message = _decode_fields(buffer, offset, end, magic)
    except (struct.error, UnicodeDecodeError) as problem:
        raise MalformedRecord(f"record at {offset}: {problem}") from None
    if check_crc and message.body_crc != body_crc(message.body):
        raise MalformedRecord(f"record at {offset}: body does not match its checksum")
    return message


def decode_outline(record: Buffer) -> tuple[int, int, int, str, bytes]:
    """Read (system flag, position, store timestamp, topic, properties) of one whole record.

    For those who look at very many. Every length must agree with the record's size, but the body is
    not looked at. Raises `MalformedRecord`.
    """
    try:
        (sys_flag,) = _SYS_FLAG.unpack_from(record, _SYS_FLAG_OFFSET)
        layout = _BY_FLAGS[sys_flag & _HOST_FLAGS]
        size, magic, position, sys_flag, time, body_length = layout.outline(record)
        if size != len(record) or magic not in _RECORD_MAGICS or body_length < 0:
            raise MalformedRecord(f"size {size}, magic {magic:08x}, body {body_length}: no record")
        topic, stored = _decode_tail(record, layout.size + body_length, size, magic)
    except (struct.error, IndexError, UnicodeDecodeError) as problem:
        raise MalformedRecord(str(problem)) from None
    return sys_flag, position, time, topic, stored


def split_records(buffer: Buffer) -> list[memoryview]:
    """Cut a run of whole records, such as a pull's body, into its records, without copying.

    Goes by the records' sizes alone: what a body holds is never taken for a record. Raises
    `MalformedRecord` for anything that is not a run of whole records.
    """
    view = memoryview(buffer)
    records = []
    offset = 0
    while offset < len(view):
        size, magic = frame_record(view, offset)
        if magic == MAGIC_BLANK or offset + size > len(view):
            raise MalformedRecord(f"no whole record at {offset} of {len(view)} bytes")
        records.append(view[offset : offset + size])
        offset += size
    return records


def blank(size: int) -> bytes:
    """The filler that ends a log file: `size` is what is left of the file, at least 8.

    Only its first 8 bytes are written; the rest of the file stays zero.
    """
    return _START.pack(size, MAGIC_BLANK)


def pack_host(host: str, port: int) -> bytes:
    """Pack an IP address and a port: 8 bytes for IPv4, 20 for IPv6. ValueError for a host name."""
    return ip_address(host).packed + port.to_bytes(4, "big", signed=True)


def unpack_host(packed: bytes) -> tuple[str, int]:
    """Return (host, port) of a packed host. ValueError for a wrong length."""
    if len(packed) not in (8, 20):
        raise ValueError(f"a packed host has 8 or 20 bytes, not {len(packed)}")
    return str(ip_address(packed[:-4])), int.from_bytes(packed[-4:], "big", signed=True)


def host_text(packed: bytes) -> str:
    """Return `ip:port` of a packed host, as RocketMQ writes addresses (IPv6 in brackets)."""
    host, port = unpack_host(packed)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _layout_of(message: Message) -> _Layout:
    layout = _LAYOUTS.get((len(message.born_host), len(message.store_host)))
    if layout is None:
        lengths = f"{len(message.born_host)} and {len(message.store_host)}"
        raise MessageIllegal(f"born and store host have 8 or 20 bytes, not {lengths}")
    return layout


@lru_cache(maxsize=4096)
def _topic_piece(topic: str) -> tuple[int, bytes]:
    """(magic, length and name of the topic), V2 when one signed byte cannot hold the length."""
    name = topic.encode("utf-8", "replace")
    if not 0 < len(name) <= STORED_TOPIC_LIMIT:
        raise MessageIllegal(f"the topic has {len(name)} bytes, 1 to {STORED_TOPIC_LIMIT} are allowed")
    if len(name) <= V1_TOPIC_LIMIT:
        return MAGIC_V1, bytes((len(name),)) + name
    return MAGIC_V2, _LENGTH.pack(len(name)) + name


def _decode_fields(buffer: Buffer, offset: int, end: int, magic: int) -> StoredMessage:
    (sys_flag,) = _SYS_FLAG.unpack_from(buffer, offset + _SYS_FLAG_OFFSET)
    layout = _BY_FLAGS[sys_flag & _HOST_FLAGS]
    (
        size, _, crc, queue_id, flag, queue_offset, position, sys_flag, born_timestamp, born_host,
        store_timestamp, store_host, reconsume_times, prepared_offset, body_length,
    ) = layout.unpack_from(buffer, offset)  # fmt: skip
    start = offset + layout.size
    body_end = start + body_length
    if body_length < 0 or body_end >= end:
        raise MalformedRecord(f"record at {offset}: body length {body_length} does not fit")
    topic, stored = _decode_tail(buffer, body_end, end, magic)
    return StoredMessage(
        topic, queue_id, flag, sys_flag, buffer[start:body_end], stored, born_timestamp, born_host,
        store_host, reconsume_times, prepared_offset, tags_code(props.find_text(stored, props.TAGS)),
        queue_offset=queue_offset, position=position, store_timestamp=store_timestamp,
        body_crc=crc, size=size,
    )  # fmt: skip


def _decode_tail(buffer: Buffer, start: int, end: int, magic: int) -> tuple[str, bytes]:
    """(topic, properties) behind the body."""
    if magic == MAGIC_V1:
        topic_length, start = buffer[start], start + 1
    else:
        topic_length, start = _LENGTH.unpack_from(buffer, start)[0], start + 2
    topic_end = start + topic_length
    longest = V1_TOPIC_LIMIT if magic == MAGIC_V1 else end
    if not 0 < topic_length <= longest or topic_end + 2 > end:
        raise MalformedRecord(f"topic length {topic_length} does not fit")
    properties_start = topic_end + 2
    (properties_length,) = _LENGTH.unpack_from(buffer, topic_end)
    if properties_length != end - properties_start:
        raise MalformedRecord(f"properties length {properties_length} does not fit")
    topic = str(buffer[start:topic_end], "utf-8")
    return topic, bytes(buffer[properties_start:end])


def _too_large(message: Message, problem: struct.error) -> MessageIllegal:
    return MessageIllegal(
        f"the message does not fit a record ({problem}): properties {len(message.properties)},"
        f" body {len(message.body)} bytes"
    )
