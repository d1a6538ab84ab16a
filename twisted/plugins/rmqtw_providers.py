"""Stores and ways of authenticating that come with rmqtw, chosen by `--store` and `--auth`."""

from rmqtw.declare.plugins import AUTH, STORE, LazyMaker

file_store = LazyMaker(
    STORE, "file", "Files in Apache's format. Without DIR, in --store-path-root-dir.", "DIR",
    "rmqtw.tap.storage.file_store")
memory_store = LazyMaker(
    STORE, "memory", "Memory only; everything is gone when the process ends.", "",
    "rmqtw.tap.storage.memory_store")

loopback_auth = LazyMaker(
    AUTH, "loopback", "Everything for peers on this machine, nothing for others.", "",
    "rmqtw.tap.providers.loopback_auth")
no_auth = LazyMaker(
    AUTH, "none", "Everything for everybody, as Apache's broker does unless told otherwise.", "",
    "rmqtw.tap.providers.no_auth")
