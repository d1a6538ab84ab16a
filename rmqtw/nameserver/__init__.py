"""The nameserver: who serves which topic."""
