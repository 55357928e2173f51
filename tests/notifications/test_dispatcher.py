"""Sending over a real mail server: once, again when it makes sense, and never at night."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import cast

from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from services.notifications.attempt import Attempts
from services.notifications.dispatcher import AT_ONCE, SET_ASIDE, Dispatcher, dispatch
from services.notifications.domain.audience import Channel, Urgency
from services.notifications.domain.delivery import Delivery, Reason, State
from services.notifications.domain.message import Message
from services.notifications.domain.patience import LEASE
from services.notifications.domain.preferences import Mute, Preferences
from services.notifications.latecomers import Latecomers
from services.notifications.mail import Mailer
from services.notifications.settings import NotificationsSettings
from shared.ids import new_id
from shared.storage.errors import Unavailable
from shared.storage.unit_of_work import Change, Committer
from tests.notifications.builders import NOON, after, at_hand, message, recipient
from tests.notifications.running import Watch, notifications, save
from tests.support.running import Started
from tests.support.stack import Stack

NIGHT = datetime(2026, 3, 4, 23, tzinfo=UTC)


def dispatcher(app: Started, **more: float) -> Dispatcher:
    settings = app.runtime.settings
    assert isinstance(settings, NotificationsSettings)
    return Dispatcher(app.runtime, renderer=app.runtime.extras["renderer"], settings=settings, **more)


def ended(outcome: str, reason: str = "") -> float:
    """How many deliveries this process has ended so."""
    labels = {"outcome": outcome, "reason": reason}
    return REGISTRY.get_sample_value("peerpath_deliveries_ended_total", labels) or 0.0


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
        before = ended("sent")
        ids = await due(app, *(message(person=person()) for _ in range(40)))

        await asyncio.gather(dispatcher(app).round(), dispatcher(app).round())

        assert sorted(mail["Message-ID"] for mail in mailbox.mails) == sorted(
            f"<{id}@peerpath.example>" for id in ids
        )
        assert mailbox.most_at_once <= 6
        assert ended("sent") == before + 40


async def test_an_end_is_counted_once(stack: Stack) -> None:
    """A sender that comes to a delivery after another has ended it leaves it, and the count, as they are."""
    async with notifications(stack, work=False) as (app, _):
        (id,) = await due(app, message(person=person()))
        await dispatcher(app).round()
        before = ended("sent")
        settings = app.runtime.settings
        assert isinstance(settings, NotificationsSettings)
        attempts = Attempts(
            app.runtime,
            renderer=app.runtime.extras["renderer"],
            mailer=Mailer(settings),
            sender=settings.mail_from,
        )

        assert await attempts.claim(id) is None
        assert ended("sent") == before


async def test_a_contact_that_comes_while_mails_are_sent(stack: Stack) -> None:
    """Mails that once waited for an address go out once, with two senders and the loop for latecomers at work."""
    watch = Watch()
    async with notifications(stack, work=False, watch=watch) as (app, mailbox):
        ids = await due(app, *(message(person=person()) for _ in range(20)), contacts=False)
        await dispatcher(app).round()
        waiting = [await stored(app, id) for id in ids]
        assert {delivery.reason for delivery in waiting} == {Reason.CONTACT_UNKNOWN}
        await save(app, [recipient(delivery.person) for delivery in waiting])
        mailbox.slow_s = 0.05
        latecomers, first, second = Latecomers(app.runtime), dispatcher(app), dispatcher(app)
        await latecomers.round()

        sending = asyncio.create_task(first.round())
        while not sending.done():
            await latecomers.round()
            await second.round()

        await sending
        assert sorted(mail["Message-ID"] for mail in mailbox.mails) == sorted(
            f"<{id}@peerpath.example>" for id in ids
        )


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
    """Nobody answering is no reason to give up for days, and health says what holds the mails up."""
    watch = Watch()
    async with notifications(stack, work=False, watch=watch, smtp_port=1) as (app, _):
        (id,) = await due(app, message(person=person()))
        sender = dispatcher(app)
        for _ in range(12):
            await sender.round()
            watch.forward(hours=8)

        waiting = await stored(app, id)
        assert (waiting.state, waiting.last_problem) == (State.PENDING, "no_connection")
        assert waiting.attempts > 1
        assert app.runtime.progress.waiting() == {"dispatch": "smtp"}


async def test_giving_up_is_counted(stack: Stack) -> None:
    """A mail that no server took for five days has failed, and an alert can look at the number of those."""
    watch = Watch()
    async with notifications(stack, work=False, watch=watch, smtp_port=1) as (app, _):
        before = ended("failed", "gave_up")
        (id,) = await due(app, message(person=person()))
        sender = dispatcher(app)
        await sender.round()
        watch.forward(days=5)
        await sender.round()

        assert (await stored(app, id)).reason is Reason.GAVE_UP
        assert ended("failed", "gave_up") == before + 1


async def test_a_server_that_never_gets_to_the_end(stack: Stack) -> None:
    """A session has an end, however long each of its answers may take, and is over before its lease."""
    async with notifications(stack, work=False) as (app, mailbox):
        mailbox.slow_s = 3
        (id,) = await due(app, message(person=person()))
        await dispatcher(app, session_limit_s=0.2).round()

        assert (await stored(app, id)).last_problem == "no_connection"
        assert mailbox.mails == []


async def test_a_sender_that_died(stack: Stack) -> None:
    """An attempt nobody finished is made again once its lease is over."""
    watch = Watch()
    async with notifications(stack, work=False, watch=watch) as (app, mailbox):
        item = message(person=person())
        claimed = Delivery.of(item)
        claimed.begin_attempt(at_hand(recipient(item.person)), now=watch())
        await save(app, [item, claimed, recipient(item.person)])
        sender = dispatcher(app)

        assert await sender.round() == 0
        watch.now += LEASE
        assert await sender.round() == 1
        assert len(mailbox.mails) == 1


async def test_the_night_is_quiet(stack: Stack) -> None:
    """At 23:00 nothing goes out, a legal notice neither; at 08:00 everything does."""
    watch = Watch(NIGHT)
    async with notifications(stack, work=False, watch=watch) as (app, mailbox):
        ids = await due(
            app,
            message(person=person(), created=NIGHT),
            message(person=person(), created=NIGHT, urgency=Urgency.LEGAL),
        )
        sender = dispatcher(app)
        await sender.round()
        assert mailbox.mails == []

        watch.forward(hours=9)
        await sender.round()
        assert {(await stored(app, id)).state for id in ids} == {State.SENT}


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
    """A delivery whose message is not there any more ends, says so, and holds nobody else up."""
    async with notifications(stack, work=False) as (app, mailbox):
        lost = message(person=person())
        gone = Delivery.of(lost)
        await save(app, [gone, recipient(lost.person)])
        (whole,) = await due(app, message(person=person()))
        sender = dispatcher(app)
        await sender.round()

        assert [mail["Message-ID"] for mail in mailbox.mails] == [f"<{whole}@peerpath.example>"]
        assert (await stored(app, gone.id)).reason is Reason.MESSAGE_GONE
        assert await sender.round() == 0


async def test_many_that_can_t_be_read(stack: Stack) -> None:
    """A hundred deliveries that nobody can read are set aside, so that the one behind them is sent."""
    watch = Watch()
    async with notifications(stack, work=False, watch=watch) as (app, mailbox):
        broken = [message(person=person(), created=NOON) for _ in range(AT_ONCE)]
        ids = await due(app, *broken, contacts=False)
        for id in ids:
            await app.database.change_one(Delivery.collection, {"_id": id}, {"$set": {"kind": "unheard-of"}})
        watch.forward(minutes=1)
        (whole,) = await due(app, message(person=person(), created=after(minutes=1)))
        sender = dispatcher(app)

        with capture_logs() as logged:
            assert [await sender.round() for _ in range(3)] == [AT_ONCE, 1, 0]
        assert sum(entry["event"] == "delivery_unreadable" for entry in logged) == AT_ONCE
        assert [mail["Message-ID"] for mail in mailbox.mails] == [f"<{whole}@peerpath.example>"]
        await app.database.change_one(Delivery.collection, {"_id": ids[0]}, {"$set": {"kind": "training"}})
        assert (await stored(app, ids[0])).next_try == watch.now + SET_ASIDE


async def test_an_address_we_can_t_write_to(stack: Stack) -> None:
    """Other letters than ASCII before the @ end the delivery with a word for it; in the domain they do not."""
    async with notifications(stack, work=False) as (app, mailbox):
        items = [message(person=person()) for _ in range(2)]
        addresses = ("jos\u00e9@example.org", "jose@b\u00fccher.example")
        await save(
            app,
            [
                recipient(item.person, email=email, name="José Núñez")
                for item, email in zip(items, addresses, strict=True)
            ],
        )
        refused, sent = await due(app, *items, contacts=False)
        await dispatcher(app).round()

        over = await stored(app, refused)
        assert (over.state, over.last_problem) == (State.FAILED, "address_not_supported")
        assert (await stored(app, sent)).state is State.SENT
        assert mailbox.mails[0]["To"].addresses[0].domain == "xn--bcher-kva.example"


async def test_a_stop_lets_mails_arrive(stack: Stack) -> None:
    """On a stop the mail on its way is finished and noted, and no other one is begun."""
    async with notifications(stack, work=False, mail_concurrency=1) as (app, mailbox):
        mailbox.slow_s = 0.3
        ids = await due(app, *(message(person=person()) for _ in range(3)))
        running = asyncio.create_task(dispatch(app.runtime))

        async def one_is_on_its_way() -> bool:
            return mailbox.at_once == 1

        await app.until(one_is_on_its_way)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

        states = [(await stored(app, id)).state for id in ids]
        assert sorted(states) == [State.PENDING, State.PENDING, State.SENT]
        assert len(mailbox.mails) == 1


class FailingOnce:
    """A committer in front of the real one whose database is gone for the second change it is given."""

    def __init__(self, committer: Committer) -> None:
        self._committer = committer
        self.given = 0

    async def commit(self, change: Change) -> None:
        self.given += 1
        if self.given == 2:
            raise Unavailable("no primary")
        await self._committer.commit(change)


async def test_the_outcome_is_noted_when_the_database_is_back(stack: Stack) -> None:
    """A mail that went out while the database was gone is noted as sent afterwards, not sent once more."""
    async with notifications(stack, work=False) as (app, mailbox):
        (id,) = await due(app, message(person=person()))
        app.runtime.committer = failing = cast("Committer", FailingOnce(app.runtime.committer))
        await dispatcher(app).round()

        assert cast("FailingOnce", failing).given == 3
        assert (await stored(app, id)).state is State.SENT
        assert len(mailbox.mails) == 1


async def test_a_text_that_lacks_a_fact(stack: Stack) -> None:
    """A message that can't be written waits for a repair and holds nobody else up."""
    async with notifications(stack, work=False) as (app, mailbox):
        broken, whole = await due(
            app, message(person=person(), template="interview_set"), message(person=person())
        )
        await dispatcher(app).round()

        assert (await stored(app, broken)).last_problem == "not_composed"
        assert [mail["Message-ID"] for mail in mailbox.mails] == [f"<{whole}@peerpath.example>"]
