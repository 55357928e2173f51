"""One holder at a time, by the database's clock, with a fencing token that rises with every new holder.

The idea is Martin Kleppmann's ("How to do distributed locking", 2016): a lease can be outlived by a paused
process, so whoever acts under it must be harmless when it does, or carry the token.
"""

import asyncio
import time
from datetime import UTC, datetime

from shared.ids import NewId
from shared.storage.errors import AlreadyThere, StorageError
from shared.storage.mongo import Database
from shared.storage.schema import Collection

LEASES = "leases"
COLLECTION = Collection(name=LEASES)


class Lease:
    """A named lease of `ttl_s` seconds on one database."""

    def __init__(self, database: Database, name: str, *, new_id: NewId, ttl_s: float = 10.0) -> None:
        self._database = database
        self._name = name
        self._holder = new_id()
        self._ttl_s = ttl_s
        self._safe_until = 0.0
        self.token = 0
        """The fencing token of the present term; 0 when never held."""

    @property
    def held(self) -> bool:
        """Is the lease surely still ours? Judged by our own monotonic clock from before we last asked."""
        return time.monotonic() < self._safe_until

    async def take(self) -> bool:
        """Take or renew it; False when somebody else holds it."""
        asked = time.monotonic()
        free = {"$or": [{"holder": self._holder}, {"$expr": {"$lt": ["$until", "$$NOW"]}}]}
        until = {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": int(self._ttl_s * 1000)}}
        again = {"$eq": ["$holder", self._holder]}
        token = {"$cond": [again, "$token", {"$add": [{"$ifNull": ["$token", 0]}, 1]}]}
        update = [{"$set": {"until": until, "token": token}}, {"$set": {"holder": self._holder}}]
        where = {"_id": self._name, **free}
        row = await self._database.change_one(LEASES, where, update)
        if row is None and await self._created():
            row = await self._database.change_one(LEASES, where, update)
        if row is None:
            self._safe_until = 0.0
            return False
        self.token = row["token"]
        # A margin of a tenth: a reply that took long must not make us believe in time we don't have.
        self._safe_until = asked + self._ttl_s * 0.9
        return True

    async def _created(self) -> bool:
        """Make the lease's document, free for anybody, unless it is there (an upsert may not use `$expr`)."""
        never = {"$setOnInsert": {"holder": None, "token": 0, "until": datetime.fromtimestamp(0, UTC)}}
        try:
            await self._database.change_one(LEASES, {"_id": self._name}, never, upsert=True)
        except AlreadyThere:
            return False
        return True

    async def keep(self) -> None:
        """Renew until it can't be: returns when the lease is lost."""
        while self.held:
            await asyncio.sleep(self._ttl_s / 3)
            try:
                if not await self.take():
                    return
            except StorageError:
                continue  # `held` turns false by itself if this goes on.

    async def give_back(self) -> None:
        """Let the next one in at once; for an orderly stop."""
        self._safe_until = 0.0
        over = {"$set": {"holder": None, "until": datetime.fromtimestamp(0, UTC)}}
        await self._database.change_one(LEASES, {"_id": self._name, "holder": self._holder}, over)
