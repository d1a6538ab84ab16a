"""Producers and consumers on Twisted."""
