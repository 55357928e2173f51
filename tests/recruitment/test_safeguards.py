"""What nobody can do with a candidate, whatever they send, over the real database."""

from typing import Any

import pytest

from shared.ids import new_id
from tests.recruitment.builders import scores
from tests.recruitment.running import recruiting
from tests.recruitment.test_api import CARD, IVY, LEEDS, applied, appointment, form, interviewed, refused
from tests.support.stack import Stack

WAITING = {"outcome": "waiting", "reason": "The site is full."}
CLEARED = {"check": "references", "result": "cleared"}


async def test_other_sites_see_nothing(stack: Stack) -> None:
    """The coordinator of another site finds neither the candidate nor a list, and may not act."""
    async with recruiting(stack) as app:
        path = f"/v1/candidates/{(await applied(app))['candidate']}"
        async with app.client("yuri", [("coordinator", "york")]) as yuri:
            refused(await yuri.get(path), 404, "not_found")
            refused(await yuri.get("/v1/candidates", params={"site": "leeds"}), 404, "not_found")
            assert (await yuri.get("/v1/candidates")).json()["items"] == []
            refused(await yuri.post(f"{path}/checks", json=CLEARED), 404, "not_found")
            refused(await yuri.post(f"{path}/withdrawal", json={"reason": "x"}), 404, "not_found")
        async with app.client("ivy", IVY) as ivy:
            refused(await ivy.get("/v1/candidates"), 403, "role_missing")


async def test_who_decides_and_withdraws(stack: Stack) -> None:
    """An interviewer decides nothing, and a stranger does not learn that there is anything to take back."""
    async with recruiting(stack) as app:
        path = f"/v1/candidates/{(await applied(app))['candidate']}"
        await interviewed(app, path)
        async with app.client("ivy", IVY) as ivy, app.client("stranger") as stranger:
            refused(await ivy.post(f"{path}/decision", json=WAITING), 403, "role_missing")
            refused(await ivy.post(f"{path}/withdrawal", json={"reason": "x"}), 403, "role_missing")
            refused(await ivy.post(f"{path}/checks", json=CLEARED), 403, "role_missing")
            refused(await ivy.post(f"{path}/interview", json=appointment()), 403, "role_missing")
            refused(await stranger.post(f"{path}/withdrawal"), 404, "not_found")
            refused(await stranger.get(path), 404, "not_found")


async def test_who_reads_scorecards(stack: Stack) -> None:
    """Coordinators and the panel; not the applicant, an interviewer off the panel, an admin or an auditor."""
    async with recruiting(stack) as app:
        made = await applied(app)
        path = f"/v1/candidates/{made['candidate']}/scorecards"
        async with app.client("cora", LEEDS) as cora:
            refused(await cora.get(path), 404, "no_interview")
        await interviewed(app, path.removesuffix("/scorecards"))
        for person, grants, status, code in (
            (made["person"], [], 403, "own_application"),
            ("eve", IVY, 403, "role_missing"),
            ("ada", [("auditor", "leeds")], 403, "role_missing"),
            ("sam", [("site_admin", "leeds")], 403, "role_missing"),
            ("stranger", [], 404, "not_found"),
        ):
            async with app.client(person, grants) as one:
                refused(await one.get(path), status, code)


@pytest.mark.parametrize("grants", [[], [("interviewer", "york")]])
async def test_a_seat_is_no_role(stack: Stack, grants: list[tuple[str, str]]) -> None:
    """Whoever is put on a panel without being an interviewer of the site reads and scores nothing."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        path = f"/v1/candidates/{(await applied(app))['candidate']}"
        await cora.post(f"{path}/interview", json=appointment("ivy", "yuri"))
        async with app.client("yuri", grants) as yuri:
            refused(await yuri.get(path), 404, "not_found")
            refused(await yuri.get(f"{path}/scorecards"), 404, "not_found")
            refused(await yuri.post(f"{path}/scorecards", json=CARD), 404, "not_found")


async def test_an_interviewer_off_the_panel_neither_reads_nor_scores(stack: Stack) -> None:
    """The role alone is no seat."""
    async with recruiting(stack) as app:
        path = f"/v1/candidates/{(await applied(app))['candidate']}"
        await interviewed(app, path, "ivy")
        async with app.client("eve", IVY) as eve:
            refused(await eve.get(path), 403, "role_missing")
            refused(await eve.post(f"{path}/scorecards", json=CARD), 403, "not_on_panel")


async def test_a_coordinator_who_applied_sees_and_arranges_nothing_of_it(stack: Stack) -> None:
    """Their own application is closed to them as a coordinator: no interview, no scorecards, nothing missing."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        own = (await cora.post("/v1/applications", json=form())).json()
        path = f"/v1/candidates/{own['candidate']}"
        refused(await cora.post(f"{path}/interview", json=appointment()), 403, "own_application")
        await interviewed(app, path)
        refused(await cora.get(f"{path}/scorecards"), 403, "own_application")
        assert (await cora.get(path)).json()["missing_for_acceptance"] == []


