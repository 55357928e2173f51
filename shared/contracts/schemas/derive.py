"""What follows from one contract: the JSON Schema of its data, and a first sample."""

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from shared.contracts.envelope import EVENTS, EventData

Json = dict[str, Any]
Events = Mapping[str, type[EventData]]

EXAMPLES: Json = {
    "assessment": "written",
    "attempt": 1,
    "attempts_left": 2,
    "bucket": "peer_support",
    "calendar_sequence": 2,
    "capacity": 12,
    "changes": ["session_moved"],
    "checks_cleared": ["background", "references"],
    "criteria_met": ["lived_experience", "listening"],
    "days_left": 30,
    "deferred_until": "2026-06-01T09:30:00Z",
    "duties": [{"site": "riverside", "duty": "coordinator"}, {"site": "hillside", "duty": "trainer"}],
    "email": "rosa.alvarez@example.org",
    "hours": 6.5,
    "language": "en",
    "minutes": 50,
    "module": "crisis_response",
    "modules": ["communication", "boundaries_ethics"],
    "next_due": "2026-03-09T09:30:00Z",
    "name": "Rosa Alvarez",
    "programme": "core",
    "programme_version": 1,
    "reason": "completed",
    "session": "s2",
    "session_count": 4,
    "site": "riverside",
    "supervised_hours_required": 60.0,
    "time_zone": "America/New_York",
    "topics": ["ethics", "wellbeing"],
    "total": 42.5,
    "training_hours": 46.0,
    "valid_from": "2026-03-02T00:00:00Z",
    "valid_until": "2028-03-02T00:00:00Z",
}
"""What a field of this name holds in a first sample; other fields get a value that fits their schema."""


def declared() -> Events:
    """Every event that `shared.contracts` declares, by `type`, in order; its modules are all imported for it."""
    for module in iter_modules([str(Path(__file__).parents[1])]):
        import_module(f"shared.contracts.{module.name}")
    ours = (name for name, data in EVENTS.items() if data.__module__.startswith("shared.contracts."))
    return {name: EVENTS[name] for name in sorted(ours)}


def schema_of(data: type[EventData]) -> Json:
    """The JSON Schema (draft 2020-12) of one event's data; content it does not know is allowed."""
    schema = data.model_json_schema(mode="serialization")
    words = f"{data.facts.meaning} {schema.pop('description', '')}".strip()
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": data.facts.dataschema}
    return {**head, "title": schema.pop("title"), "description": words, **schema}


def sample_of(data: type[EventData]) -> Json:
    """A first sample of one event's data, with every field, in the form in which it is published."""
    schema = schema_of(data)
    values = {name: _value(name, field, schema) for name, field in schema["properties"].items()}
    written: Json = json.loads(data.model_validate(values).model_dump_json())
    return written


def _value(name: str, field: Json, root: Json) -> Any:
    field = resolved(field, root)
    if "enum" in field:
        return field["enum"][0]
    if name in EXAMPLES:
        return EXAMPLES[name]
    if field["type"] == "array":
        return [_value(f"{name}_{place}", field["items"], root) for place in (1, 2)]
    if field["type"] == "boolean":
        return True
    if field["type"] in {"integer", "number"}:
        return max(1, field.get("minimum", 1))
    if field.get("format") == "date-time":
        return "2026-03-02T09:30:00Z"
    return str(uuid5(NAMESPACE_URL, f"/peerpath/samples/{name}")) if is_id(field) else name


def resolved(field: Json, root: Json) -> Json:
    """The schema that says what a present value is: references followed, `null` left out."""
    if "$ref" in field:
        return {**root["$defs"][field["$ref"].rsplit("/", 1)[-1]], **field}
    if "anyOf" in field:
        [value] = [option for option in field["anyOf"] if option != {"type": "null"}]
        return {**resolved(value, root), **{key: field[key] for key in field if key != "anyOf"}}
    return field


def is_id(field: Json) -> bool:
    """Whether a string field holds an opaque id; a code is lower case only."""
    return "A-Z" in field.get("pattern", "")
