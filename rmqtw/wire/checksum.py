"""CRC-32 of message bodies: isal's where it is installed (extra `fast`), else zlib's."""

from __future__ import annotations

try:
    from isal.isal_zlib import crc32
except ImportError:
    from zlib import crc32

__all__ = ["CRC_MASK", "body_crc", "crc32"]

CRC_MASK = 0x7FFFFFFF


def body_crc(body: bytes | bytearray | memoryview) -> int:
    """Return a record's BODYCRC: the CRC-32 without its top bit (Java: `UtilAll.crc32`)."""
    return crc32(body) & CRC_MASK
