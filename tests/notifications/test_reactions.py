"""From events on real Kafka to messages, deliveries and mails."""

from typing import Any

from services.notifications.domain.delivery import Delivery
from services.notifications.domain.desk import Desk
from services.notifications.domain.erased import Erased
from services.notifications.domain.message import Message, message_id
from services.notifications.domain.preferences import Preferences
from services.notifications.domain.recipient import Recipient
from services.notifications.domain.story import Story
from shared.contracts.envelope import EventData
from shared.contracts.people import PersonContact, SiteDuty
from shared.contracts.recruitment import (
    CandidateApplied,
    CandidateInterviewScheduled,
    CandidateScreened,
    ScreeningOutcome,
)
from shared.contracts.supervision import SupervisorAssigned
from shared.contracts.topics import CONTACTS
from shared.contracts.training import CertificationGranted
from shared.domain.aggregate import Aggregate
from shared.ids import new_id
from tests.notifications.builders import NOON, after
from tests.notifications.running import Watch, notifications, save
from tests.support.running import Started
from tests.support.stack import Stack


class Cast:
    """The people of one test, at a site of their own."""

    def __init__(self, app: Started) -> None:
        self.app = app
        self.site = f"site-{new_id()}"
        self.mentor, self.coordinator, self.colleague = (f"person-{new_id()}" for _ in range(3))

    async def contact(self, person: str, *duties: str, site: str | None = None, **more: Any) -> None:
        """Duties at `site`, for somebody who belongs there unless `belongs` says where else."""
        at = site or self.site
        values = {"name": "Ana", "email": address(person), "site": more.pop("belongs", at), **more}
        held = tuple(SiteDuty(site=at, duty=duty) for duty in duties)
        contact = PersonContact(person=person, duties=held, **values)
        await self.app.publish(contact, subject=f"contact-{new_id()}")

    async def applied(self, **more: Any) -> str:
        return await self.app.publish(self.application(), subject=f"candidate-{self.mentor}", **more)

    def application(self) -> EventData:
        return CandidateApplied(site=self.site, person=self.mentor, candidate="c-1", programme="core")

    async def stored(self, kind: type[Aggregate], person: str, **where: Any) -> list[dict[str, Any]]:
        return await self.app.database.find(kind.collection, {"person": person, **where})

    async def known(self, person: str) -> Any:
        async def found() -> Any:
            return await self.app.database.find_one(Recipient.collection, {"_id": person})

        return await self.app.until(found)

    async def told(self, person: str, count: int = 1) -> Any:
        async def enough() -> Any:
            found = await self.stored(Message, person)
            return found if len(found) >= count else None

        return await self.app.until(enough)


def address(person: str) -> str:
    return f"{person}@example.org"


async def test_an_application_reaches_both_sides(stack: Stack) -> None:
    """Applicant and coordinator each find one message and get one e-mail, in their own language."""
    async with notifications(stack) as (app, mailbox):
        cast = Cast(app)
        await cast.contact(cast.coordinator, "coordinator")
        await cast.contact(cast.mentor, language="es", time_zone="Europe/Madrid")
        await cast.known(cast.coordinator)
        await cast.applied()

        async def both() -> bool:
            return bool(mailbox.to(address(cast.mentor)) and mailbox.to(address(cast.coordinator)))

        await app.until(both)
        (thanks,) = mailbox.to(address(cast.mentor))
        (note,) = mailbox.to(address(cast.coordinator))
        assert (thanks["Subject"], thanks["Content-Language"]) == ("Tu solicitud ya llegó", "es")
        assert (note["Subject"], note["Content-Language"]) == ("An application for your site", "en")


