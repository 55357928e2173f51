"""What happens by itself in recruitment: timers, and places that become free. Nobody is decided about."""

from datetime import timedelta
from typing import Any, TypeVar

from services.recruitment.service import SERVICE
from shared.clock import utc_now
from shared.contracts.envelope import EventData
from shared.contracts.recruitment import (
    CandidateAppealDeadline,
    CandidateAppealDue,
    CandidateDeferralEnded,
    CandidateEvent,
    CandidateNextInLine,
)
from shared.contracts.training import TrainingCompleted
from shared.ids import new_id
from tests.recruitment.outcomes import decided, one_place, scored
from tests.recruitment.running import recruiting
from tests.support.running import Started
from tests.support.stack import Stack

E = TypeVar("E", bound=CandidateEvent)
RECRUITMENT, TRAINING = "peerpath.recruitment.events", "peerpath.training.events"


def test_every_event_has_a_row() -> None:
    """Every type of event on a topic we hear has a reaction or a stated reason for none."""
    assert SERVICE.reactions.without_row() == []
    assert SERVICE.reactions.topics == (RECRUITMENT, TRAINING)


async def test_at_its_date_a_deferral_brings_the_person_back(stack: Stack) -> None:
    """The timer goes off by itself, the application is open where it stood, and that is announced."""
    async with recruiting(stack, work=True) as app:
        made = await scored(app)
        until = (utc_now() + timedelta(seconds=1)).isoformat()
        answer = await decided(app, made["path"], "deferred", deferred_until=until)
        assert answer.json()["stage"] == "deferred"
        row = await app.until(lambda: stored(app, made, stage="scored"))
        assert len(row["decisions"]) == 1
        (ended,) = await told(app, made, CandidateDeferralEnded)
        assert ended.by is None


async def test_the_end_of_training_frees_a_place_and_the_coordinators_hear_who_is_first(stack: Stack) -> None:
    """Once, however often the event comes; who is first still waits."""
    async with recruiting(stack, work=True) as app:
        await one_place(app)
        accepted, first, second = [await scored(app) for _ in range(3)]
        for one, outcome in ((accepted, "accepted"), (first, "waiting"), (second, "waiting")):
            assert (await decided(app, one["path"], outcome)).status_code == 200
        before = await candidate(app, first)
        completed = TrainingCompleted(
            site="leeds",
            person=accepted["person"],
            enrolment=new_id(),
            programme="core",
            training_hours=40,
            supervised_hours_required=60,
        )
        await arrives(app, completed, f"/peerpath/training/{completed.enrolment}")
        row = await app.until(lambda: stored(app, first, version=before["version"] + 1))
        assert row["stage"] == "waiting"
        assert [one.free for one in await told(app, first, CandidateNextInLine)] == [1]
        (intake,) = await app.database.find("intakes", {})
        assert (intake["places"], intake["waiting"]) == ([], [first["candidate"], second["candidate"]])


async def test_an_appeal_that_is_due_is_told_and_not_decided(stack: Stack) -> None:
    """The reminder of its end is announced once, and the appeal is still open."""
    async with recruiting(stack, work=True) as app:
        made = await scored(app)
        await decided(app, made["path"], "declined")
        async with app.client(made["person"]) as robin:
            sent = (await robin.post(f"{made['path']}/appeal", json={"words": "I see it so."})).json()
        about = {
            "site": "leeds",
            "person": made["person"],
            "candidate": made["candidate"],
            "programme": "core",
        }
        deadline = CandidateAppealDeadline(**about, decide_by=sent["appeal"]["decide_by"], overdue=True)
        await arrives(app, deadline, f"/peerpath/recruitment/{made['candidate']}/timers/appeal-overdue")
        assert [one.overdue for one in await told(app, made, CandidateAppealDue)] == [True]
        row = await candidate(app, made)
        assert (row["stage"], row["appeals"][0]["ruling"]) == ("appealed", None)


async def arrives(app: Started, event: EventData, at: str) -> None:
    """An event comes twice, with two numbers, and the worker has taken both into account."""
    subject = at.split("/", 3)[3]
    for sequence in (90, 91):
        await app.publish(event, subject=subject, sequence=sequence)

    async def seen() -> bool:
        row = await app.database.get("seen", at)
        return row is not None and row["sequence"] >= 91

    await app.until(seen)


async def stored(app: Started, made: dict[str, Any], **where: Any) -> dict[str, Any] | None:
    """The candidate as stored, once it is so."""
    return await app.database.find_one("candidates", {"_id": made["candidate"], **where})


async def candidate(app: Started, made: dict[str, Any]) -> dict[str, Any]:
    """The candidate as stored now."""
    row = await stored(app, made)
    assert row is not None
    return row


async def told(app: Started, made: dict[str, Any], kind: type[E]) -> list[E]:
    """What was published about a candidate, of this type, once nothing waits to be sent."""

    async def all_sent() -> bool:
        return await app.database.count("outbox", {}) == 0

    await app.until(all_sent)
    found = (one.data for one in await app.events(kind.facts.topic))
    return [one for one in found if isinstance(one, kind) and one.candidate == made["candidate"]]
