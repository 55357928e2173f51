"""What a document was and what it becomes, field by field, for an operator's eyes.

What a field's type does not say to be an id, a code, a number or a time is not shown: it may be a name, an address or
a note about somebody.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from shared.domain.aggregate import Aggregate
from shared.storage.mongo import Document

Path = tuple[str | int, ...]
ALWAYS_SHOWN = frozenset({"_id", "id", "site"})
BOOKKEEPING = frozenset({"version", "last_event"})
"""How often a document was saved, and what it announced last: says nothing about what is in it."""


class Becomes(StrEnum):
    """What happens to a document."""

    CHANGES = "changes"
    APPEARS = "appears"
    VANISHES = "vanishes"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One document; `fields` are texts before and after, by path, None where there is no such field."""

    collection: str
    id: str
    becomes: Becomes
    fields: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)


def difference(
    kind: type[Aggregate],
    id: str,
    before: Document | None,
    after: Document | None,
    *,
    aside: Collection[str] = (),
) -> Difference | None:
    """What distinguishes two states of a document; None where nothing does, or only what is `aside`."""
    if before is None and after is None:
        return None
    old, new = dict(_leaves(before or {})), dict(_leaves(after or {}))
    passed_over = BOOKKEEPING | set(aside)
    paths = [
        path
        for path in dict.fromkeys((*old, *new))
        if (path not in old or path not in new or old[path] != new[path]) and _named(path) not in passed_over
    ]
    if before is not None and after is not None:
        if not paths:
            return None
        becomes = Becomes.CHANGES
    else:
        becomes = Becomes.APPEARS if before is None else Becomes.VANISHES
    fields = {
        ".".join(map(str, path)): (_told(kind, path, old), _told(kind, path, new))
        for path in paths
        if path != ("_id",)
    }
    return Difference(collection=kind.collection, id=id, becomes=becomes, fields=fields)


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    inside: Any = ()
    if isinstance(value, Mapping):
        inside = value.items()
    elif isinstance(value, list):
        inside = enumerate(value)
    if not inside or not value:
        if path:
            yield path, value
        return
    for part, one in inside:
        yield from _leaves(one, (*path, part))


def _named(path: Path) -> str:
    return ".".join(part for part in path if isinstance(part, str))


def _told(kind: type[Aggregate], path: Path, leaves: Mapping[Path, Any]) -> str | None:
    if path not in leaves:
        return None
    value = leaves[path]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and not may_be_shown(kind, path):
        return f"(text of {len(value)})"
    if isinstance(value, bytes):
        return f"({len(value)} bytes)"
    return str(value)


def may_be_shown(kind: type[Aggregate], path: Path) -> bool:
    """Does the type of this text field say that it is an id, a code, a time or one of a list?"""
    if path[0] in ALWAYS_SHOWN:
        return True
    root = _schema(kind)
    nodes = _meant(root, root)
    for part in path:
        nodes = [found for node in nodes for inner in _inside(node, part) for found in _meant(root, inner)]
    harmless = ("pattern", "enum", "const")
    return bool(nodes) and any(
        any(word in node for word in harmless) or node.get("format") == "date-time" for node in nodes
    )


@cache
def _schema(kind: type[Aggregate]) -> dict[str, Any]:
    return kind.model_json_schema()


def _meant(root: dict[str, Any], node: dict[str, Any]) -> list[dict[str, Any]]:
    """The node itself, or what it refers to or leaves the choice of."""
    if "$ref" in node:
        return _meant(root, root["$defs"][node["$ref"].rpartition("/")[2]])
    choice = node.get("anyOf") or node.get("oneOf")
    return [found for one in choice for found in _meant(root, one)] if choice else [node]


def _inside(node: dict[str, Any], part: str | int) -> list[dict[str, Any]]:
    if isinstance(part, int):
        several = node.get("prefixItems", ())
        one = several[part] if part < len(several) else node.get("items")
        return [one] if isinstance(one, dict) else []
    if part in node.get("properties", {}):
        return [node["properties"][part]]
    others = [node.get("additionalProperties"), *node.get("patternProperties", {}).values()]
    return [one for one in others if isinstance(one, dict)]
