"""The routes of placements, over the real database: lists, the queue, assigning, and the end."""

import asyncio
from datetime import timedelta

import pytest

from services.supervision.domain.supervisor import supervisor_id
from shared.clock import utc_now
from shared.ids import new_id
from tests.supervision.builders import ASSESSOR, supervisor
from tests.supervision.requests import hand_over, hours, session
from tests.supervision.running import People, store


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
        supervised = await coordinator.get("/v1/placements", params={**where, "without_supervisor": False})
        caseload = await coordinator.get(f"/v1/supervisors/{people.sam}/caseload")

    assert [item["placement"] for item in before.json()["items"]] == [waiting.id]
    assert answer.status_code == 200
    assert answer.json()["supervisor"] == people.sam
    assert answer.json()["next_due"] is not None
    assert after.json()["items"] == []
    assert [item["placement"] for item in supervised.json()["items"]] == [waiting.id]
    assert [item["placement"] for item in caseload.json()["placements"]["items"]] == [waiting.id]
    assert caseload.json()["sites"][0]["caseload"] == 1


async def test_supervised_placements_leave_the_waiting_ones_out(people: People) -> None:
    """The list of those with a supervisor has nobody who waits for one."""
    await people.waiting()

    async with people.as_coordinator() as coordinator:
        where: dict[str, str | bool] = {"site": people.site, "without_supervisor": False}
        listed = await coordinator.get("/v1/placements", params=where)

    assert listed.json()["items"] == []


async def test_the_queue_is_oldest_first(people: People) -> None:
    """Who waits longest comes first, page by page, also where two began to wait at the same moment."""
    at = utc_now() - timedelta(days=9)
    opened = [at + timedelta(days=days) for days in (3, 1, 2, 1, 0)]
    waiting = [await people.waiting(opened=moment) for moment in opened]

    found, cursor = [], ""
    async with people.as_coordinator() as coordinator:
        while cursor is not None:
            where = {"site": people.site, "without_supervisor": "true", "limit": "2", "cursor": cursor}
            answer = (await coordinator.get("/v1/placements", params=where)).json()
            found += [item["placement"] for item in answer["items"]]
            cursor = answer["next"]

    oldest_first = sorted(waiting, key=lambda placement: (placement.opened, placement.id))
    assert found == [placement.id for placement in oldest_first]


async def test_a_cursor_that_is_not_ours(people: People) -> None:
    """A cursor made up, or of a list in another order, is refused with what to do."""
    await people.supervised()
    await people.supervised_again()
    async with people.as_supervisor() as sam, people.as_coordinator() as coordinator:
        caseload = await sam.get(f"/v1/supervisors/{people.sam}/caseload", params={"limit": 1})
        others = caseload.json()["placements"]["next"]
        answers = [
            await coordinator.get("/v1/placements", params={"site": people.site, "cursor": cursor})
            for cursor in ("nonsense", others)
        ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (422, "cursor_invalid")
    ] * 2


async def test_another_site_sees_nothing(people: People) -> None:
    """The staff of another site learn of no placement here, on no path, not even that it exists."""
    placement = await people.supervised()
    at = f"/v1/placements/{placement.id}"
    await people.supervisor(people.lee)

    async with people.as_("coordinator", site="elsewhere") as stranger:
        listed = await stranger.get("/v1/placements", params={"site": people.site})
        mine = await stranger.get("/v1/placements")
        read = [
            await stranger.get(f"{at}{path}")
            for path in ("", "/assignments", "/sessions", "/hours", "/reviews")
        ]
        done = [
            await stranger.post(f"{at}/supervisor", json={"supervisor": people.lee, "reason": "why"}),
            await stranger.post(f"{at}/closing", json={"reason": "moved"}),
        ]

    assert listed.status_code == 404
    assert mine.json()["items"] == []
    assert [answer.status_code for answer in read + done] == [404] * 7
    assert (await people.placement(placement.id)).version == 1


@pytest.mark.parametrize("role", ["supervisor", "site_admin", "organisation_admin", "auditor", "certifier"])
async def test_who_may_not_assign_or_close(people: People, role: str) -> None:
    """Nobody but a coordinator of the site decides who supervises whom, and when that ends."""
    placement = await people.supervised()
    await people.supervisor(people.lee)
    body = {"supervisor": people.lee, "reason": "why"}

    async with people.as_(role) as other:
        assigned = await other.post(f"/v1/placements/{placement.id}/supervisor", json=body)
        closed = await other.post(f"/v1/placements/{placement.id}/closing", json={"reason": "moved"})

    assert [(found.status_code, found.json()["code"]) for found in (assigned, closed)] == [
        (403, "role_missing")
    ] * 2
    assert (await people.placement(placement.id)).version == 1


async def test_the_mentor_neither_assigns_nor_closes(people: People) -> None:
    """A mentor, coordinator or not, is told that nobody decides about their own placement."""
    waiting = await people.waiting()
    await people.supervisor()

    async with people.app.client(people.mentor, [("coordinator", people.site)]) as mentor:
        answers = [
            await mentor.post(f"/v1/placements/{waiting.id}/supervisor", json={"supervisor": people.sam}),
            await mentor.post(f"/v1/placements/{waiting.id}/closing", json={"reason": "moved"}),
        ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (403, "placement_own_decision")
    ] * 2


