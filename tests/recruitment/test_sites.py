"""Sites over HTTP: who describes them, who reads what, and what an application needs."""

import httpx
import pytest
from pymongo import UpdateOne

from services.recruitment.service import SERVICE
from tests.recruitment.running import ORGANISATION, describe, recruiting, site
from tests.recruitment.test_api import IVY, LEEDS, applied, form, refused
from tests.support.running import started
from tests.support.stack import Stack

ADMIN = [("site_admin", "leeds")]


async def test_a_site_is_described_by_its_administrators(stack: Stack) -> None:
    """Those of the site and of the organisation; by the version they read; nobody else, and no other site's."""
    async with started(SERVICE, stack, work=False) as app:
        async with app.client("sam", ADMIN) as sam, app.client("olga", ORGANISATION) as olga:
            made = await sam.put("/v1/sites/leeds", json=site())
            assert (made.status_code, made.json()["programmes"]["core"]["appeal_days"]) == (200, 30)
            changed = await olga.put("/v1/sites/leeds", json=site(name="Leeds"), headers=_if(made))
            assert changed.json()["name"] == "Leeds"
            refused(await sam.put("/v1/sites/leeds", json=site(), headers=_if(made)), 412, "stale_version")
            refused(await sam.put("/v1/sites/york", json=site()), 404, "not_found")
            refused(await sam.put("/v1/sites/leeds", json=site(programmes={})), 409, "programme_still_needed")
            refused(
                await sam.put("/v1/sites/leeds", json=site(time_zone="Mars/Base")), 422, "invalid_request"
            )
        async with app.client("cora", LEEDS) as cora:
            refused(await cora.put("/v1/sites/leeds", json=site()), 403, "role_missing")


async def test_everybody_sees_where_they_can_apply_and_staff_see_all(stack: Stack) -> None:
    """The public list says which programmes are open, and nothing of places; other sites' staff see no more."""
    async with recruiting(stack) as app:
        programmes = {"core": {"capacity": 3}, "other": {"open": False}}
        await describe(app, "leeds", programmes=programmes)
        async with app.client() as nobody:
            listed = (await nobody.get("/v1/sites", params={"limit": 1})).json()
            assert listed["items"][0]["open"] == ["core"]
            assert listed["items"][0]["support_contacts"][0]["name"] == "The peer line"
            assert "capacity" not in str(listed)
            following = await nobody.get("/v1/sites", params={"cursor": listed["next"]})
            assert [one["site"] for one in following.json()["items"]] == ["york"]
            refused(await nobody.get("/v1/sites/leeds"), 401, "token_missing")
        async with app.client("ivy", IVY) as ivy, app.client("robin") as robin:
            full = await ivy.get("/v1/sites/leeds")
            assert (full.json()["programmes"]["core"]["capacity"], full.headers["ETag"]) == (3, '"2"')
            refused(await ivy.get("/v1/sites/york"), 404, "not_found")
            refused(await robin.get("/v1/sites/leeds"), 404, "not_found")


async def test_people_apply_where_a_programme_is_open(stack: Stack) -> None:
    """Signed in or not, a site that is not there, and a programme it has not or has closed, are refused."""
    async with recruiting(stack) as app, app.client("robin") as robin, app.client() as nobody:
        await applied(app)
        await describe(app, "leeds", programmes={"core": {"open": False}, "other": {}})
        for client in (robin, nobody):
            for change, status, code in (
                ({"site": "mars"}, 422, "site_unknown"),
                ({"programme": "choir"}, 422, "programme_not_offered"),
                ({}, 409, "programme_closed"),
            ):
                refused(await client.post("/v1/applications", json=form(**change)), status, code)


async def test_the_page_misses_the_checks_that_the_site_requires(stack: Stack) -> None:
    """What is missing follows the site's programme as it is now."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        path = f"/v1/candidates/{(await applied(app))['candidate']}"
        assert len((await cora.get(path)).json()["missing_for_acceptance"]) == 3
        await describe(app, "leeds", programmes={"core": {"required_checks": []}, "other": {}})
        assert len((await cora.get(path)).json()["missing_for_acceptance"]) == 1


def _if(answer: httpx.Response) -> dict[str, str]:
    return {"If-Match": answer.headers["ETag"]}


@pytest.mark.parametrize("older", [{"programme": "choir"}, {"site": "hull"}], ids=["programme", "site"])
async def test_an_application_from_before_its_site_was_described_is_read_and_ends(
    stack: Stack, older: dict[str, str]
) -> None:
    """Where a site does not, or not yet, say anything about the programme, nobody is kept from reading or going."""
    async with recruiting(stack) as app:
        gone, erased = await applied(app), await applied(app)
        for made in (gone, erased):
            kept = UpdateOne({"_id": made["candidate"]}, {"$set": older})
            await app.database.bulk_write("candidates", [kept])
            async with app.client(made["person"]) as robin:
                page = await robin.get(f"/v1/candidates/{made['candidate']}")
                assert (page.status_code, page.json()["stage"]) == (200, "applied")
        async with app.client(gone["person"]) as robin:
            answer = await robin.post(f"/v1/candidates/{gone['candidate']}/withdrawal")
            assert (answer.status_code, answer.json()["stage"]) == (200, "withdrawn")
        async with app.client(erased["person"]) as robin:
            assert (await robin.post(f"/v1/people/{erased['person']}/erasure")).status_code == 200
