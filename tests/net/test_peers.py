from __future__ import annotations

import pytest
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress

from rmqtw.net.peers import Peer, is_loopback
from rmqtw.net.stream import host_and_port
from rmqtw.testing.denial import FrameCatcher
from rmqtw.wire.messages import unpack_host


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:10.0.0.1", False),
        ("128.0.0.1", False),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("localhost", False),
        ("", False),
        ("127.0.0.1.example.com", False),
    ],
)
def test_only_addresses_of_this_machine_are_loopback(host, expected):
    """The built-in grants rest on this; a name proves nothing."""
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("host", "address"),
    [("127.0.0.1", "127.0.0.1:4711"), ("::1", "[::1]:4711"), ("fe80::1", "[fe80::1]:4711")],
)
def test_addresses_are_written_as_java_writes_them(host, address):
    """Client lists and born hosts show `ip:port`, IPv6 in brackets; the packed form says the same."""
    peer = Peer(host, 4711, "main", FrameCatcher())
    assert peer.address == address
    assert unpack_host(peer.packed) == (host, 4711)
    assert peer.listener in repr(peer)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (IPv4Address("TCP", "10.0.0.1", 5), ("10.0.0.1", 5)),
        (IPv6Address("TCP", "::ffff:10.0.0.1", 5), ("10.0.0.1", 5)),
        (IPv6Address("TCP", "fe80::1", 5), ("fe80::1", 5)),
        (UNIXAddress("socket"), ("0.0.0.0", 0)),
    ],
)
def test_a_peer_has_one_address_whichever_socket_it_came_to(address, expected):
    """The same client on a dual-stack listener is listed, granted and counted as one."""
    assert host_and_port(address) == expected
