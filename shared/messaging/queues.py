"""The queue of a parked key: what goes first, and how an event leaves it."""

from pymongo import DeleteOne

from shared.messaging.parking import DISCARDED_EVENTS, PARKED_EVENTS, ParkedKey
from shared.storage.mongo import Database, Document
from shared.storage.unit_of_work import Write


class NotParked(LookupError):
    """There is no such parked key or event."""


class NotFirst(Exception):
    """Another event of the topic waits before this one; `first` is its id."""

    def __init__(self, event: str, first: str) -> None:
        super().__init__(
            f"{event} is not the first of its topic under its key, {first} is: retry the whole key, or retry or "
            f"discard {first} before this one"
        )
        self.first = first


async def heads(database: Database, key: str) -> list[Document]:
    """The first waiting event of each topic, the longest waiting first; one look at an index for each."""
    found: list[Document] = []
    topic = ""
    while row := await _first(database, {"key": key, "topic": {"$gt": topic}}):
        found.append(row)
        topic = row["topic"]
    return sorted(found, key=lambda row: int(row["position"]))


async def after(database: Database, row: Document) -> Document | None:
    """What comes next on the topic of a row, under the same key."""
    return await _first(
        database, {"key": row["key"], "topic": row["topic"], "position": {"$gt": row["position"]}}
    )


async def first_of_its_topic(database: Database, event: str) -> Document:
    """A parked event that has none before it on its topic under its key.

    Raises:
        NotParked: there is no such event, or no longer; it says so where somebody discarded it.
        NotFirst: another one goes first. Alone this one would take effect out of order, or hide the earlier one.
    """
    row = await database.find_one(PARKED_EVENTS, {"_id": event})
    if row is None:
        raise NotParked(await _what_became_of(database, event))
    first = await _first(database, {"key": row["key"], "topic": row["topic"]})
    if first is not None and first["_id"] != event:
        raise NotFirst(event, first["_id"])
    return row


async def out_of_queue(database: Database, row: Document) -> list[Write]:
    """The event leaves the queue, and with the last one the key is free again.

    The key's document is written under its version either way, so a follower that arrives at this very moment
    makes one of the two try again. It is read first: its version guards whatever is read after it.

    Raises:
        NotParked: the key is not parked any more.
    """
    key = await database.find_one(ParkedKey.collection, {"_id": row["key"]})
    if key is None:
        raise NotParked(f"the key {row['key']} is not parked any more")
    left = await database.count(PARKED_EVENTS, {"key": row["key"]}, limit=2)
    version = key["version"]
    gone = Write(PARKED_EVENTS, row["_id"], DeleteOne({"_id": row["_id"]}), guarded=True)
    if left > 1:
        return [gone, Write.replace(ParkedKey.collection, {**key, "version": version + 1}, expected=version)]
    return [gone, Write.remove(ParkedKey.collection, row["key"], expected=version)]


async def _first(database: Database, where: Document) -> Document | None:
    order = (("key", 1), ("topic", 1), ("position", 1))
    rows = await database.find(PARKED_EVENTS, where, sort=order, limit=1)
    return rows[0] if rows else None


async def _what_became_of(database: Database, event: str) -> str:
    gone = await database.find_one(DISCARDED_EVENTS, {"_id": event})
    if gone is None:
        return f"the event {event} is not parked, or no longer; `park show KEY` lists those that are"
    return f"the event {event} was discarded by {gone['discarded_by']} at {gone['discarded_at'].isoformat()}"
