"""The loop that finishes an erasure: what can't be found by the person's id alone when training hears of it.

A reaction reads what the event names, in one find per batch, and an erasure names only the person. Certificates,
requests for help and trainings under programmes of sites have ids that nobody can work out from that, so the
reaction destroys the key, which takes all text at once, and notes whom to forget; this loop finds the rest by the
indexes on `person`. So nothing has to be kept up beside every enrolment and certificate just for the day somebody is
erased, and what was stored long ago is found like what is new.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import structlog

from services.training.domain.certificate import Certificate
from services.training.domain.choices import Choices, choices_id
from services.training.domain.enrolment import Enrolment
from services.training.domain.erasing import ToForget
from services.training.domain.help import HelpRequest
from services.training.domain.support import Support, support_id
from shared.domain.aggregate import Aggregate
from shared.messaging.work import Work
from shared.service import Runtime
from shared.storage.errors import Stale, StorageError, Unavailable

log = structlog.get_logger(__name__)

A = TypeVar("A", bound=Aggregate)

LOOP = "erasing"
LOOP_LIMIT_S = 120.0
POLL_S = 1.0
AT_ONCE = 200


class Erasing:
    """Lets trainings of erased people rest, and takes from their records what is more than codes and times."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._database = runtime.database

    async def round(self) -> None:
        """Everybody who is to be forgotten; one that fails is tried again in the next round."""
        for row in await self._database.find(ToForget.collection, {}, limit=AT_ONCE):
            try:
                await self._forget(row["_id"], now=self._runtime.clock())
            except Unavailable:
                raise
            except Stale as problem:
                log.info("erasure_left", problem=str(problem))
            except Exception:
                log.exception("erasure_failed", person=row["_id"])
            self._runtime.progress.beat(LOOP)

    async def _forget(self, person: str, *, now: datetime) -> None:
        # Trainings first: whoever grants a certificate at this moment changes the training too. Either that is saved
        # before, and the certificate is found below, or it is decided again, and refused.
        trainings = await self._change_each(Enrolment, person, lambda found: found.erase(now=now))
        await self._change_each(Certificate, person, lambda found: found.erase())
        await self._change_each(HelpRequest, person, lambda found: found.erase(now=now))
        # What helps somebody, and how they learn, is of no use to anybody else.
        for kind, id_of in ((Support, support_id), (Choices, choices_id)):
            await self._database.delete(kind.collection, {"_id": {"$in": [id_of(one) for one in trainings]}})
        await self._database.delete(ToForget.collection, {"_id": person})

    async def _change_each(self, kind: type[A], person: str, do: Callable[[A], object]) -> list[str]:
        rows = await self._database.find_own(kind.collection, {"person": person})
        for row in rows:
            work = Work(self._database, now=self._runtime.clock(), new_id=self._runtime.new_id)
            do(await work.load(kind, row["_id"]))
            work.take()
            await self._runtime.committer.commit(work.change())
        return [row["_id"] for row in rows]


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