async def test_unknown_supervisor(people: People) -> None:
    """Assigning somebody who does not supervise at the site says what to do."""
    waiting = await people.waiting()

    async with people.as_coordinator() as coordinator:
        answer = await coordinator.post(
            f"/v1/placements/{waiting.id}/supervisor", json={"supervisor": people.lee}
        )

    assert answer.status_code == 404
    assert answer.json()["code"] == "supervisor_unknown"


async def test_nobody_supervises_each_other(people: People) -> None:
    """Who is supervised by the mentor can't become the mentor's supervisor."""
    waiting = await people.waiting()
    mentor = supervisor(people.mentor, site=people.site)
    mentor.take_on("placement-of-sam", person=people.sam, site=people.site)
    await store(people.app, mentor)
    await people.supervisor()

    async with people.as_coordinator() as coordinator:
        answer = await coordinator.post(
            f"/v1/placements/{waiting.id}/supervisor", json={"supervisor": people.sam}
        )

    assert (answer.status_code, answer.json()["code"]) == (409, "supervisor_mutual")


async def test_the_assessor_is_refused(people: People) -> None:
    """Who passed the practical assessment, as training told it, is refused as the supervisor."""
    waiting = await people.waiting()
    await people.supervisor(ASSESSOR)

    async with people.as_coordinator() as coordinator:
        answer = await coordinator.post(
            f"/v1/placements/{waiting.id}/supervisor", json={"supervisor": ASSESSOR}
        )

    assert (answer.status_code, answer.json()["code"]) == (409, "supervisor_assessed_this_person")


async def test_assignments_are_read_by_staff(people: People) -> None:
    """Who was put in charge, by whom, when and why is read by the site's staff and nobody else."""
    placement = await people.supervised()
    await people.supervisor(people.lee)
    at = f"/v1/placements/{placement.id}/assignments"

    async with people.as_coordinator() as coordinator, people.as_("auditor") as auditor:
        await hand_over(coordinator, placement.id, people.lee)
        lines = (await auditor.get(at)).json()["assignments"]
    async with people.as_mentor() as mentor, people.as_supervisor(people.lee) as lee:
        others = [await mentor.get(at), await lee.get(at)]

    assert [(line["supervisor"], line["reason"]) for line in lines] == [
        (people.sam, ""),
        (people.lee, "on leave"),
    ]
    assert [answer.status_code for answer in others] == [404, 403]


async def test_reassigning_without_a_reason(people: People) -> None:
    """Another supervisor without a reason is refused."""
    placement = await people.supervised()
    await people.supervisor(people.lee)

    async with people.as_coordinator() as coordinator:
        answer = await coordinator.post(
            f"/v1/placements/{placement.id}/supervisor", json={"supervisor": people.lee}
        )

    assert (answer.status_code, answer.json()["code"]) == (422, "assignment_reason_missing")


async def test_closing(people: People) -> None:
    """A coordinator ends a placement: the caseload has a place free, lists move on, and work is refused."""
    placement = await people.supervised()
    at = f"/v1/placements/{placement.id}"

    async with people.as_coordinator() as coordinator, people.as_supervisor() as sam:
        closed = await coordinator.post(f"{at}/closing", json={"reason": "moved"})
        caseload = (await sam.get(f"/v1/supervisors/{people.sam}/caseload")).json()
        logged = await sam.post(f"{at}/sessions", json=session())
    async with people.as_mentor() as mentor:
        reported = await mentor.post(f"{at}/hours", json=hours())

    assert closed.status_code == 200
    assert closed.json()["closed"]["reason"] == "moved"
    assert closed.json()["next_due"] is None
    assert (caseload["sites"][0]["caseload"], caseload["placements"]["items"]) == (0, [])
    assert [(answer.status_code, answer.json()["code"]) for answer in (logged, reported)] == [
        (409, "placement_closed")
    ] * 2


async def test_an_ended_placement_is_not_in_the_queue(people: People) -> None:
    """A placement that ended before anybody supervised it waits for nobody."""
    waiting = await people.waiting()

    async with people.as_coordinator() as coordinator:
        await coordinator.post(f"/v1/placements/{waiting.id}/closing", json={"reason": "entered_in_error"})
        where: dict[str, str | bool] = {"site": people.site, "without_supervisor": True}
        listed = await coordinator.get("/v1/placements", params=where)

    assert listed.json()["items"] == []


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
            hand_over(coordinator, placement.id, people.lee), hand_over(coordinator, placement.id, kim)
        )

    rows = await people.app.database.find("supervisors", {"site": people.site})
    assigned = (await people.placement(placement.id)).supervisor
    assert [row["person"] for row in rows if row["caseload"]] == [assigned]


async def test_practice_rules(people: People) -> None:
    """Whoever is signed in reads the codes that are in use, and not the words that are no names."""
    async with people.as_mentor() as mentor:
        rules = (await mentor.get("/v1/practice")).json()

    assert "peer_support" in rules["hour_buckets"]
    assert rules["cadence"]["practice"] == {"every_days": 7, "grace_days": 3}
    assert "moved" in rules["closing_reasons"]
    assert "not_names" not in rules
