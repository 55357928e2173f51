"""The outbox: events saved with the state they announce, in the form in which they will travel.

A row is `{_id, topic, key, headers, value, subject, sequence}`; `_id` is the event's id for ever, and sorts behind
that of every earlier event of its subject, whatever the clocks of the processes that made them say. So the order of
ids is the order in which to send. A timer is such a row with a `due` time, in a collection of its own: an event to
the service itself, replaced or deleted under its id.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache

from pymongo import ReplaceOne

from shared.contracts.envelope import EventData, Tombstone, sequence_text
from shared.domain.aggregate import Timer, stable_id
from shared.storage.mongo import Database, Document
from shared.storage.schema import Collection, Index, Migration
from shared.storage.unit_of_work import Write

OUTBOX = "outbox"
TIMERS = "timers"
MESSAGE_LIMIT = 64 * 1024
"""Bytes of one event's data: far more than ids, codes and numbers need, and little enough that a relay's window and
a worker's batch of the largest ones fit into memory."""

_REQUIRED: Mapping[str, str | list[str]] = {
    "_id": "string",
    "topic": "string",
    "key": "binData",
    "headers": "object",
    "value": ["binData", "null"],
    "subject": "string",
    "sequence": ["int", "long"],
}
COLLECTIONS = (
    Collection(name=OUTBOX, required=_REQUIRED),
    Collection(
        name=TIMERS,
        indexes=(Index(keys=(("due", 1), ("_id", 1))),),
        required={**_REQUIRED, "due": "date"},
    ),
)


async def _move_timers(database: Database) -> None:
    """Timers used to be rows of the outbox; from there they would now be sent at once."""
    rows = await database.find(OUTBOX, {"timer": True})
    if rows:
        moved = [ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in rows]
        await database.bulk_write(TIMERS, moved)
        await database.delete(OUTBOX, {"timer": True})
    await database.drop_indexes(OUTBOX, ("due_1__id_1", "subject_1_sequence_1__id_1"))


MIGRATIONS = (Migration(number=1, what="timers stand apart from the outbox", run=_move_timers),)


class TooLarge(ValueError):
    """An event's data is larger than a message may be."""


def event_row(
    event: EventData, *, id: str, subject: str, sequence: int, now: datetime, traceparent: str | None
) -> Document:
    """The outbox row of one event.

    Raises:
        TooLarge: the data is over `MESSAGE_LIMIT` bytes; refused here, not found out by the broker.
    """
    value = None if isinstance(event, Tombstone) else event.model_dump_json().encode()
    if value is not None and len(value) > MESSAGE_LIMIT:
        raise TooLarge(
            f"{event.facts.type}: {len(value)} bytes of data, at most {MESSAGE_LIMIT} fit in a message"
        )
    key = event.partition_key().encode()
    headers = {
        **_fixed_headers(type(event)),
        "ce_id": id.encode(),
        "ce_subject": subject.encode(),
        "ce_time": _time_header(now),
        "ce_partitionkey": key,
        "ce_sequence": sequence_text(sequence).encode(),
        "ce_siteid": event.site.encode(),
    }
    if traceparent:
        headers["ce_traceparent"] = traceparent.encode()
    return {
        "_id": id,
        "topic": event.facts.topic,
        "key": key,
        "headers": headers,
        "value": value,
        "subject": subject,
        "sequence": sequence,
    }


@cache
def _fixed_headers(kind: type[EventData]) -> Mapping[str, bytes]:
    """The headers that all events of one type have in common."""
    return {
        "ce_specversion": b"1.0",
        "ce_source": kind.facts.source.encode(),
        "ce_type": kind.facts.type.encode(),
        "ce_dataschema": kind.facts.dataschema.encode(),
        "content-type": b"application/json",
    }


@lru_cache(maxsize=16)
def _time_header(moment: datetime) -> bytes:
    """A time as CloudEvents writes it (RFC 3339); all events of a batch have the same."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()


def kafka_headers(row: Document) -> list[tuple[str, bytes]]:
    """The headers of a row as Kafka's clients take them."""
    return list(row["headers"].items())


def timer_id(aggregate: str, name: str) -> str:
    """The row id of a timer: the same for the same aggregate and name, so it can be replaced or cancelled."""
    return stable_id("timer", aggregate, name)


def timer_writes(
    aggregate: str, timers: Iterable[tuple[str, Timer | None]], *, sequence: int
) -> Iterable[Write]:
    """Set timers, and delete those given as None.

    A timer is its own subject with the aggregate's version as sequence: set again later it carries a higher
    one, and an event of the aggregate published meanwhile does not make it look like a repetition. Its time is
    when it is due, so that its age tells how late it came.
    """
    for name, timer in timers:
        id = timer_id(aggregate, name)
        if timer is None:
            yield Write.delete(TIMERS, id)
            continue
        subject = f"{aggregate}/timers/{name}"
        row = event_row(
            timer.event, id=id, subject=subject, sequence=sequence, now=timer.due, traceparent=None
        )
        yield Write.put(TIMERS, {**row, "due": timer.due})
