"""Who works for a site: entering, reading, and what another site does not learn, over the real database."""

import asyncio
import json
from typing import Any

from tests.recruitment.running import recruiting
from tests.recruitment.test_api import IVY, LEEDS, applied, form, refused
from tests.support.running import Started
from tests.support.stack import Stack

ADMIN, YORK_ADMIN = [("site_admin", "leeds")], [("site_admin", "york")]


def member(**changes: Any) -> dict[str, Any]:
    return {"name": "Tom", "email": "tom@example.org", "site": "leeds", "duties": ["trainer"], **changes}


async def contacts(app: Started, person: str) -> list[dict[str, Any]]:
    """What the contacts topic is told of a person, in order."""
    rows = await app.database.find("outbox", {"subject": person}, sort=(("sequence", 1),))
    return [json.loads(row["value"]) for row in rows]


async def test_staff_are_entered_by_the_sites_admin(stack: Stack) -> None:
    """A site admin enters staff; a coordinator may not; each change is announced, a repetition is not."""
    async with recruiting(stack) as app:
        async with app.client("cora", LEEDS) as cora:
            refused(await cora.put("/v1/staff/tom", json=member()), 403, "role_missing")
        async with app.client("sam", ADMIN) as sam:
            for duties in (["trainer"], ["certifier"], ["certifier"]):
                answer = await sam.put("/v1/staff/tom", json=member(duties=duties))
                assert answer.json()["duties"] == duties
        announced = [one["duties"] for one in await contacts(app, "tom")]
        assert announced == [
            [{"site": "leeds", "duty": "trainer"}],
            [{"site": "leeds", "duty": "certifier"}],
        ]


async def test_unknown_duties_and_half_a_contact_are_refused(stack: Stack) -> None:
    """The answer names the duties there are; a name without an address is no contact; a new one has both."""
    async with recruiting(stack) as app, app.client("sam", ADMIN) as sam:
        answer = await sam.put("/v1/staff/tom", json=member(duties=["king"]))
        refused(answer, 422, "invalid_request")
        assert "coordinator" in answer.text
        for change in ({"email": None}, {"name": " "}):
            refused(await sam.put("/v1/staff/tom", json=member(**change)), 422, "invalid_request")
        bare = {"site": "leeds", "duties": ["trainer"]}
        refused(await sam.put("/v1/staff/tom", json={**bare, "language": "es"}), 422, "invalid_request")
        refused(await sam.put("/v1/staff/tom", json=bare), 422, "contact_missing")


async def test_another_site_sets_its_own_duties_and_learns_no_address(stack: Stack) -> None:
    """An admin of York gives a person of Leeds a duty there; name, address and Leeds stay out of sight."""
    async with recruiting(stack) as app:
        made = await applied(app)
        path = f"/v1/staff/{made['person']}"
        async with app.client("yuri", YORK_ADMIN) as yuri:
            taken = await yuri.put(path, json=member(site="york"))
            refused(taken, 403, "person_of_another_site")
            assert await contacts(app, made["person"]) == [
                {**(await contacts(app, made["person"]))[0], "name": "Robin", "duties": []}
            ]
            answer = await yuri.put(path, json={"site": "york", "duties": ["trainer"]})
            assert (answer.json()["duties"], answer.json()["contact"]) == (["trainer"], None)
            shown = (await yuri.get("/v1/staff", params={"site": "york"})).json()["items"]
            assert [one["person"] for one in shown] == [made["person"]]
            assert "leeds" not in json.dumps(shown)
            assert "example.org" not in json.dumps(shown)
        async with app.client("olga", [("organisation_admin", "*")]) as olga:
            assert (await olga.put(path, json=member(site="york", duties=[]))).status_code == 200
        last = (await contacts(app, made["person"]))[-1]
        assert (last["name"], last["site"], last["duties"]) == ("Tom", "leeds", [])


