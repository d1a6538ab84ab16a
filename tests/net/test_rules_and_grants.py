"""A remembered grant covers only requests that want the same."""

from __future__ import annotations

import pytest

from rmqtw.net.routes import Route
from rmqtw.wire import commands


@pytest.mark.parametrize("command", [
    commands.END_TRANSACTION, commands.UNREGISTER_CLIENT, commands.GET_CONSUME_STATS, commands.HEART_BEAT,
])  # fmt: skip
def test_a_rule_beyond_the_marked_fields_is_asked_each_time(command):
    """Who may end transactions of one producer group could end those of another."""
    assert Route(command, print).names is None