async def test_somebody_of_another_site_is_told_where_they_have_a_duty(stack: Stack) -> None:
    """A coordinator who belongs elsewhere gets the mail of the site they coordinate."""
    async with notifications(stack) as (app, mailbox):
        cast = Cast(app)
        await cast.contact(cast.coordinator, "coordinator", belongs=f"site-{new_id()}")
        await cast.known(cast.coordinator)
        await cast.applied()

        async def mailed() -> bool:
            return bool(mailbox.to(address(cast.coordinator)))

        await app.until(mailed)


async def test_a_duty_elsewhere_that_comes_late(stack: Stack) -> None:
    """Who belongs to another site and becomes known after an application is told of it too."""
    async with notifications(stack) as (app, _):
        cast = Cast(app)
        await cast.applied()
        await cast.told(cast.mentor)
        await cast.contact(cast.colleague, "coordinator", belongs=f"site-{new_id()}")

        (message,) = await cast.told(cast.colleague)
        assert message["site"] == cast.site


async def test_a_repeated_event_has_no_second_effect(stack: Stack) -> None:
    """The same event delivered three times makes one message and one delivery."""
    async with notifications(stack) as (app, _):
        cast = Cast(app)
        event = await cast.applied()
        await cast.applied(id=event)
        await cast.applied(id=event)
        last = CertificationGranted(
            site=cast.site,
            person=cast.mentor,
            enrolment="e-1",
            programme="core",
            certificate="cert-1",
            granted_by="certifier-1",
            valid_from=NOON,
            valid_until=after(days=730),
        )
        await app.publish(last, subject=f"certificate-{cast.mentor}")
        await cast.told(cast.mentor, 2)
        # One more application of the same key: once it is told, the repeated ones have been read.
        second = await app.publish(cast.application(), subject=f"other-{cast.mentor}")

        async def arrived() -> Any:
            return await cast.stored(Message, cast.mentor, event=second)

        await app.until(arrived)
        first = await cast.stored(Message, cast.mentor, event=event)
        assert [row["_id"] for row in first] == [message_id(event, cast.mentor)]
        assert len(await cast.stored(Delivery, cast.mentor, message=first[0]["_id"])) == 1


async def test_a_contact_that_comes_late(stack: Stack) -> None:
    """A message waits for the address, and its e-mail goes out soon after the contact is read."""
    async with notifications(stack) as (app, mailbox):
        cast = Cast(app)
        await cast.applied()
        await cast.told(cast.mentor)

        async def waits() -> Any:
            return await cast.stored(Delivery, cast.mentor, reason="contact_unknown")

        await app.until(waits)
        await cast.contact(cast.mentor)

        async def sent() -> bool:
            return bool(mailbox.to(address(cast.mentor)))

        await app.until(sent)
        # A second message to the same address: what was due before it has been tried when it arrives.
        second = await app.publish(cast.application(), subject=f"other-{cast.mentor}")

        async def both_sent() -> Any:
            rows = await cast.stored(Delivery, cast.mentor, state="sent")
            return {row["message"] for row in rows} >= {message_id(second, cast.mentor)} and rows

        assert len(await app.until(both_sent)) == len(mailbox.to(address(cast.mentor))) == 2


async def test_an_audience_that_comes_late(stack: Stack) -> None:
    """Coordinators whose contacts are read after an application are told of it, each once."""
    async with notifications(stack) as (app, _):
        cast = Cast(app)
        await cast.contact(cast.coordinator, "coordinator")
        await cast.known(cast.coordinator)
        await cast.applied()
        await cast.told(cast.coordinator)
        await cast.contact(cast.colleague, "coordinator", "trainer")

        (message,) = await cast.told(cast.colleague)
        assert (message["template"], message["audience"]) == ("application_to_look_at", "coordinators")
        assert len(await cast.stored(Message, cast.coordinator)) == 1


