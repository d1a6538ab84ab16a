"""A server, a client and the requests between them."""

from __future__ import annotations

import pytest

from rmqtw.testing.clock import ManualTime
from rmqtw.testing.network import MemoryNetwork


@pytest.fixture
def time():
    """Time that moves only when told."""
    return ManualTime()


@pytest.fixture
def network(time):
    """A network in memory."""
    return MemoryNetwork(time.clock)


@pytest.fixture
def success_of():
    """The result of a Deferred that has fired."""

    def result_of(deferred):
        got = []
        deferred.addCallback(got.append)
        assert got, f"{deferred} has not fired"
        return got[0]

    return result_of


@pytest.fixture
def failure_of():
    """The failure of a Deferred that has failed."""

    def result_of(deferred, *kinds):
        got = []
        deferred.addErrback(got.append)
        assert got, f"{deferred} has not failed"
        assert not kinds or got[0].check(*kinds), got[0]
        return got[0]

    return result_of
