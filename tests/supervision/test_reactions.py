"""What supervision does about events, over real Kafka and MongoDB."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from services.supervision.domain.placement import Placement, placement_id
from services.supervision.service import SERVICE
from shared.clock import utc_now
from shared.contracts.envelope import EventData
from shared.contracts.supervision import (
    CadenceDeadline,
    PlacementClosed,
    PlacementOpened,
    SupervisionLogged,
    SupervisionOverdue,
)
from shared.contracts.topics import SUPERVISION
from shared.contracts.training import CertificationGranted, EnrolmentPaused, EnrolmentResumed
from shared.ids import new_id
from tests.supervision.builders import completed
from tests.supervision.running import People


async def told(people: People, kind: type[EventData]) -> list[EventData]:
    """The events of one type about this test's mentor that are on the topic now."""
    arrivals = await people.app.events(SUPERVISION.name)
    return [found.data for found in arrivals if found.key == people.mentor and isinstance(found.data, kind)]


def handled(people: People, source: str, subject: str, sequence: int) -> Callable[[], Awaitable[bool]]:
    """True once the service has taken this event into account, whatever came of it."""

    async def seen() -> bool:
        row = await people.app.database.find_one("seen", {"_id": f"/peerpath/{source}/{subject}"})
        return row is not None and row["sequence"] >= sequence

    return seen


async def log_session(people: People, placement: str, *, days_ago: float) -> None:
    held = utc_now() - timedelta(days=days_ago)
    body = {"kind": "individual", "held": held.isoformat(), "minutes": 50, "topics": ["skill"]}
    async with people.as_supervisor() as sam:
        answer = await sam.post(f"/v1/placements/{placement}/sessions", json=body)
    assert answer.status_code == 201, answer.text


def granted(people: People, enrolment: str) -> CertificationGranted:
    now = utc_now()
    return CertificationGranted(
        site=people.site,
        person=people.mentor,
        enrolment=enrolment,
        programme="core",
        certificate=new_id(),
        granted_by=new_id(),
        valid_from=now,
        valid_until=now + timedelta(days=730),
    )


def test_every_event_has_a_row() -> None:
    """Every type of event on a topic we hear has a reaction or a stated reason for none."""
    assert SERVICE.reactions.without_row() == []


async def test_placement_opens_by_itself(people: People) -> None:
    """When training is completed, one placement opens and is announced, however often the event comes."""
    enrolment = new_id()
    training = completed(enrolment=enrolment, person=people.mentor, site=people.site, hours=60)

    event = await people.app.publish(training, subject=enrolment, sequence=8)
    await people.app.publish(training, subject=enrolment, sequence=8, id=event)
    await people.app.publish(training, subject=enrolment, sequence=9)
    await people.app.until(handled(people, "training", enrolment, 9))

    placement = await people.placement(placement_id(enrolment))
    assert (placement.person, placement.site, placement.supervisor) == (people.mentor, people.site, None)
    assert placement.assessed_by == training.assessed_by
    assert placement.version == 1

    async def announced() -> list[EventData]:
        return await told(people, PlacementOpened)

    [opened] = await people.app.until(announced)
    assert isinstance(opened, PlacementOpened)
    assert opened.enrolment == enrolment
    assert opened.supervised_hours_required == 60


async def test_overdue_once(people: People) -> None:
    """A session written down so late that the next is overdue leads to one announcement, and a later timer."""
    placement = await people.supervised(days=12)

    await log_session(people, placement.id, days_ago=11)

    async def announced() -> list[EventData]:
        return await told(people, SupervisionOverdue)

    [overdue] = await people.app.until(announced)
    [logged] = await told(people, SupervisionLogged)
    assert isinstance(overdue, SupervisionOverdue)
    assert isinstance(logged, SupervisionLogged)
    assert (overdue.due, overdue.supervisor) == (logged.next_due, people.sam)

    before = await people.placement(placement.id)
    await again(people, placement, due=overdue.due)
    after = await people.placement(placement.id)
    assert after.obligation.is_overdue
    assert after.version == before.version
    assert await timer_due(people, placement) == overdue.due + timedelta(days=7 + 3)


async def again(people: People, placement: Placement, *, due: datetime) -> None:
    """A deadline comes once more, as a new event."""
    deadline = CadenceDeadline(
        site=people.site, person=people.mentor, placement=placement.id, programme="core", due=due
    )
    subject = f"{placement.id}/timers/cadence"
    await people.app.publish(deadline, subject=subject, sequence=1_000)
    await people.app.until(handled(people, "supervision", subject, 1_000))


