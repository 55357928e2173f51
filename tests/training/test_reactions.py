"""Training hears recruitment, supervision and its own timers, over real Kafka."""

from datetime import datetime, timedelta

from services.training.domain.certificate import Certificate
from services.training.domain.contact import Contact
from services.training.domain.enrolment import Enrolment
from services.training.domain.supervisors import Supervisors
from services.training.service import SERVICE
from shared.clock import utc_now
from shared.contracts.envelope import EventData
from shared.contracts.people import PersonContact
from shared.contracts.recruitment import ScreeningOutcome
from shared.contracts.topics import TRAINING
from shared.contracts.training import AttemptDeadline, CertificateDeadline, EnrolmentDeadline
from shared.ids import new_id
from tests.support.running import Started, started
from tests.support.stack import Stack
from tests.training.builders import (
    CORE,
    SITE,
    assigned,
    checks_cleared,
    closed,
    complete,
    granted,
    hours,
    opened,
    own_id,
    ready,
    review,
    screened,
    session,
)
from tests.training.test_api import store


async def enrolment(app: Started, person: str) -> Enrolment | None:
    row = await app.database.find_one("enrolments", {"_id": own_id(person)})
    return Enrolment.rebuild(row) if row else None


async def hears(
    app: Started, event: EventData, *, subject: str, sequence: int = 1, id: str | None = None
) -> None:
    """Publish an event and wait until it was handled, and all that follows from it is on its way."""
    await app.publish(event, subject=subject, sequence=sequence, id=id)
    at = f"{event.facts.source}/{subject}"

    async def handled() -> bool:
        row = await app.database.get("seen", at)
        return row is not None and row["sequence"] >= sequence

    async def told() -> bool:
        return await app.database.count("outbox", {}) == 0

    await app.until(handled)
    await app.until(told)


async def announced(app: Started, person: str) -> list[str]:
    """Types of training's events about a person, in order, without the timers a test plays itself."""
    events = [arrival for arrival in await app.events(TRAINING.name) if arrival.key == person]
    types = [e.envelope.type.removeprefix("peerpath.training.") for e in events if e.envelope]
    return [type for type in types if ".deadline." not in type]


def test_every_type_has_a_row() -> None:
    """Every type on a subscribed topic has a reaction, or a reason for none."""
    assert SERVICE.reactions.without_row() == []


async def test_an_acceptance_opens_an_enrolment(stack: Stack) -> None:
    """An acceptance opens an enrolment once, however often it is delivered."""
    ana = new_id()
    async with started(SERVICE, stack) as app:
        event_id = new_id()
        for _ in range(2):
            await hears(app, screened(person=ana), subject=f"candidate-{ana}", id=event_id)
        # Events of one person come in order: once this one is handled, the repetition was.
        await hears(app, assigned("sam", person=ana), subject=f"placement-{ana}")

        found = await enrolment(app, ana)
        assert found is not None
        assert found.supervisor == "sam"
        assert await announced(app, ana) == ["enrolment.opened.v1"]


async def test_another_decision_opens_nothing(stack: Stack) -> None:
    """A decision that is no acceptance opens no enrolment."""
    ben = new_id()
    async with started(SERVICE, stack) as app:
        declined = screened(ScreeningOutcome.DECLINED, person=ben)
        await hears(app, declined, subject=f"candidate-{ben}")

        assert await enrolment(app, ben) is None


async def test_a_supervisor_comes_and_goes(stack: Stack) -> None:
    """Who supervises is known for reading and assessing, and no longer once the placement is closed."""
    person = new_id()
    async with started(SERVICE, stack) as app:
        await store(app, opened(person=person))

        async def supervisors() -> tuple[str | None, list[str]]:
            found, row = await enrolment(app, person), await app.database.get("supervisors", person)
            assert found
            assert row
            return found.supervisor, [one["supervisor"] for one in row["placements"]]

        await hears(app, assigned("sam", person=person), subject=f"placement-{person}", sequence=1)
        assert await supervisors() == ("sam", ["sam"])
        await hears(app, closed(person=person), subject=f"placement-{person}", sequence=2)
        assert await supervisors() == (None, [])


async def test_evidence_makes_ready(stack: Stack) -> None:
    """Hours and a review complete the list, and readiness is announced once."""
    person = new_id()
    waiting = ready(person=person)
    waiting.evidence = waiting.evidence.model_copy(update={"hours": (), "reviews": ()})
    waiting.ready_since = None
    async with started(SERVICE, stack) as app:
        await store(app, waiting)
        for sequence, event in enumerate(
            (
                hours(50, person=person),
                review(person=person),
                hours(10, person=person),
                review(person=person),
            ),
            start=1,
        ):
            await hears(app, event, subject=f"placement-{person}", sequence=sequence)

        assert await announced(app, person) == ["certification.ready.v1"]
        found = await enrolment(app, person)
        assert found is not None
        assert found.evidence.total_hours == 60


