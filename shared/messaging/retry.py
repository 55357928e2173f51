"""Taking parked events up again: in order, the whole queue of a key, through the same reactions."""

import asyncio
from dataclasses import dataclass

from pymongo import DeleteOne

from shared.clock import Clock
from shared.messaging.batch import Batch, Outcome, RuleFailed, mark_seen
from shared.messaging.parking import DISCARDED_EVENTS, PARKED_EVENTS, ParkedKey, Why, as_record
from shared.messaging.records import read
from shared.storage.errors import AlreadyThere, Refused, Stale
from shared.storage.mongo import Database, Document
from shared.storage.unit_of_work import Change, Committer, Write

TRIES = 20
"""How often one event is tried again when a command or a follower was quicker."""


class StillFails(Exception):
    """A parked event can't be handled yet; the key stays parked from this event on."""


class NotParked(LookupError):
    """There is no such parked key or event."""


@dataclass(frozen=True, kw_only=True)
class Retried:
    """What a retry came to: events that took effect, and those that had none (repeated, or of no concern)."""

    handled: int = 0
    without_effect: int = 0

    def and_(self, other: "Retried") -> "Retried":
        """Both together."""
        return Retried(
            handled=self.handled + other.handled, without_effect=self.without_effect + other.without_effect
        )


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

    async def retry(self, key: str) -> "Retried":
        """Handle the whole queue of a key.

        Order holds per topic, as it does in Kafka: where the first event of one topic still fails, the first of
        another is tried, which may be just what it waits for. Each event is handled, and taken out of the queue,
        in one transaction: interrupted at any point, the rest is still parked and in order.

        Raises:
            NotParked: the key is not parked.
            StillFails: an event can't be handled yet; whatever could be is done.
            Stale: others kept changing what an event needs; the rest is still parked.
            Unavailable: the database does not answer.
        """
        await self.show(key)
        done = Retried()
        while heads := await self._heads(key):
            failed: StillFails | None = None
            for row in heads:
                try:
                    done = done.and_(await self._retry_one(row))
                    break
                except StillFails as problem:
                    failed = failed or problem
            else:
                assert failed is not None
                raise failed
        return done

    async def discard(self, event: str, *, by: str, reason: str) -> None:
        """Take one event out of its queue for good; who and why is kept. Its followers wait for a retry.

        A repetition of it that arrives, or is parked behind it, has no effect either.

        Raises:
            NotParked: there is no such event.
            Stale: followers kept arriving; nothing was discarded.
        """
        for _ in range(TRIES):
            row = await self._database.find_one(PARKED_EVENTS, {"_id": event})
            if row is None:
                raise NotParked(f"the event {event} is not parked; `park show KEY` lists those that are")
            now = self._clock()
            note = {**row, "reason": reason, "discarded_by": by, "discarded_at": now}
            try:
                out = await self._out_of_queue(row)
                seen = await self._seen(row)  # After the key's version was read, which guards the whole.
                kept = Write.put(DISCARDED_EVENTS, note)
                await self._committer.commit(Change(writes=(kept, *seen, *out)))
            except Stale:
                await asyncio.sleep(0.05)
                continue
            return
        raise Stale(f"{event}: its queue keeps changing; nothing was discarded, try again")

    async def _seen(self, row: Document) -> list[Write]:
        """A repetition of a discarded event shall have no effect; one that is not first must not hide the earlier."""
        envelope = read(as_record(row)).envelope
        first = any(head["_id"] == row["_id"] for head in await self._heads(row["key"]))
        if envelope is None or not first:
            return []
        subject = f"{envelope.source}/{envelope.subject}"
        return [mark_seen(subject, envelope.sequence, now=self._clock())]

    async def _heads(self, key: str) -> list[Document]:
        """The first waiting event of each topic, the longest waiting first."""
        rows = await self._database.find(PARKED_EVENTS, {"key": key}, sort=(("position", 1),))
        first: dict[str, Document] = {}
        for row in rows:
            first.setdefault(row["topic"], row)
        return list(first.values())

    async def _retry_one(self, row: Document) -> "Retried":
        arrival = read(as_record(row))
        if arrival.problem:
            raise StillFails(f"{row['_id']}: {arrival.problem}")
        for attempt in range(TRIES):
            try:
                out = await self._out_of_queue(row)
                outcome = await self._batch.decide_parked(arrival, now=self._clock())
                _refuse_to_drop(row, outcome)
                await self._committer.commit(outcome.change.and_(*out))
            except RuleFailed as problem:
                raise StillFails(f"{row['_id']}: {problem}") from problem
            except (Refused, AlreadyThere) as problem:
                raise StillFails(f"{row['_id']}: {type(problem).__name__}: {problem}") from problem
            except Stale:
                # A follower arrived, or a command was quicker: the same event again, from fresh state.
                await asyncio.sleep(0.02 * attempt)
            else:
                return Retried(handled=len(outcome.handled), without_effect=len(outcome.skipped))
        raise Stale(f"{row['_id']}: what it needs keeps changing; it is still parked, try again")

    async def _out_of_queue(self, row: Document) -> list[Write]:
        """The event leaves the queue, and with the last one the key is free again.

        The key's document is written under its version either way, so a follower that arrives at this very
        moment makes one of the two try again.
        """
        key = await self._database.find_one(ParkedKey.collection, {"_id": row["key"]})
        if key is None:
            raise NotParked(f"the key {row['key']} is not parked any more")
        left = await self._database.count(PARKED_EVENTS, {"key": row["key"]}, limit=2)
        version = key["version"]
        gone = Write(PARKED_EVENTS, row["_id"], DeleteOne({"_id": row["_id"]}), guarded=True)
        if left > 1:
            kept = {**key, "version": version + 1}
            return [gone, Write.replace(ParkedKey.collection, kept, expected=version)]
        return [gone, Write.remove(ParkedKey.collection, row["key"], expected=version)]


def _refuse_to_drop(row: Document, outcome: Outcome) -> None:
    """An event that failed cannot have taken effect: where it looks repeated, a human has to say what to do."""
    repeated = any(why == "repeated" for _, why in outcome.skipped)
    if repeated and row["why"] == Why.FAILED.value:
        raise StillFails(
            f"{row['_id']}: a later event of its subject has taken effect already; discard it with a reason if "
            "that is right"
        )
