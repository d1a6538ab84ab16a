"""Addresses of nameservers, as people type them."""

from __future__ import annotations

import pytest

from rmqtw.tap.clients import addresses_of


@pytest.mark.parametrize(
    "text",
    ["http://127.0.0.1:9876", "127.0.0.1", ":9876", "host:", "host:0", "host:65536", "a b:1", "::1:9876", ""],
)
def test_what_is_no_address_is_refused(text):
    """A slip in an address would end in a traceback from deep below."""
    with pytest.raises(ValueError, match="give HOST:PORT"):
        addresses_of(text)


def test_addresses_are_taken_apart():
    """Nobody could name two nameservers, a host with dashes or an IPv6 address."""
    assert addresses_of("ns-1.example:9876; [::1]:9876") == ["ns-1.example:9876", "[::1]:9876"]
