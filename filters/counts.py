"""What filters did, for an operator to see."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Counts:
    """Counters that only grow.

    `compiled` and `refused` expressions, `hits` on what a cache knew already, `evaluations` of
    messages, and `errors` among these: messages that could not be judged and were not delivered.
    """

    compiled: int = 0
    refused: int = 0
    hits: int = 0
    evaluations: int = 0
    errors: int = 0