async def test_a_supervisor_that_comes_late(stack: Stack) -> None:
    """A supervisor is told of a certificate that another topic brought first."""
    async with notifications(stack) as (app, _):
        cast = Cast(app)
        common = {"site": cast.site, "person": cast.mentor, "programme": "core"}
        granted = {
            "certificate": "cert-1",
            "granted_by": "x",
            "valid_from": NOON,
            "valid_until": after(days=9),
        }
        event = CertificationGranted(**common, enrolment="e-1", **granted)
        await app.publish(event, subject=f"certificate-{cast.mentor}")
        await cast.told(cast.mentor)
        assigned = SupervisorAssigned(
            **common, placement="p-1", supervisor=cast.colleague, assigned_by=cast.coordinator
        )
        await app.publish(assigned, subject=f"placement-{cast.mentor}")

        told = await cast.told(cast.colleague, 2)
        assert {row["template"] for row in told} == {"mentor_assigned", "mentor_certified"}


async def test_who_moved_away_gets_no_mail(stack: Stack) -> None:
    """A coordinator who went to another site is sent nothing of the old one."""
    async with notifications(stack) as (app, mailbox):
        cast = Cast(app)
        await cast.contact(cast.coordinator, "coordinator")
        await cast.known(cast.coordinator)
        await cast.contact(cast.coordinator, "coordinator", site=f"site-{new_id()}")

        async def moved() -> bool:
            return bool((await cast.known(cast.coordinator))["site"] != cast.site)

        await app.until(moved)
        await cast.applied()

        async def ended() -> Any:
            return await cast.stored(Delivery, cast.coordinator, state="suppressed")

        (delivery,) = await app.until(ended)
        assert delivery["reason"] == "no_longer_on_duty"
        assert mailbox.to(address(cast.coordinator)) == []


async def test_an_interview_that_is_not_needed(stack: Stack) -> None:
    """A panel is told by a decision that its interview is off, and only while it was still to come."""
    async with notifications(stack) as (app, _):
        cast = Cast(app)
        about = {"site": cast.site, "person": cast.mentor, "candidate": "c-1", "programme": "core"}
        panel = (cast.colleague, cast.coordinator)
        interview = CandidateInterviewScheduled(**about, starts=after(days=2), minutes=45, panel=panel)
        declined = CandidateScreened(**about, outcome=ScreeningOutcome.DECLINED, decided_by="somebody")
        await app.publish(interview, subject=f"candidate-{cast.mentor}", sequence=1)
        await app.publish(declined, subject=f"candidate-{cast.mentor}", sequence=2)

        told = await cast.told(cast.colleague, 2)
        assert {row["template"] for row in told} == {"interview_to_hold", "interview_not_needed"}
        (story,) = await cast.stored(Story, cast.mentor)
        assert story["panels"] == {}


async def test_an_erased_person_is_forgotten(stack: Stack) -> None:
    """After a tombstone there is no address, no duty, no choice, and nothing is sent that was still to be."""
    watch = Watch(after(hours=11))
    async with notifications(stack, watch=watch) as (app, mailbox):
        cast = Cast(app)
        await cast.contact(cast.coordinator, "coordinator")
        await cast.known(cast.coordinator)
        await save(app, [Preferences.of(cast.coordinator)])
        await cast.applied()
        await cast.told(cast.coordinator)
        await app.publish_raw(CONTACTS.name, key=cast.coordinator.encode(), value=None, headers=[])

        async def over() -> Any:
            return await cast.stored(Delivery, cast.coordinator, state="suppressed")

        (delivery,) = await app.until(over)

        async def done() -> bool:
            return await app.database.count(Erased.collection, {}) == 0

        await app.until(done)
        assert delivery["reason"] == "person_erased"
        for kind in (Recipient, Preferences):
            assert await app.database.count(kind.collection, {}) == 0
        (desk,) = await app.database.find(Desk.collection, {"site": cast.site})
        assert desk["people"] == {}
        watch.forward(hours=9)
        await cast.contact(cast.mentor)

        async def sent() -> bool:
            return bool(mailbox.to(address(cast.mentor)))

        await app.until(sent)
        assert mailbox.to(address(cast.coordinator)) == []
