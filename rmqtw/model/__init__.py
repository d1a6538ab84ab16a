"""Decisions about topics, groups, offsets and queues, as pure values."""
