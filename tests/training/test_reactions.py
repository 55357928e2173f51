"""Training hears recruitment, supervision and its own timers, over real Kafka."""

from datetime import datetime, timedelta

from services.training.domain.certificate import Certificate
from services.training.domain.enrolment import Enrolment
from services.training.service import SERVICE
from shared.clock import utc_now
from shared.contracts.people import PersonContact
from shared.contracts.recruitment import ScreeningOutcome
from shared.contracts.topics import TRAINING
from shared.contracts.training import CertificateDeadline
from shared.ids import new_id
from tests.support.running import Started, started
from tests.support.stack import Stack
from tests.training.builders import (
    SITE,
    assigned,
    closed,
    granted,
    hours,
    opened,
    own_id,
    ready,
    review,
    screened,
)
from tests.training.test_api import store


async def enrolment(app: Started, person: str) -> Enrolment | None:
    row = await app.database.find_one("enrolments", {"_id": own_id(person)})
    return Enrolment.rebuild(row) if row else None


async def announced(app: Started, person: str) -> list[str]:
    """Types of training's events about a person, in order."""
    events = [arrival for arrival in await app.events(TRAINING.name) if arrival.key == person]
    return [e.envelope.type.removeprefix("peerpath.training.") for e in events if e.envelope]


def test_every_type_has_a_row() -> None:
    """Every type on a subscribed topic has a reaction, or a reason for none."""
    assert SERVICE.reactions.without_row() == []


async def test_an_acceptance_opens_an_enrolment(stack: Stack) -> None:
    """An acceptance opens an enrolment once, however often it is delivered; other decisions open none."""
    ana, ben = new_id(), new_id()
    async with started(SERVICE, stack) as app:
        event_id = new_id()
        declined = screened(ScreeningOutcome.DECLINED, person=ben)
        await app.publish(declined, subject=f"candidate-{ben}")
        for _ in range(2):
            await app.publish(screened(person=ana), subject=f"candidate-{ana}", id=event_id)

        async def opened_and_told() -> bool:
            return await enrolment(app, ana) is not None and bool(await announced(app, ana))

        await app.until(opened_and_told)
        await app.publish(assigned("sam", person=ana), subject=f"placement-{ana}")

        async def supervised() -> bool:
            found = await enrolment(app, ana)
            return found is not None and found.supervisor == "sam"

        await app.until(supervised)
        assert await announced(app, ana) == ["enrolment.opened.v1"]
        assert await enrolment(app, ben) is None


async def test_a_supervisor_comes_and_goes(stack: Stack) -> None:
    """Who supervises is known for reading and assessing, and no longer once the placement is closed."""
    person = new_id()
    async with started(SERVICE, stack) as app:
        await store(app, opened(person=person))

        async def supervisors() -> tuple[str | None, list[str]] | None:
            found, row = await enrolment(app, person), await app.database.get("supervisors", person)
            return (
                (found.supervisor, [one["supervisor"] for one in row["placements"]])
                if found and row
                else None
            )

        async def supervised() -> bool:
            return await supervisors() == ("sam", ["sam"])

        async def alone() -> bool:
            return await supervisors() == (None, [])

        await app.publish(assigned("sam", person=person), subject=f"placement-{person}", sequence=1)
        await app.until(supervised)
        await app.publish(closed(person=person), subject=f"placement-{person}", sequence=2)
        await app.until(alone)


async def test_evidence_makes_ready(stack: Stack) -> None:
    """Hours and a review complete the list, and readiness is announced once."""
    person = new_id()
    waiting = ready(person=person)
    waiting.evidence = waiting.evidence.model_copy(update={"hours": (), "reviews": ()})
    waiting.ready_since = None
    async with started(SERVICE, stack) as app:
        await store(app, waiting)
        for sequence, event in enumerate(
            (hours(50, person=person), review(person=person), hours(10, person=person)), start=1
        ):
            await app.publish(event, subject=f"placement-{person}", sequence=sequence)

        async def told() -> bool:
            return await announced(app, person) == ["certification.ready.v1"]

        await app.until(told)
        found = await enrolment(app, person)
        assert found is not None
        assert found.evidence.total_hours == 60


async def test_work_of_a_stranger_is_parked(stack: Stack) -> None:
    """Hours of somebody who isn't enrolled are parked for a human to look at, not skipped."""
    person = new_id()
    async with started(SERVICE, stack) as app:
        await app.publish(hours(person=person), subject=f"placement-{person}")

        async def parked() -> object:
            return await app.database.find_one("parked_events", {"key": person})

        assert await app.until(parked)


async def test_a_name_is_kept(stack: Stack) -> None:
    """The latest name on the contacts topic is the one that is kept."""
    person = new_id()
    async with started(SERVICE, stack) as app:
        for sequence, name in enumerate(("Ana", "Ana Ruiz"), start=1):
            contact = PersonContact(site=SITE, person=person, name=name, email="ana@example.org")
            await app.publish(contact, subject=person, sequence=sequence)

        async def latest() -> bool:
            row = await app.database.find_one("contacts", {"_id": person})
            return row is not None and row["name"] == "Ana Ruiz"

        await app.until(latest)


async def test_a_certificate_runs_out(stack: Stack) -> None:
    """The timer at the end of a period announces, once, that the certificate has expired."""
    person = new_id()
    ended = granted(ready(person=person), now=utc_now() - timedelta(days=3 * 365))
    async with started(SERVICE, stack) as app:
        await store(app, ended)
        for sequence in (1, 2):
            await app.publish(
                _end(ended, ended.period.valid_until), subject=f"{ended.id}/timers/0", sequence=sequence
            )

        async def expired() -> bool:
            row = await app.database.find_one("certificates", {"_id": ended.id})
            return row is not None and Certificate.rebuild(row).expired

        async def told() -> bool:
            return "certification.expired.v1" in await announced(app, person)

        await app.until(expired)
        await app.until(told)
        assert (await announced(app, person)).count("certification.expired.v1") == 1


def _end(certificate: Certificate, valid_until: datetime) -> CertificateDeadline:
    return CertificateDeadline(
        site=certificate.site,
        person=certificate.person,
        enrolment=certificate.enrolment,
        programme=certificate.programme,
        certificate=certificate.id,
        valid_until=valid_until,
        days_left=0,
    )
