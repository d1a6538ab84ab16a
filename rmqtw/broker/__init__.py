"""The broker: messages in, messages out."""
