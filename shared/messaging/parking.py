"""Parking: an event that can't be handled waits in the open, and later events of its key queue behind it.

A parked key is one document with a version; its events are rows of their own, in order. The worker that adds a
follower and whoever retries both write the key's document under its version, so neither misses the other.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from aiokafka import ConsumerRecord
from pydantic import Field

from shared.contracts.envelope import Moment
from shared.domain.aggregate import Aggregate
from shared.storage.mongo import Document
from shared.storage.schema import Collection, Index
from shared.storage.unit_of_work import Write

PARKED_KEYS = "parked_keys"
PARKED_EVENTS = "parked_events"
DISCARDED_EVENTS = "discarded_events"
DISCARDED_FOR = timedelta(days=365)
"""A discarded event may hold what somebody asked to be erased: it is not kept for ever."""

COLLECTIONS = (
    Collection(name=PARKED_KEYS, required={"_id": "string", "version": ["int", "long"]}),
    Collection(name=PARKED_EVENTS, indexes=(Index(keys=(("key", 1), ("position", 1))),)),
    Collection(
        name=DISCARDED_EVENTS,
        indexes=(Index(keys=(("discarded_at", 1),), expire_after_s=int(DISCARDED_FOR.total_seconds())),),
    ),
)


class Why(StrEnum):
    """Why an event is parked."""

    FAILED = "failed"
    FOLLOWS = "follows"
    """It comes after a parked one of the same key."""


class ParkedKey(Aggregate):
    """A key whose events wait; `id` is the key, `next` the place of the next follower."""

    collection: ClassVar[str] = PARKED_KEYS

    site: str = "*"
    since: Moment
    next: int = Field(default=0, ge=0)
    problem: str

    def take_place(self) -> int:
        """The place of one more event in the queue of this key."""
        place = self.next
        self.next += 1
        return place


def parked_event(
    key: ParkedKey, record: ConsumerRecord, *, why: Why, problem: str | None, type: str | None, now: datetime
) -> Write:
    """The row of one parked event: everything needed to show it and to try it again."""
    document: Document = {
        "_id": f"{record.topic}/{record.partition}/{record.offset}",
        "key": key.id,
        "position": key.take_place(),
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
        "raw_key": record.key,
        "headers": [[name, value] for name, value in record.headers],
        "value": record.value,
        "type": type,
        "why": why.value,
        "problem": problem,
        "at": now,
    }
    return Write.put(PARKED_EVENTS, document)


def as_record(row: Document) -> ConsumerRecord[bytes, bytes]:
    """The Kafka record a parked row was made from."""
    return ConsumerRecord(
        topic=row["topic"],
        partition=row["partition"],
        offset=row["offset"],
        timestamp=row["timestamp"],
        timestamp_type=0,
        key=row["raw_key"],
        value=row["value"],
        checksum=None,
        serialized_key_size=len(row["raw_key"] or b""),
        serialized_value_size=len(row["value"] or b""),
        headers=tuple((name, value) for name, value in row["headers"]),
    )
