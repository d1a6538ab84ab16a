"""sqlglot comes in pure Python and compiled; `make filters` runs all tests of filters on both."""

from __future__ import annotations

import os

import pytest
from sqlglot import tokenizer_core
from sqlglot.expressions import Expression

from rmqtw.filters.grammar import parse_sql92

ASKED = os.environ.get("RMQTW_SQLGLOT_BUILD")


@pytest.mark.skipif(ASKED is None, reason="make filters says which build it means")
def test_the_build_is_the_one_that_was_asked_for():
    """The compiled build would count as tested when the pure one ran twice."""
    assert ("pure" if str(tokenizer_core.__file__).endswith(".py") else "compiled") == ASKED


def test_trees_are_made_of_stock_nodes():
    """A tool that knows sqlglot would meet nodes that it does not know."""
    tree = parse_sql92(
        "not (a > - 1.5 and b in ('x')) or c between 2 and 10 or d not contains 'x' or e is null"
    ).tree
    assert {type(node).__module__.partition(".")[0] for node in tree.walk()} == {"sqlglot"}
    assert all(isinstance(node, Expression) for node in tree.walk())
