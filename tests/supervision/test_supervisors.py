"""The routes of supervisors and their caseloads, over the real database."""

import asyncio

import pytest

from shared.ids import new_id
from tests.supervision.requests import hand_over, terms
from tests.supervision.running import People


async def test_putting_a_supervisor(people: People) -> None:
    """A coordinator lets somebody supervise, changes the terms, and finds them in the list of the site."""
    async with people.as_coordinator() as coordinator:
        made = await coordinator.put(f"/v1/supervisors/{people.sam}", json=terms(people.site))
        changed = await coordinator.put(
            f"/v1/supervisors/{people.sam}",
            json=terms(people.site, limit=4, conflicts=[people.mentor]),
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


@pytest.mark.parametrize("missing", ["conflicts", "active", "caseload_limit"])
async def test_terms_are_whole(people: People, missing: str) -> None:
    """Terms that leave something out are refused, so that no conflict is dropped by leaving it out."""
    body = terms(people.site)
    del body[missing]

    async with people.as_coordinator() as coordinator:
        answer = await coordinator.put(f"/v1/supervisors/{people.sam}", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert missing in answer.json()["detail"]


async def test_terms_that_have_changed(people: People) -> None:
    """Who decided on terms that have changed since is told so, and nothing changes."""
    await people.supervisor(limit=5)

    async with people.as_coordinator() as coordinator:
        stale = await coordinator.put(
            f"/v1/supervisors/{people.sam}", json=terms(people.site), headers={"If-Match": '"0"'}
        )
        listed = await coordinator.get("/v1/supervisors", params={"site": people.site})

    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    assert listed.json()["items"][0]["caseload_limit"] == 5


@pytest.mark.parametrize("seen", ['"1"', "*"])
async def test_terms_that_are_not_there(people: People, seen: str) -> None:
    """Who means to change terms that are not there makes none."""
    async with people.as_coordinator() as coordinator:
        answer = await coordinator.put(
            f"/v1/supervisors/{people.sam}", json=terms(people.site), headers={"If-Match": seen}
        )

    assert (answer.status_code, answer.json()["code"]) == (412, "stale_version")
    assert await people.app.database.find("supervisors", {"person": people.sam}) == []


async def test_two_who_appoint_at_once(people: People) -> None:
    """When two let the same person supervise at once, one does; the other is told and overwrites nothing."""
    async with people.as_coordinator() as coordinator:
        answers = await asyncio.gather(
            *(
                coordinator.put(f"/v1/supervisors/{people.sam}", json=terms(people.site, limit=limit))
                for limit in (3, 7)
            )
        )

    [won] = [answer.json() for answer in answers if answer.status_code == 200]
    [lost] = [answer.json() for answer in answers if answer.status_code != 200]
    assert (lost["status"], lost["code"]) == (409, "supervisor_appointed_meanwhile")
    [row] = await people.app.database.find("supervisors", {"person": people.sam})
    assert row["caseload_limit"] == won["caseload_limit"]


@pytest.mark.parametrize("role", ["supervisor", "auditor", "trainer", "certifier"])
async def test_who_may_not_put_a_supervisor(people: People, role: str) -> None:
    """Nobody but coordinators and administrators of the site decides who supervises."""
    async with people.as_(role) as other:
        answer = await other.put(f"/v1/supervisors/{people.sam}", json=terms(people.site))

    assert answer.status_code == 403


async def test_conflicts_are_not_for_the_supervisor(people: People) -> None:
    """A supervisor who reads their own terms does not learn with whom there is a conflict."""
    async with people.as_coordinator() as coordinator, people.as_supervisor() as sam:
        body = terms(people.site, conflicts=["somebody"])
        await coordinator.put(f"/v1/supervisors/{people.sam}", json=body)
        own = await sam.get(f"/v1/supervisors/{people.sam}/caseload")
        others = await coordinator.get(f"/v1/supervisors/{people.sam}/caseload")

    assert own.json()["sites"][0]["conflicts"] is None
    assert "somebody" not in own.text
    assert others.json()["sites"][0]["conflicts"] == ["somebody"]


async def test_caseload_of_ones_own(people: People) -> None:
    """A supervisor reads their own caseload without any other role; another supervisor does not."""
    placement = await people.supervised()

    async with people.as_supervisor() as sam, people.as_supervisor(people.lee) as lee:
        own = await sam.get(f"/v1/supervisors/{people.sam}/caseload")
        others = await lee.get(f"/v1/supervisors/{people.sam}/caseload")

    assert [item["placement"] for item in own.json()["placements"]["items"]] == [placement.id]
    assert others.status_code == 403


async def test_caseload_without_the_role(people: People) -> None:
    """Who no longer supervises at a site doesn't see the caseload there any more."""
    await people.supervised()

    async with (
        people.app.client(people.sam) as nowhere,
        people.app.client(people.sam, [("supervisor", "elsewhere")]) as elsewhere,
    ):
        refused = await nowhere.get(f"/v1/supervisors/{people.sam}/caseload")
        empty = await elsewhere.get(f"/v1/supervisors/{people.sam}/caseload")

    assert refused.status_code == 403
    assert (empty.json()["sites"], empty.json()["placements"]["items"]) == ([], [])


async def test_a_caseload_in_pages(people: People) -> None:
    """A caseload comes page by page, each placement once."""
    waiting = [await people.waiting() for _ in range(3)]
    await people.supervisor()
    async with people.as_coordinator() as coordinator, people.as_supervisor() as sam:
        for placement in waiting:
            await hand_over(coordinator, placement.id, people.sam)
        at = f"/v1/supervisors/{people.sam}/caseload"
        first = (await sam.get(at, params={"limit": 2})).json()["placements"]
        second = (await sam.get(at, params={"limit": 2, "cursor": first["next"]})).json()["placements"]

    found = [item["placement"] for item in first["items"] + second["items"]]
    assert found == sorted(placement.id for placement in waiting)
    assert second["next"] is None


async def test_the_other_site(people: People) -> None:
    """The staff of another site see neither the terms nor the caseload."""
    await people.supervised()
    async with people.app.client(new_id(), [("coordinator", "elsewhere")]) as stranger:
        listed = await stranger.get("/v1/supervisors", params={"site": people.site})
        mine = await stranger.get("/v1/supervisors")
        caseload = await stranger.get(f"/v1/supervisors/{people.sam}/caseload")

    assert listed.status_code == 404
    assert mine.json()["items"] == []
    assert (caseload.json()["sites"], caseload.json()["placements"]["items"]) == ([], [])
