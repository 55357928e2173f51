"""Reads: a person's own inbox, and a site's deliveries."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from services.notifications.domain.audience import DUTY
from services.notifications.domain.delivery import Delivery, delivery_id
from services.notifications.domain.message import Message
from services.notifications.domain.preferences import Preferences, preferences_id
from services.notifications.domain.recipient import Recipient
from shared.domain.errors import Invalid, NotFound
from shared.domain.people import EVERY_SITE, Actor, Role
from shared.storage.mongo import Database
from shared.web.policy import sites_filter

COUNT_LIMIT = 1_000
"""An unread count goes no further: nobody needs to know whether it is 1,000 or 1,200."""

_CURSOR = re.compile(r"^(\d{1,15})_([0-9a-f-]{36})$")


def readable_by(actor: Actor) -> dict[str, Any]:
    """The part of a query that keeps to the actor's inbox; see `Message.must_be_readable_by`."""
    personal: dict[str, Any] = {"audience": {"$nin": [audience.value for audience in DUTY]}}
    mine = [personal]
    for audience, role in DUTY.items():
        sites = actor.sites(role)
        if sites:
            at_site = {} if EVERY_SITE in sites else {"site": {"$in": sorted(sites)}}
            mine.append({"audience": audience.value, **at_site})
    return {"person": actor.person, "$or": mine}


async def inbox(
    database: Database, actor: Actor, *, unread: bool, limit: int, cursor: str | None
) -> tuple[list[Message], str | None]:
    """One page, newest first, and the cursor of the next. Raises Invalid `cursor_invalid`."""
    where: dict[str, Any] = {"$and": [readable_by(actor), *_after(cursor)]}
    if unread:
        where["read_at"] = None
    newest_first = (("created", -1), ("_id", -1))
    rows = await database.find(Message.collection, where, sort=newest_first, limit=limit + 1)
    messages = [Message.rebuild(row) for row in rows[:limit]]
    return messages, _cursor(messages[-1]) if len(rows) > limit else None


async def unread_count(database: Database, actor: Actor) -> int:
    """How many messages are unread, counted up to `COUNT_LIMIT`."""
    where = {**readable_by(actor), "read_at": None}
    return await database.count(Message.collection, where, limit=COUNT_LIMIT)


async def message_of(database: Database, actor: Actor, id: str) -> Message:
    """A message of the actor's inbox. Raises NotFound `message_unknown`."""
    row = await database.find_one(Message.collection, {"_id": id, **readable_by(actor)})
    if row is None:
        raise NotFound("message_unknown", f"There is no message {id} in your inbox.")
    return Message.rebuild(row)


async def delivery_of(database: Database, message: str) -> Delivery | None:
    """The e-mail of a message, if it has one."""
    row = await database.find_one(Delivery.collection, {"_id": delivery_id(message)})
    return Delivery.rebuild(row) if row else None


async def recipient_of(database: Database, person: str) -> Recipient | None:
    """What is known of how to reach a person."""
    row = await database.find_one(Recipient.collection, {"_id": person})
    return Recipient.rebuild(row) if row else None


async def preferences_of(database: Database, person: str) -> Preferences:
    """A person's preferences; nothing muted where nothing was chosen."""
    row = await database.find_one(Preferences.collection, {"_id": preferences_id(person)})
    return Preferences.rebuild(row) if row else Preferences.of(person)


def deliveries_at(actor: Actor, *, site: str | None, person: str | None) -> Mapping[str, Any]:
    """The query for deliveries at the actor's sites. Raises what `sites_filter` raises."""
    where = sites_filter(actor, Role.COORDINATOR, Role.SITE_ADMIN, Role.ORGANISATION_ADMIN, site=site)
    return {**where, "person": person} if person else where


def _after(cursor: str | None) -> list[dict[str, Any]]:
    if cursor is None:
        return []
    match = _CURSOR.match(cursor)
    if match is None:
        raise Invalid("cursor_invalid", "The cursor is not one of ours; start again without it.")
    created = datetime.fromtimestamp(int(match[1]) / 1000, UTC)
    return [{"$or": [{"created": {"$lt": created}}, {"created": created, "_id": {"$lt": match[2]}}]}]


def _cursor(message: Message) -> str:
    return f"{round(message.created.timestamp() * 1000)}_{message.id}"
