"""The day before an interview: recruitment's own timer, over real Kafka and MongoDB."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from services.recruitment.domain.appointment import NOTICE
from services.recruitment.service import SERVICE
from shared.clock import utc_now
from shared.contracts.recruitment import CandidateInterviewNear, InterviewReminder
from shared.contracts.topics import RECRUITMENT
from tests.recruitment.running import recruiting
from tests.recruitment.test_api import LEEDS, applied
from tests.recruitment.test_interviews import ahead
from tests.support.running import Started
from tests.support.stack import Stack


def test_every_event_has_a_row() -> None:
    """Every type of event on a topic we hear has a reaction or a stated reason for none."""
    assert SERVICE.reactions.without_row() == []


async def timer(app: Started) -> dict[str, Any] | None:
    """The one timer there is, if any."""
    rows = await app.database.find("timers", {})
    return rows[0] if rows else None


def said(app: Started, person: str) -> Callable[[], Awaitable[list[CandidateInterviewNear]]]:
    async def near() -> list[CandidateInterviewNear]:
        arrivals = await app.events(RECRUITMENT.name)
        found = [one.data for one in arrivals if one.key == person]
        return [data for data in found if isinstance(data, CandidateInterviewNear)]

    return near


async def make_due(app: Started) -> None:
    """The time of the timer has come, by the database's own clock."""
    row = await timer(app)
    assert row is not None
    due = {"$set": {"due": utc_now() - timedelta(seconds=1)}}
    await app.database.change_one("timers", {"_id": row["_id"]}, due)
    app.runtime.saved()


async def test_an_interview_that_is_near_is_said_once(stack: Stack) -> None:
    """The timer is due a day before; when it has come, person and panel of that very appointment are named."""
    async with recruiting(stack, work=True) as app, app.client("cora", LEEDS) as cora:
        made = await applied(app)
        body = ahead()
        await cora.post(f"/v1/candidates/{made['candidate']}/interview", json=body)
        row = await timer(app)
        assert row is not None
        starts = datetime.fromisoformat(body["starts"])
        assert abs(row["due"] - (starts - NOTICE)) < timedelta(milliseconds=2)
        await make_due(app)
        (near,) = await app.until(said(app, made["person"]))
        assert (near.round, near.sequence, near.panel) == (1, 0, ("ivy", "ian"))


async def test_a_timer_of_a_time_that_has_moved_says_nothing(stack: Stack) -> None:
    """One that was already on its way when the interview moved changes nothing; the new one is said."""
    async with recruiting(stack, work=True) as app, app.client("cora", LEEDS) as cora:
        made = await applied(app)
        path = f"/v1/candidates/{made['candidate']}"
        await cora.post(f"{path}/interview", json=ahead())
        body = {"starts": (utc_now() + timedelta(days=5)).isoformat(), "minutes": 45}
        await cora.post(f"{path}/interview/move", json=body)
        late = InterviewReminder(
            site="leeds",
            person=made["person"],
            candidate=made["candidate"],
            programme="core",
            round=1,
            sequence=0,
        )
        await app.publish(late, subject=f"{made['candidate']}/timers/an-earlier-one")
        await make_due(app)
        (near,) = await app.until(said(app, made["person"]))
        assert near.sequence == 1
        await cora.post(f"{path}/interview/cancellation")
        assert await timer(app) is None
