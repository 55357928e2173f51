"""Coming back from a deferral and moving to another site, over HTTP."""

from datetime import timedelta

from shared.clock import utc_now
from tests.recruitment.outcomes import announced, decided, scored
from tests.recruitment.running import describe, recruiting
from tests.recruitment.test_api import IVY, LEEDS, applied, appointment, form, refused
from tests.support.stack import Stack

YORK = [("coordinator", "york")]


async def test_a_person_comes_back_earlier(stack: Stack) -> None:
    """Their application is open where it stood, with the site's support lines on the page until then."""
    async with recruiting(stack) as app:
        made = await scored(app)
        until = (utc_now() + timedelta(days=90)).isoformat()
        await decided(app, made["path"], "deferred", deferred_until=until)
        async with app.client(made["person"]) as robin, app.client("eve") as eve:
            page = (await robin.get(made["path"])).json()
            assert page["support_contacts"] == ["The peer line, 0113 496 0000"]
            refused(await eve.post(f"{made['path']}/return"), 404, "not_found")
            assert (await robin.post(f"{made['path']}/return")).json()["stage"] == "scored"
            refused(await robin.post(f"{made['path']}/return"), 409, "not_deferred")
        assert await app.database.find("timers", {}) == []
        assert (await announced(app, made["candidate"]))[-1] == "deferral_ended"


async def test_a_person_moves_and_only_the_new_site_sees_them(stack: Stack) -> None:
    """The old site's staff find nothing any more, the new one's coordinators everything, its panel nothing."""
    async with recruiting(stack) as app:
        made = await scored(app)
        await decided(app, made["path"], "waiting")
        async with app.client(made["person"]) as robin:
            moved = await robin.post(f"{made['path']}/move", json={"site": "york"})
            assert (moved.json()["site"], moved.json()["stage"]) == ("york", "scored")
        async with app.client("cora", LEEDS) as cora, app.client("yuki", YORK) as yuki:
            refused(await cora.get(made["path"]), 404, "not_found")
            assert (await cora.get("/v1/sites/leeds/programmes/core/waiting")).json()["items"] == []
            page = (await yuki.get(made["path"])).json()
            assert (page["contact"]["name"], page["moves"][0]["from_site"]) == ("Robin", "leeds")
            assert len((await yuki.get(f"{made['path']}/scorecards")).json()["cards"]) == 2
        async with app.client("ivy", IVY) as ivy:
            refused(await ivy.get(f"{made['path']}/scorecards"), 404, "not_found")
        rows = await app.database.find("outbox", {"subject": made["candidate"]}, sort=(("sequence", 1),))
        assert [dict(row["headers"])["ce_siteid"] for row in rows[-2:]] == [b"leeds", b"york"]
        assert (await announced(app, made["candidate"]))[-2:] == ["moved_away", "moved"]
        (person,) = await app.database.find("people", {"_id": made["person"]})
        assert person["site"] == "york"


async def test_a_coordinator_moves_somebody_who_agrees(stack: Stack) -> None:
    """With a note of it, from their own site alone, to where the programme is open; an interview ahead ends."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        made = await applied(app)
        path = f"/v1/candidates/{made['candidate']}"
        ahead = appointment(starts=(utc_now() + timedelta(days=2)).isoformat())
        await cora.post(f"{path}/interview", json=ahead)
        agreed = {"site": "york", "consent": "Rang to ask for it."}
        refused(await cora.post(f"{path}/move", json={"site": "york"}), 422, "move_needs_consent")
        refused(await cora.post(f"{path}/move", json={**agreed, "site": "mars"}), 422, "site_unknown")
        refused(await cora.post(f"{path}/move", json={**agreed, "site": "leeds"}), 422, "already_at_site")
        async with app.client("yuki", YORK) as yuki, app.client("ivy", IVY) as ivy:
            refused(await yuki.post(f"{path}/move", json=agreed), 404, "not_found")
            refused(await ivy.post(f"{path}/move", json=agreed), 403, "role_missing")
            await describe(app, "york", programmes={"core": {"open": False}, "other": {}})
            refused(await cora.post(f"{path}/move", json=agreed), 409, "programme_closed")
            await describe(app, "york")
            moved = await cora.post(f"{path}/move", json=agreed)
            assert (moved.json()["interview"]["state"], moved.json()["stage"]) == ("cancelled", "applied")
            assert (await yuki.get(path)).json()["moves"][0]["consent"] == agreed["consent"]


async def test_an_acceptance_does_not_move(stack: Stack) -> None:
    """It concerns training; the refusal says what to do."""
    async with recruiting(stack) as app:
        await describe(app, "leeds", programmes={"core": {"required_checks": []}, "other": {}})
        made = await scored(app)
        await decided(app, made["path"], "accepted")
        async with app.client(made["person"]) as robin:
            answer = await robin.post(f"{made['path']}/move", json={"site": "york"})
            refused(answer, 409, "move_after_acceptance")
            assert "Agree between the sites" in answer.json()["detail"]


async def test_one_without_an_account_does_not_move_to_where_there_is_another(stack: Stack) -> None:
    """One address has one place per site and programme, however it came there."""
    async with recruiting(stack) as app, app.client() as nobody, app.client("cora", LEEDS) as cora:
        body = form()
        for site in ("leeds", "york"):
            await nobody.post("/v1/applications", json={**body, "site": site})
        (row,) = (await cora.get("/v1/candidates")).json()["items"]
        agreed = {"site": "york", "consent": "Rang to ask for it."}
        answer = await cora.post(f"/v1/candidates/{row['candidate']}/move", json=agreed)
        refused(answer, 409, "applied_there_already")
