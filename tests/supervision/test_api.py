"""The routes of supervision, over the real database."""

import asyncio
from datetime import timedelta

import pytest

from services.supervision.domain.supervisor import supervisor_id
from shared.clock import utc_now
from shared.ids import new_id
from tests.supervision.builders import full_scores
from tests.supervision.running import People


def hours(amount: float = 4, **more: object) -> dict[str, object]:
    return {"bucket": "peer_support", "hours": amount, "worked_on": utc_now().date().isoformat(), **more}


def session(**more: object) -> dict[str, object]:
    return {
        "kind": "individual",
        "held": utc_now().isoformat(),
        "minutes": 50,
        "topics": ["wellbeing"],
        **more,
    }


async def test_putting_a_supervisor(people: People) -> None:
    """A coordinator lets somebody supervise, changes the terms, and finds them in the list of the site."""
    async with people.as_coordinator() as coordinator:
        made = await coordinator.put(
            f"/v1/supervisors/{people.sam}", json={"site": people.site, "caseload_limit": 3}
        )
        changed = await coordinator.put(
            f"/v1/supervisors/{people.sam}",
            json={"site": people.site, "caseload_limit": 4, "conflicts": [people.mentor]},
            headers={"If-Match": made.headers["ETag"]},
        )
        listed = await coordinator.get("/v1/supervisors", params={"site": people.site})

    assert (made.status_code, changed.status_code) == (200, 200)
    assert made.json()["free"] == 3
    [found] = listed.json()["items"]
    assert (found["supervisor"], found["caseload_limit"], found["conflicts"]) == (
        people.sam,
        4,
        [people.mentor],
    )
    assert found["version"] > made.json()["version"]


@pytest.mark.parametrize("role", ["supervisor", "auditor", "trainer"])
async def test_who_may_not_put_a_supervisor(people: People, role: str) -> None:
    """Nobody but coordinators and administrators of the site decides who supervises."""
    async with people.as_(role) as other:
        answer = await other.put(
            f"/v1/supervisors/{people.sam}", json={"site": people.site, "caseload_limit": 3}
        )

    assert answer.status_code == 403


async def test_the_queue(people: People) -> None:
    """Placements that wait for a supervisor are a list of their own, and leave it once one is assigned."""
    waiting = await people.waiting()
    await people.supervisor()

    async with people.as_coordinator() as coordinator:
        where: dict[str, str | bool] = {"site": people.site, "without_supervisor": True}
        before = await coordinator.get("/v1/placements", params=where)
        answer = await coordinator.post(
            f"/v1/placements/{waiting.id}/supervisor", json={"supervisor": people.sam}
        )
        after = await coordinator.get("/v1/placements", params=where)
        caseload = await coordinator.get(f"/v1/supervisors/{people.sam}/caseload")

    assert [item["placement"] for item in before.json()["items"]] == [waiting.id]
    assert answer.status_code == 200
    assert answer.json()["supervisor"] == people.sam
    assert answer.json()["next_due"] is not None
    assert after.json()["items"] == []
    assert [item["placement"] for item in caseload.json()["placements"]] == [waiting.id]
    assert caseload.json()["sites"][0]["caseload"] == 1


async def test_another_site_sees_nothing(people: People) -> None:
    """The staff of another site learn of no placement here, not even that it exists."""
    placement = await people.supervised()

    async with people.as_("coordinator", site="elsewhere") as stranger:
        one = await stranger.get(f"/v1/placements/{placement.id}")
        listed = await stranger.get("/v1/placements", params={"site": people.site})
        mine = await stranger.get("/v1/placements")
        assigned = await stranger.post(
            f"/v1/placements/{placement.id}/supervisor", json={"supervisor": people.lee}
        )
        caseload = await stranger.get(f"/v1/supervisors/{people.sam}/caseload")

    assert [one.status_code, listed.status_code, assigned.status_code] == [404, 404, 404]
    assert mine.json()["items"] == []
    assert caseload.json()["placements"] == []


async def test_unknown_supervisor(people: People) -> None:
    """Assigning somebody who does not supervise at the site says what to do."""
    waiting = await people.waiting()

    async with people.as_coordinator() as coordinator:
        answer = await coordinator.post(
            f"/v1/placements/{waiting.id}/supervisor", json={"supervisor": people.lee}
        )

    assert answer.status_code == 404
    assert answer.json()["code"] == "supervisor_unknown"


