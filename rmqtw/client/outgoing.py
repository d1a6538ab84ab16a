"""The properties that a message is sent with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rmqtw.wire import properties

_SET_BY_US = {
    properties.TAGS: "is set by the tag",
    properties.KEYS: "is set by the keys",
    properties.UNIQ_KEY: "is made for each message",
    properties.WAIT: "is set by the producer",
}


def message_properties(
    unique_key: str, tags: str | None, keys: Sequence[str], user_properties: Mapping[str, str]
) -> bytes:
    r"""Write the properties of one message.

    Raises `ValueError`, naming the property, for names that the client sets itself, for an empty name
    or value, and for the separators `\x01` and `\x02`. One key with blanks in it counts as several.
    """
    for name, value in user_properties.items():
        _check(name, value)
    own = {properties.KEYS: _joined(keys), properties.UNIQ_KEY: unique_key, properties.WAIT: "true"}
    tagged = {properties.TAGS: tags or ""}
    every = {**user_properties, **own, **tagged}
    return properties.render({name: value for name, value in every.items() if value})


def _joined(keys: Sequence[str]) -> str:
    return keys if isinstance(keys, str) else properties.KEY_SEPARATOR.join(keys)


def _check(name: str, value: str) -> None:
    if name in _SET_BY_US:
        raise ValueError(f"property {name} {_SET_BY_US[name]}; choose another name")
    if not name.strip() or not value.strip():
        raise ValueError(f"property {name!r} needs a name and a value, neither of them blank")
