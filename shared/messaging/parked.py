"""What is parked, as shown to people: never a name or an address, on the command line as little as over HTTP."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field

from shared.contracts.envelope import EventData
from shared.messaging.parking import (
    OLDEST_FIRST,
    PARKED_EVENTS,
    PARKED_KEYS,
    PARKING_ACTS,
    as_record,
    is_contact,
)
from shared.messaging.queues import NotParked, heads
from shared.messaging.records import read
from shared.messaging.retried import Retried
from shared.storage.mongo import Database, Document

NOT_SHOWN = "not shown: contact data"
_SAFE_FIELDS = frozenset({"person", "site"})
"""Of a contact what says whose it is; the rest is a name, an address, or tells where somebody lives."""


class ErrorClass(BaseModel):
    """One class of error: `not_a_cloudevent`, `schema`, `superseded`, or the name of an exception that was raised."""

    error: str = Field(examples=["Conflict"])
    keys: int = Field(description="Keys held up by it.", examples=[46])
    since: datetime = Field(
        description="When the first of them was parked.", examples=["2026-03-02T01:12:00Z"]
    )


class ParkedKeyView(BaseModel):
    """One parked key, as a rule a person's id."""

    key: str = Field(examples=["019c8a52-7c11-7d2c-9c7e-0f6f3f4b8a10"])
    since: datetime = Field(description="First seen: when it was parked.", examples=["2026-03-02T01:12:00Z"])
    errors: list[str] = Field(description="Classes of what failed when last tried.", examples=[["Conflict"]])
    problem: str = Field(examples=["Conflict: A tally holds 10,000 hours; open another placement."])
    events: int = Field(description="Events that wait under it.", examples=[8])
    followers: int = Field(description="Those of them that have not been tried.", examples=[7])


class ParkedEventView(BaseModel):
    """One parked event, decoded."""

    event: str = Field(description="topic/partition/offset.", examples=["peerpath.supervision.events/3/1041"])
    key: str = Field(examples=["019c8a52-7c11-7d2c-9c7e-0f6f3f4b8a10"])
    place: int = Field(description="Its place in the key's queue; rises, with gaps.", examples=[0])
    first: bool = Field(
        description="First of its topic: only these may be retried or discarded alone.", examples=[True]
    )
    type: str | None = Field(examples=["peerpath.supervision.hours.reported.v1"])
    why: str = Field(description="`failed`, or `follows` one that did.", examples=["failed"])
    error: str | None = Field(examples=["Conflict"])
    problem: str | None = Field(examples=["Conflict: A tally holds 10,000 hours; open another placement."])
    parked: datetime = Field(description="First seen.", examples=["2026-03-02T01:12:00Z"])
    recorded: datetime | None = Field(
        description="The record's own time; null where that is no time.", examples=["2026-03-02T01:11:59Z"]
    )
    headers: dict[str, str] = Field(
        examples=[{"ce_siteid": "riverside", "ce_sequence": "00000000000000000007"}]
    )
    value: Any = Field(
        description="The data; base64 where it is no event; null where there is none. Contact data is not shown.",
        examples=[{"site": "riverside", "hours": 2.0}],
    )


class Act(BaseModel):
    """What somebody did about parked events."""

    id: str = Field(examples=["019c8a60-11aa-7c3e-8a55-2f1d9c0b7e42"])
    at: datetime = Field(examples=["2026-03-02T03:20:00Z"])
    by: str = Field(examples=["olga"])
    what: str = Field(
        description="`retry_key`, `retry_event`, `retry_error` or `discard`.", examples=["retry_error"]
    )
    target: str = Field(description="The key, the event or the class of error.", examples=["Conflict"])
    reason: str | None = Field(examples=["mended in 1.4.2"])
    ended: datetime | None = Field(
        description="Null while it goes on, or where it was interrupted.", examples=["2026-03-02T03:24:00Z"]
    )
    outcome: Retried | None


