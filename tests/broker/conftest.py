"""A world with a broker in it."""

from __future__ import annotations

import pytest

from tests.broker.world import World


@pytest.fixture
def make_world():
    """Make worlds; after the test, nothing of them may be left."""
    worlds = []

    def make(**arguments):
        worlds.append(World(**arguments))
        return worlds[-1]

    yield make
    for world in worlds:
        world.stop()


@pytest.fixture
def world(make_world):
    """A world with the settings of the dev profile."""
    return make_world()


@pytest.fixture
def client(world):
    """A connection to its broker."""
    return world.connect()
