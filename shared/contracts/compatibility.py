"""Whether the schema of an event still keeps the promise of the schema that was published before.

The promise goes both ways: yesterday's schema accepts today's data, and today's code reads yesterday's data.
Within one version only two things keep it: a new optional field, and other words (title, description).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.contracts.envelope import SCHEMA_NAMES

Schema = Mapping[str, Any]

WORDS = frozenset({"$comment", "$defs", "$id", "$schema", "description", "examples", "title"})
"""Keywords that tell a reader something and a validator nothing."""
ABSENT = "absent"


def breaking_changes(old_schema: Schema, new_schema: Schema) -> list[str]:
    """One sentence per change of `new_schema` that breaks the promise of `old_schema`, with the remedy.

    Both are object schemas of draft 2020-12 whose references point into their own `$defs` and do not recur.
    """
    name = str(old_schema.get("$id", "the event")).removeprefix(SCHEMA_NAMES)
    remedy = (
        "Leave this version as it was and declare a new version beside the old: event(..., version=<next>)"
    )
    old, new = _plain(old_schema, old_schema), _plain(new_schema, new_schema)
    return [f"{name}: {change}. {remedy}." for change in _changes(old, new, "")]


def _plain(node: Any, root: Schema) -> Any:
    """The node without its words, with every reference replaced by what it refers to."""
    if isinstance(node, list):
        return [_plain(part, root) for part in node]
    if not isinstance(node, Mapping):
        return node
    if "$ref" in node:
        target = root["$defs"][node["$ref"].rsplit("/", 1)[-1]]
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    plain = {key: _plain(value, root) for key, value in node.items() if key not in WORDS | {"properties"}}
    if "properties" in node:
        plain["properties"] = {name: _plain(field, root) for name, field in node["properties"].items()}
    return plain


def _changes(old: Schema, new: Schema, path: str) -> Iterator[str]:
    yield from _fields(old, new, path)
    where = f"field `{path}`" if path else "the data as a whole"
    for key in sorted((old.keys() | new.keys()) - {"properties", "required"}):
        before, after = old.get(key, ABSENT), new.get(key, ABSENT)
        if key == "items" and isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _changes(before, after, f"{path}[]")
        elif before != after:
            yield f"`{key}` of {where} was {before} and is now {after}"


def _fields(old: Schema, new: Schema, path: str) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    must, must_now = set(old.get("required", ())), set(new.get("required", ()))
    inside = f"{path}." if path else ""
    for name in before:
        if name in after:
            yield from _changes(before[name], after[name], inside + name)
        else:
            yield f"field `{inside}{name}` is gone"
    for name in sorted(must_now - must):
        yield f"field `{inside}{name}` is required now, and older events do not have it"
    for name in sorted((must - must_now) & after.keys()):
        yield f"field `{inside}{name}` may be missing now, and its readers count on it"
