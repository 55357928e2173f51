"""The loop for those who become known after the event: contacts and events are on different topics."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import structlog

from services.notifications.domain.audience import DUTY, Audience
from services.notifications.domain.delivery import Delivery, Reason, State
from services.notifications.domain.notice import CLOCKS_DIFFER, Notice
from services.notifications.domain.recipient import Recipient
from services.notifications.domain.story import Story
from shared.messaging.work import Work
from shared.service import Runtime
from shared.storage.errors import AlreadyThere, Stale, StorageError, Unavailable
from shared.storage.mongo import Document

log = structlog.get_logger(__name__)

LOOP = "latecomers"
LOOP_LIMIT_S = 120.0
POLL_S = 1.0
AT_ONCE = 200
"""Documents read at a time."""

_AUDIENCE = {role.value: audience for audience, role in DUTY.items()}

S = TypeVar("S", Recipient, Story)


class Latecomers:
    """Tells whoever already had a duty, or supervised, when something happened, and was not known yet."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._database = runtime.database

    async def round(self) -> None:
        """Look once at everybody who changed lately, and at deliveries without an address."""
        await self._look_at(Recipient, self._staff)
        await self._look_at(Story, self._supervisors)
        await self._addresses()

    async def _look_at(self, kind: type[S], look: Callable[[S], Awaitable[bool]]) -> None:
        """`look` tells them what they missed, and says whether that was all of it."""

        async def one(row: Document) -> None:
            found = kind.rebuild(row)
            began = self._runtime.clock()
            if await look(found) and found.settling_until and found.settling_until < began:
                await self._settle(kind, found.id, began)

        async for row in self._settling(kind.collection):
            await self._guarded(row, one)

    async def _settling(self, collection: str) -> AsyncIterator[Document]:
        by_time = (("settling_until", 1), ("_id", 1))
        after: dict[str, Any] = {}
        while True:
            where = {"settling_until": {"$ne": None}, **after}
            rows = await self._database.find(collection, where, sort=by_time, limit=AT_ONCE)
            for row in rows:
                yield row
            if len(rows) < AT_ONCE:
                return
            id, until = rows[-1]["_id"], rows[-1]["settling_until"]
            after = {
                "$or": [{"settling_until": {"$gt": until}}, {"settling_until": until, "_id": {"$gt": id}}]
            }

    async def _guarded(self, row: Document, do: Callable[[Document], Awaitable[object]]) -> None:
        """One that can't be read, or told, holds nobody else up."""
        try:
            await do(row)
        except Unavailable:
            raise
        except Exception:
            log.exception("latecomer_not_told", what=row["_id"])
        self._runtime.progress.beat(LOOP)

    async def _settle(self, kind: type[S], id: str, looked: datetime) -> None:
        work = self._work()
        (await work.load(kind, id)).has_settled(looked=looked)
        await self._save(work, what=id)

    async def _staff(self, recipient: Recipient) -> bool:
        complete = True
        for duty in recipient.duties:
            audience = _AUDIENCE.get(duty.role)
            if audience is not None:
                where = {"site": duty.site}
                complete &= await self._tell(recipient.id, audience, since=duty.since, where=where)
        return complete

    async def _supervisors(self, story: Story) -> bool:
        complete = True
        for supervision in story.supervisions.values():
            where = {"about": story.person, "site": supervision.site}
            complete &= await self._tell(
                supervision.supervisor, Audience.SUPERVISOR, since=supervision.since, where=where
            )
        return complete

    async def _tell(
        self, person: str, audience: Audience, *, since: datetime, where: Mapping[str, Any]
    ) -> bool:
        missed = {
            **where,
            "open_to": audience.value,
            "occurred": {"$gte": since - CLOCKS_DIFFER},
            "told": {"$ne": person},
            "spared": {"$ne": person},
            "about": where.get("about", {"$ne": person}),
        }
        rows = await self._database.find(Notice.collection, missed, fields=("_id",), limit=AT_ONCE)
        told = [await self._tell_one(row["_id"], person, audience, since) for row in rows]
        return len(rows) < AT_ONCE and all(told)

    async def _tell_one(self, notice: str, person: str, audience: Audience, since: datetime) -> bool:
        work = self._work()
        found = await work.load(Notice, notice)
        for made in found.tell_latecomer(person, audience, since=since, now=self._runtime.clock()):
            work.add(made)
        return await self._save(work, what=notice)

    async def _addresses(self) -> None:
        waiting = {"state": State.PENDING.value, "reason": Reason.CONTACT_UNKNOWN.value}
        rows = await self._database.find(
            Delivery.collection, waiting, fields=("_id", "person"), sort=(("next_try", 1),), limit=AT_ONCE
        )
        people = sorted({row["person"] for row in rows})
        known = await self._database.find(Recipient.collection, {"_id": {"$in": people}}, fields=("_id",))
        reachable = {row["_id"] for row in known}
        for row in rows:
            if row["person"] in reachable:
                await self._guarded(row, self._now_due)

    async def _now_due(self, row: Document) -> None:
        work = self._work()
        (await work.load(Delivery, row["_id"])).contact_came(now=self._runtime.clock())
        await self._save(work, what=row["_id"])

    def _work(self) -> Work:
        return Work(self._database, now=self._runtime.clock(), new_id=self._runtime.new_id)

    async def _save(self, work: Work, *, what: str) -> bool:
        """Was it saved? Where somebody else was quicker the next round sees what is left."""
        work.take()
        try:
            await self._runtime.committer.commit(work.change())
        except (Stale, AlreadyThere) as problem:
            log.info("latecomer_left", what=what, problem=str(problem))
            return False
        return True


async def follow_latecomers(runtime: Runtime) -> None:
    """Look again and again until cancelled."""
    latecomers = Latecomers(runtime)
    runtime.progress.expect(LOOP, within_s=LOOP_LIMIT_S)
    while True:
        try:
            await latecomers.round()
        except StorageError as problem:
            runtime.progress.waits(LOOP, str(problem))
        else:
            runtime.progress.beat(LOOP)
        await asyncio.sleep(POLL_S)
