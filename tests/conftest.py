"""What holds for every test: nothing is left behind, and no error is lost."""

import gc

from rmqtw.testing.leaks import logged_errors, no_leaks  # noqa: F401  fixtures, found by their names


def pytest_collection_finish():
    """Leave what importing made out of every later collection: `no_leaks` collects after each test."""
    gc.collect()
    gc.freeze()
