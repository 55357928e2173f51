"""The routes of recruitment, over the real database."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx

from services.recruitment.service import SERVICE
from shared.clock import utc_now
from shared.ids import new_id
from tests.recruitment.builders import scores
from tests.support.running import Started, started
from tests.support.stack import Stack

LEEDS = [("coordinator", "leeds")]
IVY = [("interviewer", "leeds")]


def form(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "name": "Robin",
        "email": f"{new_id()}@example.org",
        "language": "es",
        "time_zone": "Europe/Madrid",
        "site": "leeds",
        "programme": "core",
        "lived_experience": True,
        "consents": [{"code": "data_processing", "version": "1"}],
        "references": [{"name": "A", "email": "a@example.org"}, {"name": "B", "email": "b@example.org"}],
        "statement": "I know the way through.",
    }
    return {**values, **changes}


async def applied(app: Started, **changes: Any) -> dict[str, Any]:
    async with app.client() as nobody:
        answer = await nobody.post("/v1/applications", json=form(**changes))
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text


async def test_the_way_from_application_to_acceptance(stack: Stack) -> None:
    """Applying, checks, interview, two hidden scorecards and a decision lead to one event each, in order."""
    async with started(SERVICE, stack, work=False) as app, app.client("cora", LEEDS) as cora:
        made = await applied(app)
        path = f"/v1/candidates/{made['candidate']}"
        early = await cora.post(f"{path}/decision", json={"outcome": "accepted", "reason": "good"})
        refused(early, 409, "not_ready_to_accept")
        for check in ("references", "background_check"):
            await cora.post(f"{path}/checks", json={"check": check, "result": "cleared"})
        starts = (utc_now() + timedelta(days=1)).isoformat()
        appointment = {"starts": starts, "minutes": 45, "panel": ["ivy", "ian"]}
        await cora.post(f"{path}/interview", json=appointment)
        async with app.client("ivy", IVY) as ivy, app.client("ian", IVY) as ian:
            card = {"scores": scores(), "notes": "calm"}
            assert (await ivy.post(f"{path}/scorecards", json=card)).status_code == 201
            assert (await ian.get(f"{path}/scorecards")).json()["cards"] == []
            assert (await cora.get(f"{path}/scorecards")).json()["cards"] == []
            await ian.post(f"{path}/scorecards", json={"scores": scores(3)})
            assert len((await ian.get(f"{path}/scorecards")).json()["cards"]) == 2
        decided = await cora.post(f"{path}/decision", json={"outcome": "accepted", "reason": "warm"})
        assert decided.json()["stage"] == "accepted"
        rows = await app.database.find("outbox", {"subject": made["candidate"]}, sort=(("sequence", 1),))
        types = [dict(row["headers"])["ce_type"].decode().split(".", 1)[1] for row in rows]
        assert types == [
            "recruitment.candidate.applied.v1",
            "recruitment.candidate.interview_scheduled.v1",
            "recruitment.candidate.screened.v1",
        ]


async def test_other_sites_see_nothing(stack: Stack) -> None:
    """The coordinator of another site finds neither the candidate nor a list, and may not act."""
    async with started(SERVICE, stack, work=False) as app:
        made = await applied(app)
        async with app.client("yuri", [("coordinator", "york")]) as yuri:
            path = f"/v1/candidates/{made['candidate']}"
            refused(await yuri.get(path), 404, "not_found")
            refused(await yuri.get("/v1/candidates", params={"site": "leeds"}), 404, "not_found")
            assert (await yuri.get("/v1/candidates")).json()["items"] == []
            check = {"check": "references", "result": "cleared"}
            refused(await yuri.post(f"{path}/checks", json=check), 404, "not_found")
        async with app.client("ivy", IVY) as ivy:
            refused(await ivy.get("/v1/candidates"), 403, "role_missing")


async def test_one_open_application_per_address_and_site(stack: Stack) -> None:
    """Ten applications with one address at the same moment leave one candidate; another site is another."""
    async with started(SERVICE, stack, work=False) as app, app.client() as nobody:
        email = f"{new_id()}@example.org"
        answers = await asyncio.gather(
            *(nobody.post("/v1/applications", json=form(email=email)) for _ in range(10))
        )
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
        refused(next(one for one in answers if one.status_code == 409), 409, "candidate_already_applied")
        assert (await nobody.post("/v1/applications", json=form(email=email, site="york"))).status_code == 201


async def test_the_applicants_words_are_for_those_who_need_them(stack: Stack) -> None:
    """Statement and address are shown to the coordinator and the person, not in lists or to an auditor."""
    async with started(SERVICE, stack, work=False) as app:
        made = await applied(app)
        path = f"/v1/candidates/{made['candidate']}"
        async with app.client("cora", LEEDS) as cora, app.client("ada", [("auditor", "leeds")]) as ada:
            assert (await cora.get(path)).json()["text"]["statement"] == "I know the way through."
            audited = (await ada.get(path)).json()
            assert (audited["text"], audited["contact"]) == (None, None)
            assert "example.org" not in (await cora.get("/v1/candidates")).text
        async with app.client(made["person"]) as robin:
            mine = (await robin.get("/v1/me/applications")).json()["items"]
            assert [one["candidate"] for one in mine] == [made["candidate"]]
            assert (await robin.post(f"{path}/withdrawal")).json()["stage"] == "withdrawn"


async def test_an_unusable_application_is_refused_by_name(stack: Stack) -> None:
    """Unknown time zones, bad addresses, unknown fields and a missing attestation name what is wrong."""
    async with started(SERVICE, stack, work=False) as app, app.client() as nobody:
        for change in ({"time_zone": "Mars/Base"}, {"email": "nowhere"}, {"colour": "red"}):
            refused(await nobody.post("/v1/applications", json=form(**change)), 422, "invalid_request")
        answer = await nobody.post("/v1/applications", json=form(lived_experience=False))
        refused(answer, 422, "lived_experience_not_attested")
