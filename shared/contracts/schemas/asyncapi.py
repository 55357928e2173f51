"""The AsyncAPI 3.0 document of all events, for machines (https://www.asyncapi.com/docs/reference)."""

from collections.abc import Mapping

from shared.contracts.envelope import SEQUENCE_DIGITS, Envelope, EventData
from shared.contracts.schemas.derive import Events, Json
from shared.contracts.topics import DAY_MS, TOPICS, Topic


def asyncapi(events: Events, samples: Mapping[str, Json]) -> Json:
    """The AsyncAPI 3.0 document of every topic; payloads refer to the schema files."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Peerpath events",
            "version": "1.0.0",
            "description": "CloudEvents 1.0 over Kafka in binary mode. A version of an event only ever gains "
            "optional fields: ignore what you do not know. Delivery is at least once; per `ce_source` and "
            "`ce_subject`, drop what is not above the last `ce_sequence`, compared as a number.",
        },
        "defaultContentType": "application/json",
        "channels": {name: _channel(topic, events) for name, topic in TOPICS.items()},
        "operations": {f"send.{name}": _operation(name, events) for name in TOPICS if on(name, events)},
        "components": {
            "messages": {name: _message(data, samples[name]) for name, data in events.items()},
            "schemas": {"CloudEventsHeaders": headers_schema()},
        },
    }


def on(topic: str, events: Events) -> list[str]:
    """The types of the events on one topic."""
    return [name for name, data in events.items() if data.facts.topic == topic]


def _channel(topic: Topic, events: Events) -> Json:
    config: Json = {"cleanup.policy": [topic.cleanup]}
    config |= {key: int(value) for key, value in topic.config().items() if key != "cleanup.policy"}
    kafka = {"topic": topic.name, "partitions": topic.partitions, "topicConfiguration": config}
    return {
        "address": topic.name,
        "description": f"Keyed by person, {topic.partitions} partitions, {kept(topic)}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in on(topic.name, events)},
        "bindings": {"kafka": {**kafka, "bindingVersion": "0.5.0"}},
    }


def kept(topic: Topic) -> str:
    """How long a topic keeps its messages, in words."""
    if topic.compacted:
        return (
            f"compacted; an empty value erases the key and stays {topic.delete_retention_ms // DAY_MS} days"
        )
    return f"kept {topic.retention_ms // DAY_MS} days"


def _operation(topic: str, events: Events) -> Json:
    channel = f"#/channels/{topic}"
    messages = [{"$ref": f"{channel}/messages/{name}"} for name in on(topic, events)]
    return {"action": "send", "channel": {"$ref": channel}, "messages": messages}


def _message(data: type[EventData], sample: Json) -> Json:
    facts = data.facts
    schema = {"$ref": f"../shared/contracts/schemas/{facts.type}.json"}
    key = {"type": "string", "description": "The partition key, the same as in `ce_partitionkey`."}
    return {
        "name": facts.type,
        "title": data.__name__,
        "summary": facts.meaning,
        "contentType": "application/json",
        "tags": [{"name": f"privacy:{facts.privacy}"}],
        "headers": {"$ref": "#/components/schemas/CloudEventsHeaders"},
        "payload": {"schemaFormat": "application/schema+json;version=draft-2020-12", "schema": schema},
        "bindings": {"kafka": {"key": key, "bindingVersion": "0.5.0"}},
        "examples": [{"name": "sample", "payload": sample}],
    }


def headers_schema() -> Json:
    """The CloudEvents attributes as Kafka headers, each UTF-8 text."""
    about: dict[str, Json] = {
        "time": {"format": "date-time"},
        "sequence": {"pattern": f"^[0-9]{{{SEQUENCE_DIGITS}}}$"},
        "dataschema": {"format": "uri"},
        "source": {"format": "uri-reference"},
    }
    names = {f"ce_{name}": field for name, field in Envelope.model_fields.items()}
    properties: Json = {"ce_specversion": {"type": "string", "const": "1.0"}}
    for name, field in names.items():
        words = {"description": field.description} if field.description else {}
        properties[name] = {"type": "string", **about.get(name[3:], {}), **words}
    properties["content-type"] = {"type": "string", "const": "application/json"}
    required = [name for name in properties if name not in names or names[name].is_required()]
    return {"type": "object", "required": required, "properties": properties}