class Parked:
    """Reads what is parked in one service's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def errors(self) -> list[ErrorClass]:
        """The classes of error with how many keys each holds up, the most first."""
        rows = await self._database.aggregate(
            PARKED_KEYS,
            (
                {"$unwind": "$errors"},
                {"$group": {"_id": "$errors", "keys": {"$sum": 1}, "since": {"$min": "$since"}}},
                {"$sort": {"keys": -1, "_id": 1}},
            ),
        )
        return [ErrorClass(error=row["_id"], keys=row["keys"], since=row["since"]) for row in rows]

    async def keys(
        self, *, error: str | None = None, after: Mapping[str, Any] | None = None, limit: int
    ) -> list[ParkedKeyView]:
        """Parked keys, the longest parked first; `after` is the filter for what comes after another (`behind`)."""
        where = [{"errors": error} if error is not None else {}, after or {}]
        rows = await self._database.find(PARKED_KEYS, {"$and": where}, sort=OLDEST_FIRST, limit=limit)
        counts = await self._counts([row["_id"] for row in rows])
        return [_key(row, counts.get(row["_id"], {})) for row in rows]

    async def key(self, key: str) -> ParkedKeyView:
        """One parked key.

        Raises:
            NotParked: it is not.
        """
        row = await self._database.find_one(PARKED_KEYS, {"_id": key})
        if row is None:
            raise NotParked(f"the key {key} is not parked, or no longer; `park list` shows those that are")
        return _key(row, (await self._counts([key])).get(key, {}))

    async def events(
        self, key: str, *, after: Mapping[str, Any] | None = None, limit: int = 0
    ) -> list[ParkedEventView]:
        """The events of one key in order.

        Raises:
            NotParked: the key is not parked.
        """
        await self.key(key)
        where = {"$and": [{"key": key}, after or {}]}
        rows = await self._database.find(PARKED_EVENTS, where, sort=(("position", 1),), limit=limit)
        first = {row["_id"] for row in await heads(self._database, key)}
        return [_event(row, first=row["_id"] in first) for row in rows]

    async def acts(self, *, after: Mapping[str, Any] | None = None, limit: int) -> list[Act]:
        """What people did, the latest first."""
        rows = await self._database.find(PARKING_ACTS, after or {}, sort=(("_id", -1),), limit=limit)
        fields = Act.model_fields.keys() - {"id"}
        return [Act(id=row["_id"], **{name: row[name] for name in fields}) for row in rows]

    async def _counts(self, keys: Sequence[str]) -> Mapping[str, Document]:
        rows = await self._database.aggregate(
            PARKED_EVENTS,
            (
                {"$match": {"key": {"$in": list(keys)}}},
                {
                    "$group": {
                        "_id": "$key",
                        "events": {"$sum": 1},
                        "failed": {"$sum": {"$cond": [{"$eq": ["$why", "failed"]}, 1, 0]}},
                    }
                },
            ),
        )
        return {row["_id"]: row for row in rows}


def behind(key: ParkedKeyView) -> Mapping[str, Any]:
    """The filter for keys that come after this one."""
    return {"$or": [{"since": {"$gt": key.since}}, {"since": key.since, "_id": {"$gt": key.key}}]}


def _key(row: Document, counted: Document) -> ParkedKeyView:
    events = counted.get("events", 0)
    return ParkedKeyView(
        key=row["_id"],
        since=row["since"],
        errors=row["errors"],
        problem=row["problem"],
        events=events,
        followers=events - counted.get("failed", 0),
    )


def _event(row: Document, *, first: bool) -> ParkedEventView:
    return ParkedEventView(
        event=row["_id"],
        key=row["key"],
        place=row["position"],
        first=first,
        type=row["type"],
        why=row["why"],
        error=row["error"],
        problem=row["problem"],
        parked=row["at"],
        recorded=_recorded(row),
        headers=_headers(row),
        value=_value(row),
    )


def _recorded(row: Document) -> datetime | None:
    with suppress(ValueError, OverflowError, OSError):  # A producer may have said anything.
        return datetime.fromtimestamp(row["timestamp"] / 1000, UTC)
    return None


def _headers(row: Document) -> dict[str, str]:
    """On the contacts topic only CloudEvents' own: anybody may have put anything into others."""
    return {
        name: bytes(text or b"").decode("utf-8", "backslashreplace")
        for name, text in row["headers"]
        if name.startswith("ce_") or not is_contact(row)
    }


def _value(row: Document) -> Any:
    if row["value"] is None:
        return None
    data = read(as_record(row)).data
    if is_contact(row):
        return _without_contact(data) if data else NOT_SHOWN
    return data.model_dump(mode="json") if data else b64encode(row["value"]).decode()


def _without_contact(data: EventData) -> dict[str, Any]:
    return {
        name: value if name in _SAFE_FIELDS else NOT_SHOWN
        for name, value in data.model_dump(mode="json").items()
    }