async def test_nothing_without_a_supervisor(people: People) -> None:
    """Hours and sessions wait kindly until a supervisor is assigned."""
    waiting = await people.waiting()

    async with people.as_mentor() as mentor, people.as_supervisor() as sam:
        reported = await mentor.post(f"/v1/placements/{waiting.id}/hours", json=hours())
        logged = await sam.post(f"/v1/placements/{waiting.id}/sessions", json=session())

    for answer in (reported, logged):
        assert answer.status_code == 409
        assert answer.json()["code"] == "placement_without_supervisor"


async def test_a_week_of_work(people: People) -> None:
    """Mentor and supervisor do their parts, and both read the same sums."""
    placement = await people.supervised()
    at = f"/v1/placements/{placement.id}"

    async with people.as_mentor() as mentor, people.as_supervisor() as sam:
        logged = await sam.post(f"{at}/sessions", json=session())
        first = (await mentor.post(f"{at}/hours", json=hours(4))).json()
        second = (await mentor.post(f"{at}/hours", json=hours(2.5, note="long day"))).json()
        approved = await sam.post(f"{at}/hours/{first['entry']}/approval")
        returned = await sam.post(f"{at}/hours/{second['entry']}/return", json={"reason": "which day?"})
        reviewed = await sam.post(f"{at}/reviews", json={"scores": full_scores(), "outcome": "meets"})
        ledger = (await mentor.get(f"{at}/hours")).json()
        mine = (await mentor.get("/v1/me/placements")).json()["items"]

    assert [logged.status_code, reviewed.status_code] == [201, 201]
    assert (approved.json()["state"], approved.json()["total"]) == ("approved", 4)
    assert returned.json()["state"] == "returned"
    assert (ledger["required"], ledger["approved"], ledger["waiting"]) == (60, 4, 0)
    assert ledger["entries"][1]["return_reason"] == "which day?"
    assert mine[0]["sessions"] == 1
    assert [review["outcome"] for review in mine[0]["reviews"]] == ["meets"]


async def test_own_hours(people: People) -> None:
    """A mentor who signs their own hours is refused, with the code that says so."""
    placement = await people.supervised()
    at = f"/v1/placements/{placement.id}/hours"

    async with people.as_mentor() as mentor:
        entry = (await mentor.post(at, json=hours())).json()["entry"]
        answers = [
            await mentor.post(f"{at}/{entry}/approval"),
            await mentor.post(f"{at}/{entry}/return", json={"reason": "why"}),
        ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "hours_not_own")] * 2


async def test_another_supervisor(people: People) -> None:
    """A supervisor of the site can't act on somebody else's placement, nor read it."""
    placement = await people.supervised()

    async with people.as_supervisor(people.lee) as lee:
        logged = await lee.post(f"/v1/placements/{placement.id}/sessions", json=session())
        read = await lee.get(f"/v1/placements/{placement.id}")

    assert (logged.status_code, logged.json()["code"]) == (403, "placement_not_yours")
    assert read.status_code == 403


async def test_notes(people: People) -> None:
    """Notes are read by the supervisor only; a name in them brings a warning that does not repeat it."""
    placement = await people.supervised()
    at = f"/v1/placements/{placement.id}/sessions"

    async with people.as_supervisor() as sam, people.as_mentor() as mentor, people.as_coordinator() as staff:
        logged = await sam.post(at, json=session(notes="We spoke about Maria", follow_ups=["rest"]))
        changed = await sam.post(f"{at}/{logged.json()['session']}/notes", json={"notes": "about a client"})
        for_sam = (await sam.get(at)).json()["sessions"][0]
        for_mentor = (await mentor.get(at)).json()["sessions"][0]
        for_staff = (await staff.get(at)).json()["sessions"][0]

    [warning] = logged.json()["warnings"]
    assert warning["code"] == "note_may_name_client"
    assert "Maria" not in logged.text
    assert changed.json()["warnings"] == []
    assert for_sam["text"] == {"notes": "about a client", "follow_ups": []}
    assert (for_mentor["text"], for_staff["text"]) == (None, None)


async def test_repeated_report(people: People) -> None:
    """The same report sent twice with one Idempotency-Key is one entry, and the same answer."""
    placement = await people.supervised()
    key = {"Idempotency-Key": new_id()}

    async with people.as_mentor() as mentor:
        first = await mentor.post(f"/v1/placements/{placement.id}/hours", json=hours(), headers=key)
        again = await mentor.post(f"/v1/placements/{placement.id}/hours", json=hours(), headers=key)

    assert first.json() == again.json()
    assert len((await people.placement(placement.id)).hours.entries) == 1


