"""A tombstone ends what is parked under its key on its topic, as compaction ends what the topic itself holds.

Contacts that could not be handled hold names and addresses. When the person is erased they go at once, in the
transaction that erases the rest; they need not be heard first, because all they would lead to is erased too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.contracts.topics import TOPICS
from shared.messaging.parking import PARKED_EVENTS, as_record
from shared.messaging.records import Arrival, read
from shared.storage.mongo import Document, Reads

Queue = tuple[str, str]
"""A key and a topic."""


@dataclass(frozen=True, kw_only=True)
class Superseded:
    """The rows that are parked in one queue, and whether other topics have some under the same key."""

    rows: Sequence[Document]
    others: bool


NOTHING = Superseded(rows=(), others=False)


def supersedes(arrival: Arrival) -> bool:
    """Is it a null under a key of a compacted topic, whether or not it was acted on? Elsewhere it means nothing."""
    topic = TOPICS.get(arrival.record.topic)
    return arrival.record.value is None and topic is not None and topic.compacted


def queue_of(arrival: Arrival) -> Queue:
    """Where a record's followers queue."""
    return arrival.key, arrival.record.topic


async def find_superseded(
    database: Reads, keys: Sequence[Document], arrivals: Iterable[Arrival]
) -> dict[Queue, Superseded]:
    """What the tombstones among some arrivals end. `keys`, the parked ones, were read before: that guards it."""
    parked = {row["_id"] for row in keys}
    queues = {queue_of(one) for one in arrivals if supersedes(one) and one.key in parked}
    return {queue: await _at(database, *queue) for queue in queues}


async def _at(database: Reads, key: str, topic: str) -> Superseded:
    others = await database.find_own(PARKED_EVENTS, {"key": key, "topic": {"$ne": topic}}, limit=1)
    rows = await database.find_own(PARKED_EVENTS, {"key": key, "topic": topic})
    return Superseded(rows=rows, others=bool(others))


def latest_of(rows: Iterable[Document]) -> Mapping[str, int]:
    """The highest sequence of each subject among parked rows."""
    latest: dict[str, int] = {}
    for row in rows:
        arrival = read(as_record(row))
        if arrival.envelope is not None:
            latest[arrival.subject] = max(arrival.envelope.sequence, latest.get(arrival.subject, -1))
    return latest
