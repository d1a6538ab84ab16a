"""Bytes in, values out: everything on the wire, without a socket or a clock."""
