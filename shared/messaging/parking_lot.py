"""What people may do about parked events, and the record of who did it: for the command line and HTTP alike."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import structlog

from shared.clock import Clock
from shared.ids import NewId
from shared.messaging.batch import Batch, mark_seen
from shared.messaging.pace import Pace
from shared.messaging.parked import Parked
from shared.messaging.parking import (
    DISCARDED_EVENTS,
    PARKED_EVENTS,
    PARKED_KEYS,
    PARKING_ACTS,
    as_record,
    is_contact,
)
from shared.messaging.queues import first_of_its_topic, out_of_queue
from shared.messaging.records import read
from shared.messaging.retried import TRIES, Retried
from shared.messaging.retry import Retries
from shared.messaging.superseding import supersedes
from shared.storage.errors import Stale
from shared.storage.mongo import Database, Document
from shared.storage.unit_of_work import Change, Committer, Write
from shared.telemetry import PARKED_RETRIED

log = structlog.get_logger(__name__)


class What(StrEnum):
    """What somebody did."""

    RETRY_KEY = "retry_key"
    RETRY_EVENT = "retry_event"
    RETRY_ERROR = "retry_error"
    DISCARD = "discard"


@dataclass(frozen=True, kw_only=True)
class Who:
    """A named person and their reason."""

    by: str
    reason: str | None = None


class ErasureStays(Exception):
    """A tombstone erases a person: it can be retried, never discarded."""

    def __init__(self, event: str) -> None:
        super().__init__(f"{event} erases a person and can't be discarded: mend what fails and retry it")


class ParkingLot:
    """One service's parked events. `parked` is for looking; the rest changes something and is recorded.

    `saved` is called when something may have been announced, to wake the relay.
    """

    def __init__(
        self,
        database: Database,
        committer: Committer,
        batch: Batch,
        *,
        service: str,
        clock: Clock,
        new_id: NewId,
        saved: Callable[[], None],
    ) -> None:
        self.parked = Parked(database)
        self._database = database
        self._committer = committer
        self._retries = Retries(database, committer, batch, clock=clock)
        self._service = service
        self._clock = clock
        self._new_id = new_id
        self._saved = saved

    async def retry_key(self, key: str, who: Who, *, pace: Pace) -> Retried:
        """See `Retries.key`. Raises NotParked besides."""
        await self.parked.key(key)

        async def work() -> Retried:
            done = await self._retries.key(key, pace)
            return done.and_(Retried(left=await self._database.count(PARKED_EVENTS, {"key": key})))

        return await self._recorded(What.RETRY_KEY, key, who, work)

    async def retry_event(self, event: str, who: Who) -> Retried:
        """See `Retries.event`."""
        key = (await first_of_its_topic(self._database, event))["key"]

        async def work() -> Retried:
            done = await self._retries.event(event)
            return done.and_(Retried(left=await self._database.count(PARKED_EVENTS, {"key": key})))

        return await self._recorded(What.RETRY_EVENT, event, who, work)

    async def retry_error(self, error: str, who: Who, *, pace: Pace, limit: int | None = None) -> Retried:
        """See `Retries.error`. Where nothing is held up by it, nothing is done."""

        async def work() -> Retried:
            done = await self._retries.error(error, pace, limit=limit)
            return done.and_(Retried(left=await self._database.count(PARKED_KEYS, {"errors": error})))

        return await self._recorded(What.RETRY_ERROR, error, who, work)

    async def discard(self, event: str, *, by: str, reason: str, also: Sequence[Write] = ()) -> None:
        """Take one event out of its queue for good; who and why is kept. Its followers wait for a retry.

        A repetition of it that arrives, or is parked behind it, has no effect either: it is the first of its topic,
        so that nothing earlier is hidden by that. `also` is saved in the same transaction.

        Raises:
            NotParked: there is no such event.
            NotFirst: another one goes first.
            ErasureStays: it is a tombstone.
            Stale: followers kept arriving; nothing was discarded.
        """
        for attempt in range(TRIES):
            row = await first_of_its_topic(self._database, event)
            if supersedes(read(as_record(row))):
                raise ErasureStays(event)
            try:
                out = await out_of_queue(self._database, row)
                await self._committer.commit(Change(writes=(*out, *self._discarded(row, by, reason), *also)))
            except Stale:
                await asyncio.sleep(0.02 * attempt)
                continue
            PARKED_RETRIED.labels(self._service, "discarded").inc()
            log.info("parking_discarded", parked=event, by=by)
            return
        raise Stale(f"{event}: its queue keeps changing; nothing was discarded, try again")

    def _discarded(self, row: Document, by: str, reason: str) -> list[Write]:
        now = self._clock()
        note = {**_without_content(row), "reason": reason, "discarded_by": by, "discarded_at": now}
        act = self._act(What.DISCARD, row["_id"], Who(by=by, reason=reason))
        writes = [Write.put(DISCARDED_EVENTS, note), Write.insert(PARKING_ACTS, {**act, "ended": now})]
        arrival = read(as_record(row))
        if arrival.envelope is not None:
            writes.append(mark_seen(arrival.subject, arrival.envelope.sequence, now=now))
        return writes

    def _act(self, what: What, target: str, who: Who) -> Document:
        return {
            "_id": self._new_id(),
            "at": self._clock(),
            "by": who.by,
            "reason": who.reason,
            "what": what.value,
            "target": target,
            "ended": None,
            "outcome": None,
        }

    async def _recorded(
        self, what: What, target: str, who: Who, work: Callable[[], Awaitable[Retried]]
    ) -> Retried:
        """Note who begins what and why, and afterwards what it came to; an act that never ended was interrupted."""
        act = self._act(what, target, who)
        await self._committer.commit(Change(writes=(Write.insert(PARKING_ACTS, act),)))
        log.info("parking_retry_begins", act=act["_id"], what=what.value, by=who.by)
        done = await work()
        outcome = done.model_dump()
        ended = {**act, "ended": self._clock(), "outcome": outcome}
        await self._committer.commit(Change(writes=(Write.put(PARKING_ACTS, ended),)))
        counts = {"handled": done.handled, "without_effect": done.without_effect, "failed": done.failed}
        for name, count in counts.items():
            PARKED_RETRIED.labels(self._service, name).inc(count)
        log.info("parking_retry_ended", act=act["_id"], what=what.value, by=who.by, left=done.left, **counts)
        self._saved()
        return done


def _without_content(row: Document) -> Document:
    """Of a contact only that it was there: nobody has to be found again here when they are erased."""
    if not is_contact(row):
        return row
    headers = [[name, value] for name, value in row["headers"] if name.startswith("ce_")]
    return {**row, "value": None, "headers": headers}
