"""The loop that sends: due deliveries, each claimed before it is tried, so a crash delays and never loses."""

import asyncio
from datetime import timedelta

import structlog

from services.notifications.attempt import Attempts, Claimed
from services.notifications.domain.audience import Channel
from services.notifications.domain.delivery import Delivery, State
from services.notifications.mail import SESSION_LIMIT_S, Mailer
from services.notifications.rendering import Renderer
from services.notifications.settings import NotificationsSettings
from shared.service import Runtime
from shared.storage.errors import Stale, Unavailable
from shared.storage.mongo import Document

log = structlog.get_logger(__name__)

LOOP = "dispatch"
LOOP_LIMIT_S = SESSION_LIMIT_S + 60
POLL_S = 0.5
AT_ONCE = 100
"""Deliveries read in one round."""
SET_ASIDE = timedelta(hours=1)
STOP_WITHIN_S = 10.0
"""For attempts under way when the process is asked to stop; one cut off is made again after its lease."""


class Dispatcher:
    """Sends what is due. Any number may run at once: whoever saves the claim first sends."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        renderer: Renderer,
        settings: NotificationsSettings,
        session_limit_s: float = SESSION_LIMIT_S,
    ) -> None:
        self._runtime = runtime
        mailer = Mailer(settings, limit_s=session_limit_s)
        self._attempts = Attempts(runtime, renderer=renderer, mailer=mailer, sender=settings.mail_from)
        self._free = asyncio.Semaphore(settings.mail_concurrency)
        self._under_way: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._server_is_silent = False

    async def round(self) -> int:
        """Try every delivery that is due, at most `AT_ONCE`; returns how many there were.

        A round that is cancelled leaves its attempts under way; see `stop`.
        """
        due = {
            "state": State.PENDING.value,
            "channel": Channel.EMAIL.value,
            "next_try": {"$lte": self._runtime.clock()},
        }
        rows = await self._runtime.database.find(
            Delivery.collection, due, fields=("_id", "next_try"), sort=(("next_try", 1),), limit=AT_ONCE
        )
        attempts = {asyncio.create_task(self._one(row)) for row in rows}
        self._under_way |= attempts
        if attempts:
            await asyncio.wait(attempts)
        self._under_way -= attempts
        self.pulse()
        return len(rows)

    async def stop(self) -> None:
        """Begin no attempt any more, and let those under way end if they do so soon."""
        self._stopping = True
        if not self._under_way:
            return
        _, late = await asyncio.wait(self._under_way, timeout=STOP_WITHIN_S)
        for attempt in late:
            attempt.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def pulse(self) -> None:
        """Tell health that the loop gets on, and whether the mail server answers."""
        if self._server_is_silent:
            self._runtime.progress.waits(LOOP, "smtp")
        else:
            self._runtime.progress.beat(LOOP)

    async def _one(self, row: Document) -> None:
        async with self._free:
            if self._stopping:
                return
            try:
                claimed = await self._claim_or_set_aside(row)
                if claimed is not None:
                    answer = await self._attempts.send(claimed)
                    self._server_is_silent = answer.silent
                    await self._attempts.note(claimed, answer)
            except (Stale, Unavailable) as problem:
                log.info("delivery_left", delivery=row["_id"], problem=str(problem))
            except Exception:
                log.exception("delivery_not_noted", delivery=row["_id"])
            self.pulse()

    async def _claim_or_set_aside(self, row: Document) -> Claimed | None:
        try:
            return await self._attempts.claim(row["_id"])
        except (Stale, Unavailable):
            raise
        except Exception:
            # Left as due it would stand before the others for ever.
            log.exception("delivery_unreadable", delivery=row["_id"])
            where = {"_id": row["_id"], "state": State.PENDING.value, "next_try": row["next_try"]}
            later = {"$set": {"next_try": self._runtime.clock() + SET_ASIDE}, "$inc": {"version": 1}}
            await self._runtime.database.change_one(Delivery.collection, where, later)
        return None


async def dispatch(runtime: Runtime) -> None:
    """Send what is due until cancelled; attempts under way are finished then."""
    assert isinstance(runtime.settings, NotificationsSettings)
    renderer: Renderer = runtime.extras["renderer"]
    dispatcher = Dispatcher(runtime, renderer=renderer, settings=runtime.settings)
    runtime.progress.expect(LOOP, within_s=LOOP_LIMIT_S)
    try:
        while True:
            try:
                count = await dispatcher.round()
            except Unavailable as problem:
                runtime.progress.waits(LOOP, str(problem))
                count = 0
            if count < AT_ONCE:
                await asyncio.sleep(POLL_S)
    finally:
        await dispatcher.stop()
