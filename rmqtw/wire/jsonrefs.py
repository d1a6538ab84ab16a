"""fastjson's references: `{"$ref":"$.a.b[0]"}` stands for an object that was written before.

`$` is the root, `@` the container that holds the reference, `..` that container's parent. In a path,
characters of a name that are neither letter nor digit are escaped by a backslash (`SerialContext`).
"""

from __future__ import annotations

import re
from typing import Any

from rmqtw.wire.lenientjson import MalformedJson

EXPANSION = 8
"""How many times the values written a text may come to, with all that its references stand for."""

CYCLIC_LIMIT = 10_000
"""Values in a text that refers to what encloses it, as no body of Java's does."""

REFERENCE_LIMIT = 100_000
"""References in one text."""

_CYCLES = 8
_STEP = re.compile(r"\.((?:[^.\[\\]|\\.)+)|\[(\d+)\]|\[\"([^\"]*)\"\]|\['([^']*)'\]", re.DOTALL)

Container = dict[str, Any] | list[Any]


def resolve(root: Any) -> Any:
    """Replace every reference in `root`, in place, by the object itself, shared, and return `root`.

    Raises `MalformedJson` for a path that leads nowhere, and for references that multiply beyond
    `EXPANSION`, `CYCLIC_LIMIT` or `REFERENCE_LIMIT`, which no honest peer sends.
    """
    if _reference(root) is not None:
        raise MalformedJson('"$ref" at the root refers to itself')
    found: list[tuple[Container, Container]] = [(root, root)] if isinstance(root, dict | list) else []
    written, references = 1000, 0
    while found:
        container, parent = found.pop()
        items = _items(container)
        written += len(items)
        for key, item in items:
            path = _reference(item)
            if path is not None:
                references += 1
                container[key] = _target(path, root, container, parent)
            elif isinstance(item, dict | list):
                found.append((item, container))
        if references > REFERENCE_LIMIT:
            raise MalformedJson(f'more than {REFERENCE_LIMIT} "$ref"')
    _Weight().check(root, written * EXPANSION)
    return root


def _items(container: Any) -> list[tuple[Any, Any]]:
    return list(container.items() if isinstance(container, dict) else enumerate(container))


def _reference(value: Any) -> str | None:
    """Return the path of a reference; None for any other value."""
    if isinstance(value, dict) and len(value) == 1:
        path = value.get("$ref")
        return path if isinstance(path, str) else None
    return None


def _target(path: str, root: Any, container: Any, parent: Any) -> Any:
    near = {"$": root, "@": container, "..": parent}
    target = near[path] if path in near else _follow(path, root)
    if _reference(target) is not None:
        raise MalformedJson(f'"$ref" to another reference: {path:.200}')
    return target


def _follow(path: str, root: Any) -> Any:
    node, position = root, 1
    while position < len(path):
        step = _STEP.match(path, position) if path.startswith("$") else None
        if step is None:
            raise MalformedJson(f'"$ref" is not a path: {path:.200}')
        node = _member(node, step, path)
        position = step.end()
    return node


def _member(node: Any, step: re.Match[str], path: str) -> Any:
    name, index = step[1], step[2]
    key: Any = index or step[3] or step[4] or ""
    if name is not None:
        key = re.sub(r"\\(.)", r"\1", name, flags=re.DOTALL)
    try:
        return node[int(index) if index and isinstance(node, list) else key]
    except (LookupError, TypeError, ValueError):
        raise MalformedJson(f'"$ref" leads nowhere: {path:.200}') from None


class _Weight:
    """Counts the values of a tree whose branches may be shared, or lead back."""

    def __init__(self) -> None:
        self._known: dict[int, int] = {}
        self._cycles = 0

    def check(self, root: Any, limit: int) -> None:
        """Raise `MalformedJson` when the tree is beyond the limits."""
        weight = self._weigh(root)
        if self._cycles > _CYCLES or weight > (min(limit, CYCLIC_LIMIT) if self._cycles else limit):
            raise MalformedJson('"$ref" makes too much of this text')

    def _weigh(self, node: Any) -> int:
        if not isinstance(node, dict | list):
            return 1
        known = self._known.get(id(node))
        if known is None:
            self._known[id(node)] = 0
            known = 1 + sum(self._weigh(item) for _, item in _items(node))
            self._known[id(node)] = known
        elif known == 0:
            self._cycles += 1
        return known or 1
