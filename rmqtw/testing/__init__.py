"""Fakes and fixtures for tests of rmqtw and of programs that use it."""