async def test_the_staff_of_a_site_are_read_by_those_who_need_them(stack: Stack) -> None:
    """Coordinators and admins see who has a duty at their site, page by page; others and applicants don't."""
    async with recruiting(stack) as app:
        await applied(app)
        async with app.client("sam", ADMIN) as sam:
            for name in ("ann", "ben", "cem"):
                await sam.put(f"/v1/staff/{name}", json=member(name=name, email=f"{name}@example.org"))
            await sam.put("/v1/staff/cem", json=member(duties=[]))
        async with app.client("cora", LEEDS) as cora:
            first = (await cora.get("/v1/staff", params={"site": "leeds", "limit": 1})).json()
            query = {"site": "leeds", "limit": 1, "cursor": first["next"]}
            second = (await cora.get("/v1/staff", params=query)).json()
            assert [one["person"] for one in first["items"] + second["items"]] == ["ann", "ben"]
            assert (second["next"], second["items"][0]["contact"]["name"]) == (None, "ben")
            refused(await cora.get("/v1/staff", params={"site": "york"}), 404, "not_found")
            refused(await cora.get("/v1/staff/cem", params={"site": "leeds"}), 404, "not_found")
            assert (await cora.get("/v1/staff/ann", params={"site": "leeds"})).json()["duties"] == ["trainer"]
        async with app.client("ivy", IVY) as ivy:
            refused(await ivy.get("/v1/staff", params={"site": "leeds"}), 403, "role_missing")
            refused(await ivy.get("/v1/staff/ann", params={"site": "leeds"}), 403, "role_missing")


async def test_an_entry_is_changed_by_the_version_it_was_read_at(stack: Stack) -> None:
    """An old ETag changes nothing, a present one does, and where nobody is entered none fits."""
    async with recruiting(stack) as app, app.client("sam", ADMIN) as sam:
        for tag in ('"1"', "*"):
            missing = await sam.put("/v1/staff/tom", json=member(), headers={"If-Match": tag})
            refused(missing, 412, "stale_version")
        await sam.put("/v1/staff/tom", json=member())
        read = await sam.get("/v1/staff/tom", params={"site": "leeds"})
        seen = {"If-Match": read.headers["ETag"]}
        change = member(duties=["certifier"])
        assert (await sam.put("/v1/staff/tom", json=change, headers=seen)).status_code == 200
        refused(await sam.put("/v1/staff/tom", json=member(), headers=seen), 412, "stale_version")


async def test_two_sites_enter_somebody_at_the_same_moment(stack: Stack) -> None:
    """Neither admin's duties are lost, and each announcement holds all that was known."""
    async with recruiting(stack) as app:
        async with app.client("sam", ADMIN) as sam, app.client("yuri", YORK_ADMIN) as yuri:
            await sam.put("/v1/staff/tom", json=member(duties=[]))
            answers = await asyncio.gather(
                sam.put("/v1/staff/tom", json=member()),
                yuri.put("/v1/staff/tom", json={"site": "york", "duties": ["assessor"]}),
            )
        assert [answer.status_code for answer in answers] == [200, 200]
        assert (await contacts(app, "tom"))[-1]["duties"] == [
            {"site": "leeds", "duty": "trainer"},
            {"site": "york", "duty": "assessor"},
        ]


async def test_staff_who_apply_keep_their_duties_and_address(stack: Stack) -> None:
    """Signed in, they apply as themselves; a form with another address is refused with the way out."""
    async with recruiting(stack) as app:
        async with app.client("sam", ADMIN) as sam:
            await sam.put("/v1/staff/tom", json=member())
        async with app.client("tom") as tom:
            other = await tom.post("/v1/applications", json=form(email="robin@example.org"))
            refused(other, 409, "known_under_another_email")
            assert "sign out" in other.json()["detail"]
            own = await tom.post("/v1/applications", json=form(email="tom@example.org", site="york"))
            assert own.status_code == 201
        last = (await contacts(app, "tom"))[-1]
        assert (last["site"], last["email"]) == ("leeds", "tom@example.org")
        assert last["duties"] == [{"site": "leeds", "duty": "trainer"}]
