"""From a raw Kafka record to an event, or to the reason why it is none."""

from collections.abc import Container
from dataclasses import dataclass, replace
from typing import Self

from aiokafka import ConsumerRecord, TopicPartition
from pydantic import ValidationError

from shared.contracts.envelope import EVENTS, Envelope, EventData, Privacy
from shared.contracts.topics import CONTACTS

NOT_A_CLOUDEVENT, SCHEMA = "not_a_cloudevent", "schema"
"""Classes of error beside the names of exceptions; programs and people go by them, so they stay."""


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One record. Exactly one of these holds: `data` is there, `problem` is, it is a tombstone, or of no concern."""

    record: ConsumerRecord
    key: str
    envelope: Envelope | None = None
    data: EventData | None = None
    problem: str | None = None
    error: str | None = None
    """The class of the problem: one of ours below, or the name of the exception that was raised."""
    tombstone: bool = False
    passed_over: str | None = None

    @property
    def subject(self) -> str:
        """`source/subject`: what a sequence is counted for."""
        assert self.envelope is not None
        return f"{self.envelope.source}/{self.envelope.subject}"

    def failed(self, problem: Exception) -> Self:
        """The same record, to be parked for what was raised when it was handled.

        Of what was raised over somebody's contact only the class is kept: its text may repeat a name.
        """
        error = type(problem).__name__
        kind = self.envelope.type if self.envelope else None
        text = error if may_hold_contact(self.record.topic, kind) else f"{error}: {problem}"
        return replace(self, data=None, tombstone=False, problem=text, error=error)


def may_hold_contact(topic: str, type: str | None) -> bool:
    """May a record hold a name or an address: by its topic, or by its type wherever it was put?"""
    declared = EVENTS.get(type or "")
    return topic == CONTACTS.name or (declared is not None and declared.facts.privacy is Privacy.CONTACT)


def topic_partition(record: ConsumerRecord) -> TopicPartition:
    """Where a record is from."""
    return TopicPartition(record.topic, record.partition)


def place_of(record: ConsumerRecord) -> str:
    """The name of a record's place: topic/partition/offset."""
    return f"{record.topic}/{record.partition}/{record.offset}"


def read(record: ConsumerRecord, *, concerns: Container[str] | None = None) -> Arrival:
    """Decode one record.

    An unknown type, and one that is not among those of `concerns`, is passed over and counted; whatever else is
    neither a tombstone nor a CloudEvent with valid data has a `problem`, to be parked. It never raises: anybody may
    have put anything on a topic, and what escaped here would hold up the partition for good.
    """
    key = _key(record)
    if record.value is None:
        return Arrival(record=record, key=key, tombstone=True)
    try:
        envelope = _envelope(record)
    except Exception as problem:  # Whatever it is: a record that can't be read is parked, never a stop.
        reason = f"not a CloudEvent: {_sentence(problem)}"
        return Arrival(record=record, key=key, problem=reason, error=NOT_A_CLOUDEVENT)
    kind = EVENTS.get(envelope.type)
    if kind is None:
        return Arrival(record=record, key=key, envelope=envelope, passed_over="unknown type")
    if concerns is not None and envelope.type not in concerns:
        return Arrival(record=record, key=key, envelope=envelope, passed_over="no reaction")
    try:
        data = kind.model_validate_json(record.value)
    except Exception as problem:
        reason = f"{envelope.type}: data does not fit its schema: {_sentence(problem)}"
        return Arrival(record=record, key=key, envelope=envelope, problem=reason, error=SCHEMA)
    return Arrival(record=record, key=key, envelope=envelope, data=data)


def _key(record: ConsumerRecord) -> str:
    if record.key is None:
        return place_of(record)
    return bytes(record.key).decode("utf-8", "backslashreplace")


def _envelope(record: ConsumerRecord) -> Envelope:
    attributes = {
        name[3:]: value.decode("utf-8") for name, value in record.headers if name.startswith("ce_") and value
    }
    if attributes.get("specversion") != "1.0":
        raise ValueError("header ce_specversion is not 1.0")
    return Envelope.model_validate(attributes)


def _sentence(problem: Exception) -> str:
    if isinstance(problem, ValidationError):
        first = problem.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        return f"{where}: {first['msg']}"
    # Of an error nobody foresaw only the kind: its text may repeat the data.
    return str(problem) if type(problem) is ValueError else type(problem).__name__
