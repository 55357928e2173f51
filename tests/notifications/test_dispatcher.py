"""Sending over a real mail server: once, again when it makes sense, and never at night."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from services.notifications.dispatcher import Dispatcher
from services.notifications.domain.audience import Urgency
from services.notifications.domain.delivery import LEASE, Delivery, Reason, State
from services.notifications.domain.message import Message
from services.notifications.domain.preferences import Channel, Mute, Preferences
from services.notifications.settings import NotificationsSettings
from shared.ids import new_id
from tests.notifications.builders import message, recipient
from tests.notifications.running import Watch, notifications, save
from tests.support.running import Started
from tests.support.stack import Stack

pytestmark = pytest.mark.timeout(120)

NIGHT = datetime(2026, 3, 4, 23, tzinfo=UTC)


def dispatcher(app: Started) -> Dispatcher:
    settings = app.runtime.settings
    assert isinstance(settings, NotificationsSettings)
    return Dispatcher(app.runtime, renderer=app.runtime.extras["renderer"], settings=settings)


def person() -> str:
    return f"person-{new_id()}"


async def due(app: Started, *items: Message, contacts: bool = True) -> Sequence[str]:
    """Save messages with their deliveries and recipients; returns the deliveries' ids."""
    made = [Delivery.of(item) for item in items]
    people = [recipient(who) for who in {item.person for item in items}] if contacts else []
    await save(app, [*items, *made, *people])
    return [delivery.id for delivery in made]


async def stored(app: Started, id: str) -> Delivery:
    row = await app.database.find_one(Delivery.collection, {"_id": id})
    assert row is not None
    return Delivery.rebuild(row)


async def test_a_mail_goes_out_once(stack: Stack) -> None:
    """A due delivery is sent with an id of its own, in text and HTML, and is at rest afterwards."""
    async with notifications(stack, work=False) as (app, mailbox):
        (id,) = await due(app, message(person=person()))
        sender = dispatcher(app)

        assert await sender.round() == 1
        assert await sender.round() == 0
        (mail,) = mailbox.mails
        assert mail["Message-ID"] == f"<{id}@peerpath.example>"
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
        assert (await stored(app, id)).state is State.SENT


async def test_two_senders_send_each_mail_once(stack: Stack) -> None:
    """Two processes at the same work claim apart: forty deliveries are forty mails, few at a time."""
    async with notifications(stack, work=False, mail_concurrency=3) as (app, mailbox):
        mailbox.slow_s = 0.02
        ids = await due(app, *(message(person=person()) for _ in range(40)))

        await asyncio.gather(dispatcher(app).round(), dispatcher(app).round())

        assert sorted(mail["Message-ID"] for mail in mailbox.mails) == sorted(
            f"<{id}@peerpath.example>" for id in ids
        )
        assert mailbox.most_at_once <= 6


async def test_a_busy_server_is_asked_again(stack: Stack) -> None:
    """After a 4xx the delivery waits and then goes out under the same Message-ID."""
    watch = Watch()
    async with notifications(stack, work=False, watch=watch) as (app, mailbox):
        who = person()
        (id,) = await due(app, message(person=who))
        mailbox.answers[f"{who}@example.org"] = "451 later, please"
        sender = dispatcher(app)
        await sender.round()

        waiting = await stored(app, id)
        assert (waiting.state, waiting.reason, waiting.last_problem) == (
            State.PENDING,
            Reason.TRY_AGAIN,
            "451",
        )
        assert await sender.round() == 0
        mailbox.answers.clear()
        watch.forward(minutes=1)
        await sender.round()
        sent = await stored(app, id)
        assert (sent.state, sent.attempts) == (State.SENT, 2)
        assert [mail["Message-ID"] for mail in mailbox.mails] == [f"<{id}@peerpath.example>"]


async def test_an_address_that_does_not_exist(stack: Stack) -> None:
    """A 5xx ends the delivery at the first attempt, and the code is kept."""
    async with notifications(stack, work=False) as (app, mailbox):
        who = person()
        (id,) = await due(app, message(person=who))
        mailbox.answers[f"{who}@example.org"] = "550 no such mailbox"
        await dispatcher(app).round()

        ended = await stored(app, id)
        assert (ended.state, ended.reason, ended.last_problem) == (State.FAILED, Reason.REFUSED, "550")


async def test_a_server_that_is_gone(stack: Stack) -> None:
    """Nobody answering is no reason to give up."""
    async with notifications(stack, work=False, smtp_port=1) as (app, _):
        (id,) = await due(app, message(person=person()))
        await dispatcher(app).round()

        waiting = await stored(app, id)
        assert (waiting.state, waiting.last_problem, waiting.attempts) == (
            State.PENDING,
            "no_connection",
            1,
        )


async def test_a_sender_that_died(stack: Stack) -> None:
    """An attempt nobody finished is made again once its lease is over."""
    watch = Watch()
    async with notifications(stack, work=False, watch=watch) as (app, mailbox):
        item = message(person=person())
        claimed = Delivery.of(item)
        claimed.begin_attempt(recipient(item.person), None, now=watch())
        await save(app, [item, claimed, recipient(item.person)])
        sender = dispatcher(app)

        assert await sender.round() == 0
        watch.now += LEASE
        assert await sender.round() == 1
        assert len(mailbox.mails) == 1


async def test_the_night_is_quiet(stack: Stack) -> None:
    """At 23:00 a legal notice goes out, a normal message waits for 08:00."""
    watch = Watch(NIGHT)
    async with notifications(stack, work=False, watch=watch) as (app, mailbox):
        normal, legal = await due(
            app,
            message(person=person(), created=NIGHT),
            message(person=person(), created=NIGHT, urgency=Urgency.LEGAL),
        )
        sender = dispatcher(app)
        await sender.round()
        assert [mail["Message-ID"] for mail in mailbox.mails] == [f"<{legal}@peerpath.example>"]

        watch.forward(hours=9)
        await sender.round()
        assert (await stored(app, normal)).state is State.SENT


async def test_what_is_muted_stays_in_the_inbox(stack: Stack) -> None:
    """A muted kind is not sent and says why; the message is there all the same."""
    async with notifications(stack, work=False) as (app, mailbox):
        item = message(person=person())
        preferences = Preferences.of(item.person)
        preferences.choose([Mute(kind=item.kind, channel=Channel.EMAIL)])
        await save(app, [preferences])
        (id,) = await due(app, item)
        await dispatcher(app).round()

        assert mailbox.mails == []
        assert (await stored(app, id)).reason is Reason.MUTED
        assert await app.database.find_one(Message.collection, {"_id": item.id}) is not None


async def test_a_message_that_is_gone(stack: Stack) -> None:
    """A delivery whose message is not there any more holds nobody else up."""
    async with notifications(stack, work=False) as (app, mailbox):
        lost = message(person=person())
        await save(app, [Delivery.of(lost), recipient(lost.person)])
        (whole,) = await due(app, message(person=person()))
        await dispatcher(app).round()

        assert [mail["Message-ID"] for mail in mailbox.mails] == [f"<{whole}@peerpath.example>"]


async def test_a_text_that_lacks_a_fact(stack: Stack) -> None:
    """A message that can't be written waits for a repair and holds nobody else up."""
    async with notifications(stack, work=False) as (app, mailbox):
        broken, whole = await due(
            app, message(person=person(), template="interview_set"), message(person=person())
        )
        await dispatcher(app).round()

        assert (await stored(app, broken)).last_problem == "not_composed"
        assert [mail["Message-ID"] for mail in mailbox.mails] == [f"<{whole}@peerpath.example>"]