async def test_nobody_handles_what_they_applied_for_without_an_account(stack: Stack) -> None:
    """A coordinator and interviewer known by the application's address is refused every part in it."""
    both = [*LEEDS, *IVY]
    entry = {"name": "Cora", "email": "Cora@example.org", "site": "leeds", "duties": ["coordinator"]}
    async with recruiting(stack) as app, app.client("cora", both) as cora:
        async with app.client("sam", [("site_admin", "leeds")]) as sam:
            await sam.put("/v1/staff/cora", json=entry)
        async with app.client() as nobody:
            await nobody.post("/v1/applications", json=form(email="cora@Example.org"))
        (row,) = (await cora.get("/v1/candidates")).json()["items"]
        assert row["person"] != "cora"
        path = f"/v1/candidates/{row['candidate']}"
        async with app.client("chris", LEEDS) as chris:
            seat = await chris.post(f"{path}/interview", json=appointment("ivy", "cora"))
            refused(seat, 422, "panel_has_candidate")
            await interviewed(app, path, "ivy")
        for name, body in (
            ("checks", CLEARED),
            ("interview", appointment()),
            ("scorecards", CARD),
            ("decision", WAITING),
        ):
            refused(await cora.post(f"{path}/{name}", json=body), 403, "own_application")
        refused(await cora.get(f"{path}/scorecards"), 403, "own_application")


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("checks", {"check": "horoscope", "result": "cleared"}, "background_check"),
        ("checks", {"check": "references", "result": "fine"}, "needs_decision"),
        ("decision", {**WAITING, "deferred_until": "9999-12-31T23:59:59-01:00"}, "1900 to 2199"),
        ("decision", {**WAITING, "support_contacts": [" "]}, "support_contacts"),
        ("interview", appointment(starts="9999-12-31T23:59:59-01:00"), "1900 to 2199"),
        ("interview", appointment(starts="2026-01-01T10:00:00"), "offset"),
        ("scorecards", {"scores": {**scores(), "empathy": True}}, "empathy"),
        ("scorecards", {"scores": {**scores(), "empathy": "4"}}, "empathy"),
    ],
)
async def test_a_wrong_value_is_refused_with_what_is_known(
    stack: Stack, name: str, body: dict[str, Any], words: str
) -> None:
    """Unknown codes are answered with the known ones, a time outside the calendar and a blank by name."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        path = f"/v1/candidates/{(await applied(app))['candidate']}"
        answer = await cora.post(f"{path}/{name}", json=body)
        refused(answer, 422, "invalid_request")
        assert words in answer.text


async def test_repeats_and_stale_decisions(stack: Stack) -> None:
    """The same key repeats the answer and refuses another body; an old ETag decides nothing."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        body, key = form(), {"Idempotency-Key": new_id()}
        async with app.client("robin") as robin:
            first = await robin.post("/v1/applications", json=body, headers=key)
            same = await robin.post("/v1/applications", json=body, headers=key)
            other = await robin.post("/v1/applications", json=form(), headers=key)
        assert (first.status_code, same.json()) == (201, first.json())
        refused(other, 422, "idempotency_key_reused")
        path, seen = f"/v1/candidates/{first.json()['candidate']}", {"If-Match": first.headers["ETag"]}
        await cora.post(f"{path}/checks", json={"check": "references", "result": "requested"})
        refused(await cora.post(f"{path}/decision", json=WAITING, headers=seen), 412, "stale_version")
