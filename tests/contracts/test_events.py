"""What is true of every event, and of its envelope on the wire."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema

from shared.contracts.envelope import Privacy
from shared.contracts.generate import ASYNCAPI, ROOT
from shared.contracts.topics import CONTACTS, TOPICS
from shared.messaging import records
from shared.messaging.outbox import event_row, kafka_headers
from shared.storage.mongo import Document
from tests.contracts.golden import EVENTS, complaints, read, stored, stored_schema

NOW = datetime(2026, 3, 2, 9, 30, 0, 123000, tzinfo=UTC)
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
CONTACT_WORDS = frozenset({"name", "names", "email", "mail", "phone", "address", "notes", "note", "text"})


def row(type: str) -> Document:
    """The outbox row of a stored sample."""
    return event_row(read(type), id="event-1", subject="subject-1", sequence=7, now=NOW, traceparent=TRACE)


def fields(schema: Any) -> Iterator[tuple[str, Any]]:
    """Every field of a schema with its own schema, those of nested objects included."""
    for part in (schema, *schema.get("$defs", {}).values()):
        yield from part.get("properties", {}).items()


def strings(schema: Any) -> Iterator[Any]:
    """Every schema of a string in a schema."""
    if isinstance(schema, dict):
        if schema.get("type") == "string":
            yield schema
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            yield from strings(part)


def test_types_are_unique() -> None:
    """No two classes share a type, and no class has two."""
    assert len({data.facts.type for data in EVENTS.values()}) == len(EVENTS) == len(set(EVENTS.values()))


@pytest.mark.parametrize("type", EVENTS)
def test_a_type_is_named_right_and_on_a_declared_topic(type: str) -> None:
    """The type is `peerpath.<service>.<subject>.<action>.v<N>`, on the topic and from the source of its service."""
    facts = EVENTS[type].facts
    named = re.fullmatch(r"peerpath\.([a-z]+)\.[a-z_]+\.[a-z_]+\.v[1-9][0-9]*", type)
    assert named
    assert facts.type == type
    assert facts.topic in TOPICS
    assert facts.topic.startswith(f"peerpath.{named[1]}.")
    assert facts.source == f"/peerpath/{named[1]}"
    assert facts.dataschema == stored_schema(type)["$id"] == f"urn:peerpath:schema:{type}"
    assert facts.meaning.endswith(".")


@pytest.mark.parametrize("type", EVENTS)
def test_contact_data_is_on_the_contacts_topic_only(type: str) -> None:
    """Elsewhere no field is named like contact data or free text, and no string is free text."""
    if EVENTS[type].facts.topic == CONTACTS.name:
        assert EVENTS[type].facts.privacy is Privacy.CONTACT
        return
    assert EVENTS[type].facts.privacy is not Privacy.CONTACT
    schema = stored_schema(type)
    assert [name for name, _ in fields(schema) if CONTACT_WORDS & set(name.split("_"))] == []
    free = [text for text in strings(schema) if not {"pattern", "enum", "const", "format"} & text.keys()]
    assert free == []
    assert [text for text in strings(schema) if text.get("format") not in {None, "date-time"}] == []


@pytest.mark.parametrize("type", EVENTS)
def test_the_cloudevents_sdk_reads_the_outbox_row(type: str) -> None:
    """A subscriber with the CloudEvents SDK gets every attribute, every extension and the data."""
    sent = row(type)
    message = KafkaMessage(headers=sent["headers"], key=sent["key"], value=sent["value"])
    event = from_binary_event(message)
    facts, data = EVENTS[type].facts, read(type)
    assert event.get_specversion() == "1.0"
    assert (event.get_id(), event.get_source(), event.get_type()) == ("event-1", facts.source, type)
    assert (event.get_subject(), event.get_time()) == ("subject-1", NOW)
    assert (event.get_dataschema(), event.get_datacontenttype()) == (facts.dataschema, "application/json")
    extensions = {
        name: event.get_extension(name) for name in ("partitionkey", "sequence", "siteid", "traceparent")
    }
    assert extensions == {
        "partitionkey": data.partition_key(),
        "sequence": "00000000000000000007",
        "siteid": data.site,
        "traceparent": TRACE,
    }
    assert event.get_data() == json.loads(data.model_dump_json())
    assert sent["topic"] == facts.topic


@pytest.mark.parametrize("type", EVENTS)
def test_our_own_consumers_read_the_outbox_row(type: str) -> None:
    """A reaction gets the same data and the same envelope from the record on the topic."""
    sent = row(type)
    record = ConsumerRecord(
        topic=sent["topic"],
        partition=0,
        offset=0,
        timestamp=0,
        timestamp_type=0,
        checksum=None,
        key=sent["key"],
        value=sent["value"],
        headers=kafka_headers(sent),
        serialized_key_size=len(sent["key"]),
        serialized_value_size=len(sent["value"]),
    )
    arrival = records.read(record)
    assert (arrival.problem, arrival.passed_over) == (None, None)
    assert (arrival.data, arrival.key) == (read(type), read(type).partition_key())
    assert arrival.envelope is not None
    assert (arrival.envelope.id, arrival.envelope.sequence, arrival.envelope.time) == ("event-1", 7, NOW)


@pytest.mark.parametrize("type", EVENTS)
def test_the_asyncapi_document_describes_what_is_sent(type: str) -> None:
    """Headers and data of a message are valid under the schemas that the document names for it."""
    document = stored(ASYNCAPI)
    message = document["components"]["messages"][type]
    headers = {name: value.decode() for name, value in row(type)["headers"].items()}
    schema = document["components"]["schemas"]["CloudEventsHeaders"]
    assert complaints(schema, headers) == []
    assert headers.keys() <= schema["properties"].keys()
    payload = (ROOT / ASYNCAPI.parent / message["payload"]["schema"]["$ref"]).resolve()
    assert complaints(json.loads(payload.read_text()), message["examples"][0]["payload"]) == []
    assert json.loads(payload.read_text())["$id"] == f"urn:peerpath:schema:{message['name']}"


def test_the_asyncapi_document_is_whole() -> None:
    """It is AsyncAPI 3.0, has a channel per topic as declared, and every reference leads somewhere."""
    document = stored(ASYNCAPI)
    ApplicationSchema.model_validate(document)
    assert document["asyncapi"] == "3.0.0"
    for name, topic in TOPICS.items():
        kafka = document["channels"][name]["bindings"]["kafka"]
        assert (kafka["topic"], kafka["partitions"]) == (name, topic.partitions)
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', (ROOT / ASYNCAPI).read_text())):
        found = document
        for step in reference.split("/"):
            found = found[step]
    carried = [name for channel in document["channels"].values() for name in channel["messages"]]
    assert sorted(carried) == sorted(EVENTS)
