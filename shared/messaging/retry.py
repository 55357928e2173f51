"""Taking parked events up again: in order, the whole queue of a key, through the same reactions."""

from dataclasses import dataclass

from pymongo import DeleteOne

from shared.clock import Clock
from shared.messaging.batch import Batch
from shared.messaging.parking import DISCARDED_EVENTS, PARKED_EVENTS, ParkedKey, as_record
from shared.messaging.records import read
from shared.storage.errors import Stale
from shared.storage.mongo import Database, Document
from shared.storage.unit_of_work import Change, Committer, Write


class StillFails(Exception):
    """A parked event can't be handled yet; the key stays parked from this event on."""


class NotParked(LookupError):
    """There is no such parked key or event."""


@dataclass(frozen=True, kw_only=True)
class Parked:
    """One parked key as listed."""

    key: str
    since: str
    problem: str
    events: int


class ParkingLot:
    """A service's parked keys, for the command line and whoever else may ask."""

    def __init__(self, database: Database, committer: Committer, batch: Batch, *, clock: Clock) -> None:
        self._database = database
        self._committer = committer
        self._batch = batch
        self._clock = clock

    async def keys(self) -> list[Parked]:
        """Every parked key, the longest parked first."""
        rows = await self._database.find(ParkedKey.collection, {}, sort=(("since", 1),))
        return [
            Parked(
                key=row["_id"],
                since=row["since"].isoformat(),
                problem=row["problem"],
                events=await self._database.count(PARKED_EVENTS, {"key": row["_id"]}),
            )
            for row in rows
        ]

    async def show(self, key: str) -> list[Document]:
        """The events of one key in order. Raises NotParked."""
        rows = await self._database.find(PARKED_EVENTS, {"key": key}, sort=(("position", 1),))
        if not rows:
            raise NotParked(f"the key {key} is not parked; `park list` shows those that are")
        return rows

    async def retry(self, key: str) -> int:
        """Handle the whole queue of a key in order; returns how many events took effect.

        Each event is handled, and taken out of the queue, in one transaction: interrupted at any point, the
        rest is still parked and in order.

        Raises:
            NotParked: the key is not parked.
            StillFails: an event can't be handled yet; those before it are done.
        """
        await self.show(key)
        done = 0
        while await self._retry_first(key):
            done += 1
        return done

    async def discard(self, event: str, *, by: str, reason: str) -> None:
        """Take one event out of its queue for good; who and why is kept. Its followers wait for a retry.

        Raises:
            NotParked: there is no such event.
        """
        while True:
            row = await self._database.find_one(PARKED_EVENTS, {"_id": event})
            if row is None:
                raise NotParked(f"the event {event} is not parked; `park show KEY` lists those that are")
            note = {**row, "reason": reason, "discarded_by": by, "discarded_at": self._clock()}
            try:
                out = await self._out_of_queue(row)
                kept = Write.put(DISCARDED_EVENTS, note)
                await self._committer.commit(Change(writes=(kept, *out)))
            except Stale:
                continue
            return

    async def _retry_first(self, key: str) -> bool:
        rows = await self._database.find(PARKED_EVENTS, {"key": key}, sort=(("position", 1),), limit=1)
        if not rows:
            return False
        row = rows[0]
        arrival = read(as_record(row))
        if arrival.problem:
            raise StillFails(f"{row['_id']}: {arrival.problem}")
        try:
            out = await self._out_of_queue(row)
            outcome = await self._batch.decide([arrival], now=self._clock(), ignore_parking=True, also=out)
        except Stale:
            return True
        except Exception as problem:
            raise StillFails(f"{row['_id']}: {type(problem).__name__}: {problem}") from problem
        try:
            await self._committer.commit(outcome.change)
        except Stale:
            return (
                True  # A follower arrived, or a command was quicker: the same event again, from fresh state.
            )
        return True

    async def _out_of_queue(self, row: Document) -> list[Write]:
        """The event leaves the queue, and with the last one the key is free again.

        The key's document is written under its version either way, so a follower that arrives at this very
        moment makes one of the two try again.
        """
        key = await self._database.find_one(ParkedKey.collection, {"_id": row["key"]})
        if key is None:
            raise Stale(f"{row['key']} was freed meanwhile")
        left = await self._database.count(PARKED_EVENTS, {"key": row["key"]}, limit=2)
        version = key["version"]
        gone = Write(PARKED_EVENTS, row["_id"], DeleteOne({"_id": row["_id"]}), guarded=True)
        if left > 1:
            kept = {**key, "version": version + 1}
            return [gone, Write.replace(ParkedKey.collection, kept, expected=version)]
        return [gone, Write.remove(ParkedKey.collection, row["key"], expected=version)]
