"""The loop for those who become known after the event: contacts and events are on different topics."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog

from services.notifications.domain.audience import DUTY, Audience
from services.notifications.domain.delivery import Delivery, Reason, State
from services.notifications.domain.notice import CLOCKS_DIFFER, Notice
from services.notifications.domain.recipient import Recipient
from services.notifications.domain.story import Story
from shared.messaging.work import Work
from shared.service import Runtime
from shared.storage.errors import AlreadyThere, Stale, StorageError

log = structlog.get_logger(__name__)

LOOP = "latecomers"
LOOP_LIMIT_S = 120.0
POLL_S = 1.0
AT_ONCE = 200

_AUDIENCE = {role.value: audience for audience, role in DUTY.items()}


class Latecomers:
    """Tells whoever already had a duty, or supervised, when something happened, and was not known yet."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._database = runtime.database

    async def round(self) -> None:
        """Look once at everybody who changed lately, and at every delivery without an address."""
        settling = {"settling_until": {"$gt": self._runtime.clock()}}
        staff = {**settling, "duties.0": {"$exists": True}}
        for row in await self._database.find(Recipient.collection, staff):
            await self._staff(Recipient.rebuild(row))
        for row in await self._database.find(Story.collection, settling):
            await self._supervisors(Story.rebuild(row))
        await self._addresses()

    async def _staff(self, recipient: Recipient) -> None:
        for duty in recipient.duties:
            audience = _AUDIENCE.get(duty.role)
            if audience is not None:
                where = {"site": duty.site}
                await self._tell(recipient.id, audience, since=duty.since, where=where)

    async def _supervisors(self, story: Story) -> None:
        for supervision in story.supervisions.values():
            where = {"about": story.person}
            person = supervision.supervisor
            await self._tell(person, Audience.SUPERVISOR, since=supervision.since, where=where)

    async def _tell(
        self, person: str, audience: Audience, *, since: datetime, where: Mapping[str, Any]
    ) -> None:
        missed = {
            **where,
            "open_to": audience.value,
            "occurred": {"$gte": since - CLOCKS_DIFFER},
            "told": {"$ne": person},
            "spared": {"$ne": person},
        }
        rows = await self._database.find(Notice.collection, missed, fields=("_id",), limit=AT_ONCE)
        for row in rows:
            await self._tell_one(row["_id"], person, audience, since)

    async def _tell_one(self, notice: str, person: str, audience: Audience, since: datetime) -> None:
        work = self._work()
        found = await work.load(Notice, notice)
        for made in found.tell_latecomer(person, audience, since=since, now=self._runtime.clock()):
            work.add(made)
        await self._save(work, what=notice)

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
                work = self._work()
                (await work.load(Delivery, row["_id"])).contact_came(now=self._runtime.clock())
                await self._save(work, what=row["_id"])

    def _work(self) -> Work:
        return Work(self._database, now=self._runtime.clock(), new_id=self._runtime.new_id)

    async def _save(self, work: Work, *, what: str) -> None:
        work.take()
        try:
            await self._runtime.committer.commit(work.change())
        except (Stale, AlreadyThere) as problem:
            # Somebody else was quicker; the next round sees what is left.
            log.info("latecomer_left", what=what, problem=str(problem))


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
