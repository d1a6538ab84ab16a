"""Connections: the first floor that may touch a reactor."""
