"""One attempt at one delivery: claimed, sent, and its outcome noted, each step saved before the next."""

import asyncio
import random
import time
from dataclasses import dataclass
from datetime import datetime

import structlog
from prometheus_client import Counter

from services.notifications.domain.delivery import AtHand, Delivery, State
from services.notifications.domain.message import Message
from services.notifications.domain.patience import LEASE
from services.notifications.domain.preferences import Preferences, preferences_id
from services.notifications.domain.recipient import Recipient
from services.notifications.domain.story import Story, story_id
from services.notifications.mail import (
    NOT_COMPOSED,
    NOT_SUPPORTED,
    SESSION_LIMIT_S,
    AddressNotSupported,
    Answer,
    Mailer,
    compose,
)
from services.notifications.rendering import Renderer
from shared.messaging.work import Work
from shared.service import Runtime
from shared.storage.errors import Stale, Unavailable

log = structlog.get_logger(__name__)

NOTE_WITHIN_S = LEASE.total_seconds() - SESSION_LIMIT_S
NOTE_PAUSE_S = 1.0

ENDED = Counter("peerpath_deliveries_ended_total", "E-mails that are over.", ["outcome", "reason"])


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """What is to be sent now, by nobody else."""

    delivery: str
    message: Message
    recipient: Recipient


class Attempts:
    """Makes attempts; whoever saves the claim first makes it."""

    def __init__(self, runtime: Runtime, *, renderer: Renderer, mailer: Mailer, sender: str) -> None:
        self._runtime = runtime
        self._renderer = renderer
        self._mailer = mailer
        self._sender = sender

    async def claim(self, id: str) -> Claimed | None:
        """Take the delivery for one attempt; None where it is not to be sent now.

        Raises:
            Stale, Unavailable: somebody else was quicker, or it is not known.
        """
        work = self._work()
        delivery = await work.find(Delivery, id)
        if delivery is None:
            return None
        message = await work.find(Message, delivery.message)
        recipient = await work.find(Recipient, delivery.person)
        at_hand = AtHand(
            message=message,
            recipient=recipient,
            preferences=await work.find(Preferences, preferences_id(delivery.person)),
            story=await work.find(Story, story_id(message.about)) if message else None,
        )
        send = delivery.begin_attempt(at_hand, now=self._runtime.clock())
        await self._save(work, delivery)
        if not send or message is None or recipient is None:
            return None
        return Claimed(delivery=id, message=message, recipient=recipient)

    async def send(self, claimed: Claimed) -> Answer:
        """Write it and hand it to the mail server; never raises for what text, address or server does."""
        id, recipient = claimed.delivery, claimed.recipient
        try:
            words = self._renderer.mail(claimed.message, recipient)
            mail = compose(id, recipient, words, sender=self._sender, now=self._runtime.clock())
        except AddressNotSupported:
            return NOT_SUPPORTED
        except Exception:
            # A mistake of ours, in a text for instance: tried again, so that a repair helps.
            log.exception("mail_not_composed", delivery=id, template=claimed.message.template)
            return NOT_COMPOSED
        return await self._mailer.send(mail)

    async def note(self, claimed: Claimed, answer: Answer) -> None:
        """Keep the outcome, trying as long as the attempt is ours: what is not noted is sent once more.

        Raises:
            Stale, Unavailable: it could not be kept.
        """
        end = time.monotonic() + NOTE_WITHIN_S
        while True:
            try:
                await self._note(claimed.delivery, answer)
            except (Stale, Unavailable):
                if time.monotonic() > end:
                    raise
                await asyncio.sleep(NOTE_PAUSE_S)
            else:
                return

    async def _note(self, id: str, answer: Answer) -> None:
        work = self._work()
        delivery = await work.find(Delivery, id)
        if delivery is None:
            return
        _conclude(delivery, answer, now=self._runtime.clock())
        await self._save(work, delivery)
        log.info("delivery_tried", delivery=id, state=delivery.state.value, problem=answer.problem)

    def _work(self) -> Work:
        return Work(self._runtime.database, now=self._runtime.clock(), new_id=self._runtime.new_id)

    async def _save(self, work: Work, delivery: Delivery) -> None:
        work.take()
        change = work.change()
        await self._runtime.committer.commit(change)
        if change.writes and delivery.state is not State.PENDING:
            ENDED.labels(delivery.state.value, delivery.reason.value if delivery.reason else "").inc()


def _conclude(delivery: Delivery, answer: Answer, *, now: datetime) -> None:
    if answer.problem is None:
        delivery.accepted(now=now)
    elif answer.permanent:
        delivery.refused(answer.problem, now=now)
    else:
        delivery.put_off(answer.problem, now=now, jitter=random.random())  # noqa: S311 - spreads load only
