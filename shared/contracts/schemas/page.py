"""The page about all events, for people."""

import json
from collections.abc import Mapping

from shared.contracts.envelope import EventData
from shared.contracts.schemas.asyncapi import kept, on
from shared.contracts.schemas.derive import Events, Json, is_id, resolved, schema_of
from shared.contracts.topics import TOPICS

PREFACE = """\
<!-- Written by `python -m shared.contracts.generate`. -->
# Events

CloudEvents 1.0 over Kafka in binary mode: attributes in `ce_*` headers, the data below as JSON in the value.
[`asyncapi.json`](asyncapi.json) says the same for machines, with the headers.

A version only ever gains optional fields: ignore fields you do not know. Everything else is a new version beside
the old. Delivery is at least once and in order per person; per `ce_source` and `ce_subject`, drop what is not
above the last `ce_sequence` you handled. `ce_sequence` is a whole number in 20 decimal digits with zeros in front:
compare it as a number. `ce_dataschema` names the schema of the data by its `$id`.

| privacy | what an event of this class tells |
|---|---|
| operational | ids, times and counts; nothing about how a person is doing |
| personal | a fact about an identified person, such as an outcome |
| restricted | a fact only named handlers should see |
| contact | names and addresses; only on the contacts topic |
"""


def page(events: Events, samples: Mapping[str, Json]) -> str:
    """The page for people, in Markdown: every event by topic with its fields and an example."""
    parts = [PREFACE]
    for name, topic in TOPICS.items():
        there = on(name, events)
        parts.append(f"## `{name}`\n\nKeyed by person, {topic.partitions} partitions, {kept(topic)}.\n")
        parts += [_section(events[kind], samples[kind]) for kind in there] or ["No event yet.\n"]
    return "\n".join(parts)


def _section(data: type[EventData], sample: Json) -> str:
    facts, schema = data.facts, schema_of(data)
    source = f"../shared/contracts/schemas/{facts.type}.json"
    rows = [_row(name, field, schema) for name, field in schema["properties"].items()]
    return (
        f"### `{facts.type}`\n\n{schema['description']}\n\n"
        f"Topic `{facts.topic}` · privacy {facts.privacy} · [schema]({source})\n\n"
        "| field | what it holds | required | about |\n|---|---|---|---|\n"
        f"{''.join(rows)}\n```json\n{json.dumps(sample, indent=2, ensure_ascii=False)}\n```\n"
    )


def _row(name: str, field: Json, root: Json) -> str:
    always = "yes" if name in root.get("required", ()) else "no"
    return f"| `{name}` | {_kind(field, root)} | {always} | {field.get('description', '')} |\n"


def _kind(field: Json, root: Json) -> str:
    field = resolved(field, root)
    if "enum" in field:
        return "one of " + ", ".join(f"`{choice}`" for choice in field["enum"])
    if field["type"] == "array":
        return f"list of: {_kind(field['items'], root)}"
    if field["type"] == "object":
        return ", ".join(f"`{name}` ({_kind(part, root)})" for name, part in field["properties"].items())
    if field["type"] != "string":
        return str(field["type"])
    if "pattern" in field:
        return "id" if is_id(field) else "code"
    return {"date-time": "time, UTC", "email": "e-mail address"}.get(field.get("format", ""), "text")
