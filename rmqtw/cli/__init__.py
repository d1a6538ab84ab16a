"""The `rmqtw` command."""
