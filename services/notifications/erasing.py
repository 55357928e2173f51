"""The loop that finishes an erasure: what can't be found by the person's id alone when the tombstone is read."""

import asyncio

import structlog

from services.notifications.domain.delivery import Delivery, State
from services.notifications.domain.desk import Desk
from services.notifications.domain.erased import Erased
from services.notifications.domain.recipient import Recipient
from shared.messaging.work import Work
from shared.service import Runtime
from shared.storage.errors import Stale, StorageError, Unavailable

log = structlog.get_logger(__name__)

LOOP = "erasing"
LOOP_LIMIT_S = 120.0
POLL_S = 1.0
AT_ONCE = 200


class Erasing:
    """Takes erased people off every desk and ends what was still to be sent to them."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._database = runtime.database

    async def round(self) -> None:
        """Everybody who is to be forgotten; one that fails is tried again in the next round."""
        for row in await self._database.find(Erased.collection, {}, limit=AT_ONCE):
            try:
                await self._forget(row["_id"])
            except Unavailable:
                raise
            except Stale as problem:
                log.info("erasure_left", problem=str(problem))
            except Exception:
                log.exception("erasure_failed", person=row["_id"])
            self._runtime.progress.beat(LOOP)

    async def _forget(self, person: str) -> None:
        if await self._database.get(Recipient.collection, person) is None:
            await self._leave_desks(person)
        pending = {"person": person, "state": State.PENDING.value}
        while rows := await self._database.find(Delivery.collection, pending, fields=("_id",), limit=AT_ONCE):
            for row in rows:
                work = self._work()
                (await work.load(Delivery, row["_id"])).person_erased(now=self._runtime.clock())
                await self._save(work)
        await self._database.delete(Erased.collection, {"_id": person})

    async def _leave_desks(self, person: str) -> None:
        # All of them: there are as many as sites, and an id may hold what a query by field can't.
        for row in await self._database.find(Desk.collection, {}):
            if person in row["people"]:
                work = self._work()
                (await work.load(Desk, row["_id"])).leave(person)
                await self._save(work)

    def _work(self) -> Work:
        return Work(self._database, now=self._runtime.clock(), new_id=self._runtime.new_id)

    async def _save(self, work: Work) -> None:
        work.take()
        await self._runtime.committer.commit(work.change())


async def finish_erasures(runtime: Runtime) -> None:
    """Look again and again until cancelled."""
    erasing = Erasing(runtime)
    runtime.progress.expect(LOOP, within_s=LOOP_LIMIT_S)
    while True:
        try:
            await erasing.round()
        except StorageError as problem:
            runtime.progress.waits(LOOP, str(problem))
        else:
            runtime.progress.beat(LOOP)
        await asyncio.sleep(POLL_S)
