"""Reading what is parked, and what was done about it: in pages, and counted by the database."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.messaging.parked_views import (
    Act,
    ErrorClass,
    ParkedEventView,
    ParkedKeyView,
    event_view,
    key_view,
)
from shared.messaging.parking import OLDEST_FIRST, PARKED_EVENTS, PARKED_KEYS, PARKING_ACTS
from shared.messaging.queues import NotParked, heads
from shared.storage.mongo import Database, Document


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
        return [key_view(row, counts.get(row["_id"], {})) for row in rows]

    async def key(self, key: str) -> ParkedKeyView:
        """One parked key.

        Raises:
            NotParked: it is not.
        """
        row = await self._database.find_one(PARKED_KEYS, {"_id": key})
        if row is None:
            raise NotParked(f"the key {key} is not parked, or no longer; `park list` shows those that are")
        return key_view(row, (await self._counts([key])).get(key, {}))

    async def events(
        self, key: str, *, after: Mapping[str, Any] | None = None, limit: int = 0
    ) -> list[ParkedEventView]:
        """The events of one key in order; none where it is not parked."""
        where = {"$and": [{"key": key}, after or {}]}
        rows = await self._database.find(PARKED_EVENTS, where, sort=(("position", 1),), limit=limit)
        first = {row["_id"] for row in await heads(self._database, key)}
        return [event_view(row, first=row["_id"] in first) for row in rows]

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
