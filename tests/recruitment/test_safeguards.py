"""What nobody can do in recruitment, whatever they send, over the real database."""

from datetime import timedelta

from services.recruitment.service import SERVICE
from shared.clock import utc_now
from shared.ids import new_id
from tests.recruitment.builders import scores
from tests.recruitment.test_api import IVY, LEEDS, form, refused
from tests.support.running import Started, started
from tests.support.stack import Stack


async def interviewed(app: Started, path: str) -> None:
    """Both interviewers have scored."""
    starts = (utc_now() + timedelta(days=1)).isoformat()
    async with app.client("chris", LEEDS) as chris:
        appointment = {"starts": starts, "minutes": 45, "panel": ["ivy", "ian"]}
        assert (await chris.post(f"{path}/interview", json=appointment)).status_code == 200
    for person in ("ivy", "ian"):
        async with app.client(person, IVY) as one:
            card = {"scores": scores(), "notes": "calm"}
            assert (await one.post(f"{path}/scorecards", json=card)).status_code == 201


async def test_a_coordinator_who_applied_sees_and_arranges_nothing_of_it(stack: Stack) -> None:
    """Their own application is closed to them as a coordinator: no interview, no scorecards."""
    async with started(SERVICE, stack, work=False) as app, app.client("cora", LEEDS) as cora:
        own = (await cora.post("/v1/applications", json=form())).json()
        path = f"/v1/candidates/{own['candidate']}"
        starts = (utc_now() + timedelta(days=1)).isoformat()
        appointment = {"starts": starts, "minutes": 45, "panel": ["ivy", "ian"]}
        refused(await cora.post(f"{path}/interview", json=appointment), 403, "own_application")
        await interviewed(app, path)
        refused(await cora.get(f"{path}/scorecards"), 403, "own_application")


async def test_a_person_has_one_open_application_to_a_programme(stack: Stack) -> None:
    """Another site does not make a second one of a signed-in person; withdrawing makes room."""
    async with started(SERVICE, stack, work=False) as app, app.client("robin") as robin:
        here = form()
        first = (await robin.post("/v1/applications", json=here)).json()
        again = await robin.post("/v1/applications", json={**here, "site": "york"})
        refused(again, 409, "candidate_already_applied")
        await robin.post(f"/v1/candidates/{first['candidate']}/withdrawal")
        there = await robin.post("/v1/applications", json={**here, "site": "york"})
        assert there.status_code == 201


async def test_bad_input_is_refused_by_name(stack: Stack) -> None:
    """Malformed JSON, wrong types, too much text, too few or too many references each get their answer."""
    async with started(SERVICE, stack, work=False) as app, app.client() as nobody:
        path = "/v1/applications"
        broken = await nobody.post(path, content=b"{", headers={"content-type": "application/json"})
        refused(broken, 400, "malformed_json")
        for change in ({"consents": "all"}, {"lived_experience": None}, {"name": "x" * 201}):
            refused(await nobody.post(path, json=form(**change)), 422, "invalid_request")
        referees = [{"name": name, "email": f"{name}@example.org"} for name in "abc"]
        for few in (referees[:1], referees):
            refused(await nobody.post(path, json=form(references=few)), 422, "references_incomplete")
        refused(await nobody.post(path, json=form(statement="word " * 251)), 422, "statement_too_long")


async def test_repeats_and_stale_decisions(stack: Stack) -> None:
    """The same key repeats the answer and refuses another body; an old ETag decides nothing."""
    async with started(SERVICE, stack, work=False) as app, app.client("cora", LEEDS) as cora:
        body, key = form(), {"Idempotency-Key": new_id()}
        async with app.client() as nobody:
            first = await nobody.post("/v1/applications", json=body, headers=key)
            same = await nobody.post("/v1/applications", json=body, headers=key)
            other = await nobody.post("/v1/applications", json=form(), headers=key)
        assert (first.status_code, same.json()) == (201, first.json())
        refused(other, 422, "idempotency_key_reused")
        path, seen = f"/v1/candidates/{first.json()['candidate']}", {"If-Match": first.headers["ETag"]}
        await cora.post(f"{path}/checks", json={"check": "references", "result": "requested"})
        decision = {"outcome": "waiting", "reason": "The site is full."}
        refused(await cora.post(f"{path}/decision", json=decision, headers=seen), 412, "stale_version")
