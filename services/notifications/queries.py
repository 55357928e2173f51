"""Reads: a person's own inbox, and a site's deliveries."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from services.notifications.domain.audience import ROLE, Channel
from services.notifications.domain.delivery import Delivery, State, delivery_id
from services.notifications.domain.message import Message, message_unknown
from services.notifications.domain.preferences import Preferences, preferences_id
from services.notifications.domain.recipient import Recipient
from shared.contracts.envelope import Id
from shared.domain.errors import Invalid
from shared.domain.people import EVERY_SITE, Actor, Role
from shared.storage.mongo import Database, Document
from shared.web.policy import sites_filter

COUNT_LIMIT = 1_000
"""An unread count goes no further: nobody needs to know whether it is 1,000 or 1,200."""

MAY_SEND_AGAIN = (Role.COORDINATOR, Role.SITE_ADMIN, Role.ORGANISATION_ADMIN)
MAY_LOOK = (*MAY_SEND_AGAIN, Role.AUDITOR)
"""Roles that see what became of a site's e-mails."""

_CURSOR = re.compile(r"^(\d{1,15})_([0-9a-f-]{36})$")


class Wanted(BaseModel):
    """Which deliveries are looked for; without any of these, all."""

    site: Id | None = None
    person: Id | None = None
    state: State | None = None


def readable_by(actor: Actor) -> dict[str, Any]:
    """The part of a query that keeps to the actor's inbox; see `Message.is_readable_by`."""
    personal: dict[str, Any] = {"audience": {"$nin": [audience.value for audience in ROLE]}}
    mine = [personal]
    for audience, role in ROLE.items():
        sites = actor.sites(role)
        if sites:
            at_site = {} if EVERY_SITE in sites else {"site": {"$in": sorted(sites)}}
            mine.append({"audience": audience.value, **at_site})
    return {"person": actor.person, "$or": mine}


async def inbox(
    database: Database, actor: Actor, *, unread: bool, limit: int, cursor: str | None
) -> tuple[list[Message], str | None]:
    """One page, newest first, and the cursor of the next. Raises Invalid `cursor_invalid`."""
    where = readable_by(actor)
    if unread:
        where["read_at"] = None
    rows, following = await _newest_first(database, Message.collection, where, limit=limit, cursor=cursor)
    return [Message.rebuild(row) for row in rows], following


async def unread_count(database: Database, actor: Actor) -> int:
    """How many messages are unread, counted up to `COUNT_LIMIT`."""
    where = {**readable_by(actor), "read_at": None}
    return await database.count(Message.collection, where, limit=COUNT_LIMIT)


async def message_of(database: Database, actor: Actor, id: str) -> Message:
    """A message of the actor's inbox. Raises NotFound `message_unknown`."""
    row = await database.find_one(Message.collection, {"_id": id, **readable_by(actor)})
    if row is None:
        raise message_unknown(id)
    return Message.rebuild(row)


async def email_of(database: Database, message: str) -> Delivery | None:
    """The e-mail of a message, if it has one."""
    row = await database.get(Delivery.collection, delivery_id(message, Channel.EMAIL))
    return Delivery.rebuild(row) if row else None


async def recipient_of(database: Database, person: str) -> Recipient | None:
    """What is known of how to reach a person."""
    row = await database.get(Recipient.collection, person)
    return Recipient.rebuild(row) if row else None


async def preferences_of(database: Database, person: str) -> Preferences:
    """A person's preferences; nothing muted where nothing was chosen."""
    row = await database.get(Preferences.collection, preferences_id(person))
    return Preferences.rebuild(row) if row else Preferences.of(person)


async def deliveries(
    database: Database,
    actor: Actor,
    wanted: Wanted,
    *,
    limit: int,
    cursor: str | None,
) -> tuple[list[Delivery], str | None]:
    """One page of the deliveries at the actor's sites, newest first, and the cursor of the next.

    Raises:
        Invalid: `cursor_invalid`.
        NotFound, Forbidden: see `sites_filter`.
    """
    where = sites_filter(actor, *MAY_LOOK, site=wanted.site)
    where |= wanted.model_dump(include={"person", "state"}, exclude_none=True)
    rows, following = await _newest_first(database, Delivery.collection, where, limit=limit, cursor=cursor)
    return [Delivery.rebuild(row) for row in rows], following


async def _newest_first(
    database: Database, collection: str, where: Mapping[str, Any], *, limit: int, cursor: str | None
) -> tuple[list[Document], str | None]:
    rows = await database.find(
        collection,
        {"$and": [where, *_after(cursor)]},
        sort=(("created", -1), ("_id", -1)),
        limit=limit + 1,
    )
    return rows[:limit], _cursor(rows[limit - 1]) if len(rows) > limit else None


def _after(cursor: str | None) -> list[dict[str, Any]]:
    if cursor is None:
        return []
    created, id = _read(cursor)
    return [{"$or": [{"created": {"$lt": created}}, {"created": created, "_id": {"$lt": id}}]}]


def _read(cursor: str) -> tuple[datetime, str]:
    match = _CURSOR.match(cursor)
    try:
        if match:
            return datetime.fromtimestamp(int(match[1]) / 1000, UTC), match[2]
    except (ValueError, OverflowError, OSError):
        pass  # A number like ours, and no time that could be.
    raise Invalid("cursor_invalid", "The cursor is not one of ours; start again without it.")


def _cursor(row: Document) -> str:
    return f"{round(row['created'].timestamp() * 1000)}_{row['_id']}"
