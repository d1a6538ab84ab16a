"""JSON bodies, named like Java's classes."""
