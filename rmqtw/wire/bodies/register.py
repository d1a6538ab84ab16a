"""What a broker tells nameservers: REGISTER_BROKER. Java: `RegisterBrokerBody`.

Plain JSON, or a zlib stream of sections with an int32 length each:

    length DataVersion-JSON | count { length TopicConfig-text } | length filterServerList-JSON
    | count { length TopicQueueMappingInfo-JSON }         the last line from 5.0 on
"""

from __future__ import annotations

import zlib
from struct import Struct
from typing import Self

import msgspec

from rmqtw.wire.bodies.base import Body, DataVersion, MalformedBody
from rmqtw.wire.bodies.topics import TopicConfig, TopicConfigWrapper, TopicQueueMappingInfo
from rmqtw.wire.checksum import body_crc
from rmqtw.wire.inflating import BadStream, inflate

INFLATE_LIMIT = 64 * 1024 * 1024
"""Most bytes that a compressed registration may inflate to, unless said otherwise."""

_INT = Struct(">i")
_ZLIB_FIRST_BYTE = 0x78


class RegisterBrokerBody(Body):
    """All topics of a broker, or those that changed; the receiver merges."""

    topic_config_serialize_wrapper: TopicConfigWrapper = msgspec.field(default_factory=TopicConfigWrapper)
    filter_server_list: list[str] = []

    @classmethod
    def decode(cls, body: bytes | memoryview, limit: int = INFLATE_LIMIT) -> Self:
        """Read either form, told apart by the first byte.

        Java 5.3.3 deflates the body and says `compressed=false`, so the header is not asked.
        Raises `MalformedBody`, also for a stream that inflates to more than `limit` bytes.
        """
        if bytes(body[:1]) == bytes([_ZLIB_FIRST_BYTE]):
            return cls._decode_sections(_Sections(_inflate(bytes(body), limit)))
        return super().decode(body)

    @classmethod
    def _decode_sections(cls, sections: _Sections) -> Self:
        version = DataVersion.decode(sections.take())
        topics = [TopicConfig.from_text(sections.take_text()) for _ in range(sections.count())]
        filters = _FilterServers.decode(b'{"filterServerList":%b}' % sections.take())
        mappings = [TopicQueueMappingInfo.decode(sections.take()) for _ in range(sections.last_count())]
        wrapper = TopicConfigWrapper(
            topic_config_table={topic.topic_name: topic for topic in topics},
            data_version=version,
            topic_queue_mapping_info_map={mapping.topic or "": mapping for mapping in mappings},
        )
        return cls(topic_config_serialize_wrapper=wrapper, filter_server_list=filters.filter_server_list)

    def encode_compressed(self) -> bytes:
        """Write the zlib stream that Java sends with `compressedRegister=true`."""
        wrapper = self.topic_config_serialize_wrapper
        topics = [topic.to_text().encode() for topic in wrapper.topic_config_table.values()]
        mappings = [mapping.encode() for mapping in wrapper.topic_queue_mapping_info_map.values()]
        filters = msgspec.json.encode(self.filter_server_list)
        parts = [_section(wrapper.data_version.encode()), _list(topics), _section(filters), _list(mappings)]
        return zlib.compress(b"".join(parts))


def check_crc(body: bytes | memoryview, expected: int | None) -> None:
    """Compare a body as sent with the header's `bodyCrc32`; none, or 0, compares nothing.

    Raises `MalformedBody` if they differ.
    """
    if expected and body_crc(body) != expected:
        raise MalformedBody(f"RegisterBrokerBody: crc32 is {body_crc(body)}, the header says {expected}")


class _FilterServers(Body):
    filter_server_list: list[str] = []


class _Sections:
    """Reads sections one after another."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def count(self) -> int:
        """Read a number, of bytes or of entries; each entry takes four bytes at least."""
        if self._at + _INT.size > len(self._data):
            raise MalformedBody("RegisterBrokerBody: the stream ends within a length")
        number: int = _INT.unpack_from(self._data, self._at)[0]
        self._at += _INT.size
        if not 0 <= number <= len(self._data) - self._at:
            raise MalformedBody(f"RegisterBrokerBody: length {number} is beyond the end of the stream")
        return number

    def take(self) -> bytes:
        """Read one section."""
        length = self.count()
        section = self._data[self._at : self._at + length]
        self._at += length
        return section

    def take_text(self) -> str:
        """Read one section as UTF-8."""
        try:
            return self.take().decode()
        except UnicodeDecodeError:
            raise MalformedBody("RegisterBrokerBody: a topic is not UTF-8") from None

    def last_count(self) -> int:
        """Read a number of entries if there is anything left; brokers below 5.0 stop before."""
        return self.count() if self._at < len(self._data) else 0


def _inflate(body: bytes, limit: int) -> bytes:
    try:
        return inflate(body, limit)
    except BadStream as problem:
        raise MalformedBody(f"RegisterBrokerBody: it {problem}") from None


def _section(data: bytes) -> bytes:
    return _INT.pack(len(data)) + data


def _list(items: list[bytes]) -> bytes:
    return _INT.pack(len(items)) + b"".join(_section(item) for item in items)