async def timer_due(people: People, placement: Placement) -> datetime | None:
    """When the placement's timer is due; None where there is none."""
    found = await people.app.database.find("timers", {"subject": f"{placement.id}/timers/cadence"})
    assert len(found) <= 1
    return found[0]["due"] if found else None


async def test_met_in_time(people: People) -> None:
    """A deadline that comes for a session held in time changes nothing, and the next timer is set."""
    placement = await people.supervised(days=6)
    missed = placement.obligation.next_due
    assert missed is not None
    await log_session(people, placement.id, days_ago=0.1)
    before = await people.placement(placement.id)

    await again(people, placement, due=missed)

    after = await people.placement(placement.id)
    assert after.version == before.version
    assert after.obligation.next_due is not None
    assert await timer_due(people, placement) == after.obligation.next_due + timedelta(days=3)


async def test_pause_and_resume(people: People) -> None:
    """While a training pauses nothing is due and no timer waits; after it the cadence begins anew."""
    placement = await people.supervised(days=6)
    about = {
        "site": people.site,
        "person": people.mentor,
        "enrolment": placement.enrolment,
        "programme": "core",
    }
    await log_session(people, placement.id, days_ago=1)
    assert await timer_due(people, placement) is not None

    await people.app.publish(EnrolmentPaused(**about), subject=placement.enrolment, sequence=20)
    await people.app.until(handled(people, "training", placement.enrolment, 20))
    paused = await people.placement(placement.id)
    timer_in_the_pause = await timer_due(people, placement)
    await people.app.publish(EnrolmentResumed(**about), subject=placement.enrolment, sequence=21)
    await people.app.until(handled(people, "training", placement.enrolment, 21))
    resumed = await people.placement(placement.id)

    assert (paused.obligation.paused, paused.obligation.next_due) == (True, None)
    assert timer_in_the_pause is None
    assert resumed.obligation.counted_from is not None
    assert resumed.obligation.next_due == resumed.obligation.counted_from + timedelta(days=7)
    assert await timer_due(people, placement) == resumed.obligation.next_due + timedelta(days=3)


async def test_pause_in_training(people: People) -> None:
    """A pause before there is a placement is no matter of supervision."""
    enrolment = new_id()
    paused = EnrolmentPaused(site=people.site, person=people.mentor, enrolment=enrolment, programme="core")

    await people.app.publish(paused, subject=enrolment, sequence=3)
    await people.app.until(handled(people, "training", enrolment, 3))

    assert await people.app.database.find_one("placements", {"_id": placement_id(enrolment)}) is None


async def test_closing_is_announced(people: People) -> None:
    """The end of a placement is told to the world, with its reason, and its timer is gone."""
    placement = await people.supervised(days=2)
    await log_session(people, placement.id, days_ago=1)

    async with people.as_coordinator() as coordinator:
        await coordinator.post(f"/v1/placements/{placement.id}/closing", json={"reason": "moved"})

    async def announced() -> list[EventData]:
        return await told(people, PlacementClosed)

    [closed] = await people.app.until(announced)
    assert isinstance(closed, PlacementClosed)
    assert (closed.placement, closed.reason) == (placement.id, "moved")
    assert await timer_due(people, placement) is None


async def test_certificate_granted(people: People) -> None:
    """With the certificate the placement stays open at the monthly cadence; a renewal changes nothing."""
    placement = await people.supervised(days=2)

    for sequence in (1, 2):
        await people.app.publish(
            granted(people, placement.enrolment), subject=f"certificate-{placement.id}", sequence=sequence
        )
    await people.app.until(handled(people, "training", f"certificate-{placement.id}", 2))

    now = await people.placement(placement.id)
    assert now.phase == "certified"
    assert now.supervised_since is not None
    assert now.obligation.next_due == now.supervised_since + timedelta(days=30)
    assert now.version == 2


async def test_certificate_without_placement(people: People) -> None:
    """A certificate for somebody without supervised work here opens nothing."""
    enrolment = new_id()

    await people.app.publish(granted(people, enrolment), subject=f"certificate-{enrolment}", sequence=1)
    await people.app.until(handled(people, "training", f"certificate-{enrolment}", 1))

    assert await people.app.database.find_one("placements", {"_id": placement_id(enrolment)}) is None
