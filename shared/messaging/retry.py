"""Taking parked events up again, in order, through the same reactions.

Each event is handled, and taken out of its queue, in one transaction: interrupted at any point, the rest is still
parked and in order, and whoever else is at it makes one of the two look again.
"""

import asyncio
from collections.abc import Mapping

from shared.clock import Clock
from shared.messaging.batch import Batch, Outcome, RuleFailed
from shared.messaging.pace import Pace
from shared.messaging.parked import Parked, behind
from shared.messaging.parking import PARKED_EVENTS, Why, as_record
from shared.messaging.queues import NotParked, after, first_of_its_topic, heads, out_of_queue
from shared.messaging.records import Arrival, place_of, read
from shared.messaging.retried import TRIES, Retried, StillFails, note_failures
from shared.storage.errors import AlreadyThere, Refused, Stale
from shared.storage.mongo import Database, Document
from shared.storage.unit_of_work import Committer

TRIES_TAKEN = 5
"""The same where a unique value is taken, which may well stay so."""
SUPERSEDED = "superseded"
"""Class of error: a later event of the same subject has taken effect already."""
LATER_EVENT = (
    "a later event of its subject has taken effect already; discard it with a reason if that is right"
)
KEYS_AT_ONCE = 200


class Retries:
    """Handles what is parked in one service's database."""

    def __init__(self, database: Database, committer: Committer, batch: Batch, *, clock: Clock) -> None:
        self._database = database
        self._parked = Parked(database)
        self._committer = committer
        self._batch = batch
        self._clock = clock

    async def key(self, key: str, pace: Pace) -> Retried:
        """Handle the whole queue of a key, or as much of it as can be.

        Order holds per topic, as it does in Kafka: where the first event of one topic still fails, the first of
        another is tried, which may be just what it waits for.

        Raises:
            Stale: others kept changing what an event needs; the rest is still parked.
            Unavailable: the database does not answer.
        """
        done = Retried(keys=1)
        failed: dict[str, StillFails] = {}
        queue = await self._queue(key)
        while row := next((row for topic, row in queue.items() if topic not in failed), None):
            if not await pace.turn():
                return done.and_(Retried(stopped=True))
            tried = await self._try(row)
            if isinstance(tried, StillFails):
                failed[row["topic"]] = tried
            else:
                done, failed = done.and_(tried), {}
                queue = await self._after(row, queue)
        if failed:
            await note_failures(self._database, self._committer, key, list(failed.values()))
        return done.and_(Retried(failed=len(failed), failures=tuple(failed.values())))

    async def event(self, event: str) -> Retried:
        """Handle one event, which has to be the first of its topic under its key; its followers stay.

        Raises:
            NotParked: there is no such event.
            NotFirst: another one goes first.
            Stale, Unavailable: see `key`.
        """
        row = await first_of_its_topic(self._database, event)
        tried = await self._try(row)
        if isinstance(tried, StillFails):
            await note_failures(self._database, self._committer, row["key"], [tried])
            return Retried(keys=1, failed=1, failures=(tried,))
        return tried.and_(Retried(keys=1))

    async def error(self, error: str, pace: Pace, *, limit: int | None) -> Retried:
        """Handle the queues of keys held up by one class of error, the longest parked first, `limit` at most.

        One that still fails is left as it is, and the next is taken up.

        Raises:
            Stale, Unavailable: see `key`.
        """
        done = Retried()
        last = None
        while keys := await self._parked.keys(
            error=error, after=behind(last) if last else None, limit=KEYS_AT_ONCE
        ):
            for last in keys:
                if done.stopped or done.keys == limit:
                    return done
                done = done.and_(await self.key(last.key, pace))
        return done

    async def _queue(self, key: str) -> dict[str, Document]:
        return {row["topic"]: row for row in await heads(self._database, key)}

    async def _after(self, row: Document, queue: Mapping[str, Document]) -> dict[str, Document]:
        """The first of each topic after this one went. What arrived meanwhile counts when all else is done."""
        following = await after(self._database, row)
        rest = [one for one in queue.values() if one["topic"] != row["topic"]]
        ahead = sorted([*rest, *filter(None, [following])], key=lambda one: int(one["position"]))
        return {one["topic"]: one for one in ahead} or await self._queue(row["key"])

    async def _try(self, row: Document) -> Retried | StillFails:
        arrival = read(as_record(row))
        if arrival.problem:
            return _still_fails(arrival)
        for attempt in range(TRIES):
            tried: Retried | StillFails | None = None
            try:
                tried = await self._attempt(row, arrival)
            except AlreadyThere as problem:
                # As a rule it is there because a command, or somebody else's retry, was quicker.
                if attempt >= TRIES_TAKEN:
                    tried = _still_fails(arrival.failed(problem))
            except (Stale, NotParked):
                pass  # A follower arrived, or a command was quicker.
            if isinstance(tried, StillFails) and await self._is_gone(row["_id"]):
                return Retried()  # It failed because somebody else has just handled it.
            if tried is not None:
                return tried
            await asyncio.sleep(0.02 * attempt)
        raise Stale(f"{row['_id']}: what it needs keeps changing; it is still parked, try again")

    async def _attempt(self, row: Document, arrival: Arrival) -> Retried | StillFails:
        """Handle it from the present state. Raises Stale, AlreadyThere or NotParked where that moved on."""
        if await self._is_gone(row["_id"]):
            return Retried()
        try:
            out = await out_of_queue(self._database, row)
            outcome = await self._batch.decide_parked(arrival, now=self._clock())
            if _looks_repeated(row, outcome):
                return StillFails(event=row["_id"], error=SUPERSEDED, problem=LATER_EVENT)
            await self._committer.commit(outcome.change.and_(*out))
        except RuleFailed as failure:
            return _still_fails(arrival.failed(failure.problem))
        except Refused as problem:
            return _still_fails(arrival.failed(problem))
        return Retried(handled=len(outcome.handled), without_effect=len(outcome.skipped))

    async def _is_gone(self, event: str) -> bool:
        return await self._database.find_one(PARKED_EVENTS, {"_id": event}) is None


def _still_fails(arrival: Arrival) -> StillFails:
    event = place_of(arrival.record)
    return StillFails(event=event, error=str(arrival.error), problem=str(arrival.problem))


def _looks_repeated(row: Document, outcome: Outcome) -> bool:
    """An event that failed cannot have taken effect: where it looks repeated, a human has to say what to do."""
    repeated = any(why == "repeated" for _, why in outcome.skipped)
    return repeated and bool(row["why"] == Why.FAILED.value)
