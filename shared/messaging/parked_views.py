"""What is parked, as shown to people: never a name or an address, on the command line as little as over HTTP."""

from base64 import b64encode
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field

from shared.contracts.envelope import EventData
from shared.messaging.parking import as_record, is_contact
from shared.messaging.records import read
from shared.messaging.retried import Retried
from shared.storage.mongo import Document

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


def key_view(row: Document, counted: Document) -> ParkedKeyView:
    """A key's row with what was counted of its events."""
    events = counted.get("events", 0)
    return ParkedKeyView(
        key=row["_id"],
        since=row["since"],
        errors=row["errors"],
        problem=row["problem"],
        events=events,
        followers=events - counted.get("failed", 0),
    )


def event_view(row: Document, *, first: bool) -> ParkedEventView:
    """An event's row, decoded."""
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
