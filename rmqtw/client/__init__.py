"""Sending and reading messages from a Twisted program.

`Client` knows nameservers and brokers; `Producer` sends; `Reader` follows the queues of a topic.
Every Deferred can be awaited.
"""