async def test_time_and_supervision_are_heard(stack: Stack) -> None:
    """Supervision received is evidence; the end of a check's time makes a person not ready, in silence."""
    person = new_id()
    waiting = ready(person=person)
    waiting.evidence = checks_cleared(waiting.evidence, until=utc_now() + timedelta(days=1))
    waiting.next_lapse = waiting.evidence.next_expiry(utc_now())
    assert waiting.next_lapse
    lapse = EnrolmentDeadline(
        site=SITE, person=person, enrolment=waiting.id, programme="core", due=waiting.next_lapse
    )  # fmt: skip
    async with started(SERVICE, stack) as app:
        await store(app, waiting)
        await hears(app, session(90, person=person), subject=f"placement-{person}")
        heard = await enrolment(app, person)
        assert heard
        assert ([one.minutes for one in heard.evidence.sessions], heard.ready_since) == (
            [90],
            waiting.ready_since,
        )
        await hears(app, lapse, subject=f"{waiting.id}/timers/check_ends")
        lapsed = await enrolment(app, person)

        assert lapsed
        assert lapsed.ready_since is None
        assert lapsed.standing
        assert lapsed.standing.unmet == ("check.references", "check.background_check")
        assert await announced(app, person) == []


async def test_what_needs_a_human_is_parked(stack: Stack) -> None:
    """Hours of a stranger, and an acceptance at a second site, are parked for somebody to look at, not skipped."""
    stranger, ana = new_id(), new_id()
    async with started(SERVICE, stack) as app:
        await store(app, opened(person=ana))
        await app.publish(hours(person=stranger), subject=f"placement-{stranger}")
        await app.publish(screened(person=ana, site="hillside"), subject=f"candidate-{ana}")

        async def parked() -> bool:
            rows = await app.database.find("parked_events", {})
            return {row["key"] for row in rows} == {stranger, ana}

        await app.until(parked)


async def test_a_name_is_kept(stack: Stack) -> None:
    """The latest name on the contacts topic is the one that is kept."""
    person = new_id()
    async with started(SERVICE, stack) as app:
        for sequence, name in enumerate(("Ana", "Ana Ruiz"), start=1):
            await hears(app, contact(person, name), subject=person, sequence=sequence)

        row = await app.database.get("contacts", person)
        assert row is not None
        assert row["name"] == "Ana Ruiz"


async def test_the_last_attempt_runs_out(stack: Stack) -> None:
    """The timer at the end of an attempt announces, once, that it has failed; nobody has to do anything."""
    person = new_id()
    sitting = opened(person=person)
    complete(sitting)
    attempt = sitting.start_attempt(
        "written", seed=1, programme=CORE, now=utc_now() - timedelta(minutes=45, seconds=1)
    )
    end = AttemptDeadline(
        site=SITE, person=person, enrolment=sitting.id, programme="core",
        assessment="written", attempt=1, ends=attempt.ends,
    )  # fmt: skip
    async with started(SERVICE, stack) as app:
        await store(app, sitting)
        for sequence in (1, 2):
            await hears(app, end, subject=f"{sitting.id}/timers/end", sequence=sequence)

        assert await announced(app, person) == ["assessment.failed.v1"]


async def test_a_certificate_runs_out(stack: Stack) -> None:
    """The timer at the end of a period announces, once, that the certificate has expired."""
    person = new_id()
    ended = granted(ready(person=person), now=utc_now() - timedelta(days=3 * 365))
    async with started(SERVICE, stack) as app:
        await store(app, ended)
        for sequence in (1, 2):
            end = deadline(ended, ended.ends)
            await hears(app, end, subject=f"{ended.id}/timers/0", sequence=sequence)

        assert await announced(app, person) == ["certification.expired.v1"]


async def test_what_changes_nothing_is_not_saved(stack: Stack) -> None:
    """Repeated evidence, other decisions and stale timers leave every record at the version it had."""
    person, entry = new_id(), new_id()
    enrolment, supervisors = ready(person=person), Supervisors(id=person, site=SITE)
    enrolment.take_hours(hours(1, person=person, entry=entry), at=utc_now(), programme=CORE, now=utc_now())
    enrolment.take_supervisor(assigned("sam", person=person))
    supervisors.assign(assigned("sam", person=person))
    certificate = granted(enrolment)
    present = (enrolment, supervisors, certificate, Contact(id=person, site=SITE, name="Ana"))
    async with started(SERVICE, stack) as app:
        for aggregate in present:
            await store(app, aggregate)
        before = [await app.database.get(one.collection, one.id) for one in present]
        stale = AttemptDeadline(
            site=SITE, person=person, enrolment=enrolment.id, programme="core",
            assessment="written", attempt=1, ends=utc_now(),
        )  # fmt: skip
        for number, event in enumerate(
            (
                screened(ScreeningOutcome.DECLINED, person=person),
                screened(person=person),
                hours(1, person=person, entry=entry),
                assigned("sam", person=person),
                stale,
                deadline(certificate, utc_now()),
                contact(person, "Ana"),
            )
        ):
            await hears(app, event, subject=f"{person}-{number}")

        assert [await app.database.get(one.collection, one.id) for one in present] == before
        assert await announced(app, person) == []


def contact(person: str, name: str) -> PersonContact:
    return PersonContact(site=SITE, person=person, name=name, email="ana@example.org")


def deadline(certificate: Certificate, valid_until: datetime) -> CertificateDeadline:
    return CertificateDeadline(
        site=certificate.site,
        person=certificate.person,
        enrolment=certificate.enrolment,
        programme=certificate.programme,
        certificate=certificate.id,
        valid_until=valid_until,
        days_left=0,
    )
