"""rmqtw: a RocketMQ-compatible nameserver, broker and client on Twisted."""

__version__ = "0.1.0"
