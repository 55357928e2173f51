"""The loop that sends: due deliveries, each claimed before it is tried, so a crash delays and never loses."""

import asyncio
import random
from datetime import datetime

import structlog

from services.notifications.domain.delivery import Delivery, State
from services.notifications.domain.message import Message
from services.notifications.domain.preferences import Preferences, preferences_id
from services.notifications.domain.recipient import Recipient
from services.notifications.mail import Answer, Mailer, compose
from services.notifications.rendering import Renderer
from services.notifications.settings import NotificationsSettings
from shared.messaging.work import Work
from shared.service import Runtime
from shared.storage.errors import Stale, Unavailable

log = structlog.get_logger(__name__)

LOOP = "dispatch"
LOOP_LIMIT_S = 120.0
POLL_S = 0.5
AT_ONCE = 100
"""Deliveries read in one round."""


class Dispatcher:
    """Sends what is due. Any number may run at once: whoever saves the claim first sends."""

    def __init__(self, runtime: Runtime, *, renderer: Renderer, settings: NotificationsSettings) -> None:
        self._runtime = runtime
        self._renderer = renderer
        self._mailer = Mailer(settings)
        self._sender = str(settings.mail_from)
        self._free = asyncio.Semaphore(settings.mail_concurrency)

    async def round(self) -> int:
        """Try every delivery that is due, at most `AT_ONCE`; returns how many there were."""
        due = {"state": State.PENDING.value, "next_try": {"$lte": self._runtime.clock()}}
        rows = await self._runtime.database.find(
            Delivery.collection, due, fields=("_id",), sort=(("next_try", 1),), limit=AT_ONCE
        )
        async with asyncio.TaskGroup() as group:
            for row in rows:
                group.create_task(self._one(row["_id"]))
        return len(rows)

    async def _one(self, id: str) -> None:
        async with self._free:
            try:
                claimed = await self._claim(id)
                if claimed is not None:
                    await self._note(id, await self._send(*claimed))
            except (Stale, Unavailable) as problem:
                log.info("delivery_left", delivery=id, problem=str(problem))
            except Exception:
                # One that can't even be read must not take its neighbours' attempts down with it.
                log.exception("delivery_unreadable", delivery=id)

    async def _claim(self, id: str) -> tuple[Delivery, Message, Recipient] | None:
        work = self._work()
        delivery = await work.load(Delivery, id)
        recipient = await work.find(Recipient, delivery.person)
        preferences = await work.find(Preferences, preferences_id(delivery.person))
        message = await work.load(Message, delivery.message)
        send = delivery.begin_attempt(recipient, preferences, now=self._runtime.clock())
        await self._save(work)
        return (delivery, message, recipient) if send and recipient is not None else None

    async def _send(self, delivery: Delivery, message: Message, recipient: Recipient) -> Answer:
        try:
            rendered = self._renderer.render(
                message,
                name=recipient.name,
                language=recipient.language,
                time_zone=recipient.time_zone,
            )
            mail = compose(delivery.id, recipient, rendered, sender=self._sender, created=message.created)
        except Exception:
            # A mistake in a template or a name no header can hold: tried again, so that a repair helps.
            log.exception("mail_not_composed", delivery=delivery.id, template=message.template)
            return Answer(problem="not_composed")
        return await self._mailer.send(mail)

    async def _note(self, id: str, answer: Answer) -> None:
        work = self._work()
        delivery = await work.load(Delivery, id)
        _conclude(delivery, answer, now=self._runtime.clock())
        await self._save(work)
        log.info("delivery_tried", delivery=id, state=delivery.state.value, problem=answer.problem)

    def _work(self) -> Work:
        return Work(self._runtime.database, now=self._runtime.clock(), new_id=self._runtime.new_id)

    async def _save(self, work: Work) -> None:
        work.take()
        await self._runtime.committer.commit(work.change())


def _conclude(delivery: Delivery, answer: Answer, *, now: datetime) -> None:
    if answer.problem is None:
        delivery.accepted(now=now)
    elif answer.permanent:
        delivery.refused(answer.problem, now=now)
    else:
        delivery.put_off(answer.problem, now=now, jitter=random.random())  # noqa: S311 - spreads load only


async def dispatch(runtime: Runtime) -> None:
    """Send what is due until cancelled."""
    assert isinstance(runtime.settings, NotificationsSettings)
    renderer: Renderer = runtime.extras["renderer"]
    dispatcher = Dispatcher(runtime, renderer=renderer, settings=runtime.settings)
    runtime.progress.expect(LOOP, within_s=LOOP_LIMIT_S)
    while True:
        try:
            count = await dispatcher.round()
        except Unavailable as problem:
            runtime.progress.waits(LOOP, str(problem))
            count = 0
        else:
            runtime.progress.beat(LOOP)
        if count < AT_ONCE:
            await asyncio.sleep(POLL_S)