async def test_wrong_bodies(people: People) -> None:
    """Unknown fields and values that can't be are refused before any rule."""
    placement = await people.supervised()

    async with people.as_mentor() as mentor, people.as_supervisor() as sam:
        answers = [
            await mentor.post(f"/v1/placements/{placement.id}/hours", json=hours(mood="fine")),
            await mentor.post(f"/v1/placements/{placement.id}/hours", json=hours(worked_on="yesterday")),
            await sam.post(f"/v1/placements/{placement.id}/sessions", json=session(kind="party")),
            await sam.post(
                f"/v1/placements/{placement.id}/sessions",
                json=session(held=(utc_now() + timedelta(hours=1)).isoformat()),
            ),
        ]

    codes = [(answer.status_code, answer.json()["code"]) for answer in answers]
    assert codes == [*[(422, "invalid_request")] * 3, (422, "session_in_future")]


async def test_limit_holds_in_a_race(people: People) -> None:
    """Ten coordinators assign ten placements at once to a supervisor with three places: three get one."""
    await people.supervisor(limit=3)
    waiting = [await people.waiting() for _ in range(10)]

    async with people.as_coordinator() as coordinator:
        answers = await asyncio.gather(
            *(
                coordinator.post(f"/v1/placements/{found.id}/supervisor", json={"supervisor": people.sam})
                for found in waiting
            )
        )

    refused = [answer.json()["code"] for answer in answers if answer.status_code != 200]
    assert refused == ["supervisor_caseload_full"] * 7
    sam = await people.app.database.find_one("supervisors", {"_id": supervisor_id(people.sam, people.site)})
    assert sam is not None
    given = await people.app.database.find("placements", {"supervisor": people.sam})
    assert {charge["placement"] for charge in sam["caseload"]} == {row["_id"] for row in given}
    assert len(given) == 3


async def test_two_supervisors_for_one_placement_at_once(people: People) -> None:
    """Two coordinators who decided on the same version: one is told that the placement has changed."""
    waiting = await people.waiting()
    await people.supervisor(people.sam)
    await people.supervisor(people.lee)

    async with people.as_coordinator() as coordinator:
        answers = await asyncio.gather(
            *(
                coordinator.post(
                    f"/v1/placements/{waiting.id}/supervisor",
                    json={"supervisor": person},
                    headers={"If-Match": '"1"'},
                )
                for person in (people.sam, people.lee)
            )
        )

    assert sorted(answer.status_code for answer in answers) == [200, 412]
    rows = await people.app.database.find("supervisors", {"site": people.site})
    assigned = (await people.placement(waiting.id)).supervisor
    assert [row["person"] for row in rows if row["caseload"]] == [assigned]


async def test_reassigning_both_ways_at_once(people: People) -> None:
    """Without If-Match the later assignment takes over, and no caseload keeps what it handed over."""
    placement = await people.supervised()
    await people.supervisor(people.lee)
    kim = f"kim-{new_id()}"
    await people.supervisor(kim)

    async with people.as_coordinator() as coordinator:
        await asyncio.gather(
            *(
                coordinator.post(f"/v1/placements/{placement.id}/supervisor", json={"supervisor": person})
                for person in (people.lee, kim)
            )
        )

    rows = await people.app.database.find("supervisors", {"site": people.site})
    assigned = (await people.placement(placement.id)).supervisor
    assert [row["person"] for row in rows if row["caseload"]] == [assigned]


async def test_deciding_hours_at_once(people: People) -> None:
    """Approved and returned at the same moment, an entry is decided once."""
    placement = await people.supervised()
    at = f"/v1/placements/{placement.id}/hours"
    async with people.as_mentor() as mentor, people.as_supervisor() as sam:
        entry = (await mentor.post(at, json=hours())).json()["entry"]
        answers = await asyncio.gather(
            sam.post(f"{at}/{entry}/approval"),
            sam.post(f"{at}/{entry}/return", json={"reason": "why"}),
            sam.post(f"{at}/{entry}/approval"),
        )

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    approved = (await people.placement(placement.id)).hours.approved
    assert approved == (4 if answers[1].status_code == 409 else 0)


async def test_caseload_of_ones_own(people: People) -> None:
    """A supervisor reads their own caseload without any other role."""
    placement = await people.supervised()

    async with people.as_supervisor() as sam, people.as_supervisor(people.lee) as lee:
        own = await sam.get(f"/v1/supervisors/{people.sam}/caseload")
        others = await lee.get(f"/v1/supervisors/{people.sam}/caseload")

    assert [item["placement"] for item in own.json()["placements"]] == [placement.id]
    assert others.status_code == 403


async def test_practice_rules(people: People) -> None:
    """Whoever is signed in reads the codes that are in use."""
    async with people.as_mentor() as mentor:
        rules = (await mentor.get("/v1/practice")).json()

    assert "peer_support" in rules["hour_buckets"]
    assert rules["cadence"]["practice"] == {"every_days": 7, "grace_days": 3}
