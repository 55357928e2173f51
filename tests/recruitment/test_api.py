"""The routes of recruitment, over the real database."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx

from shared.clock import utc_now
from shared.ids import new_id
from tests.recruitment.builders import CRITERIA, scores
from tests.recruitment.running import recruiting
from tests.support.running import Started
from tests.support.stack import Stack

LEEDS = [("coordinator", "leeds")]
IVY = [("interviewer", "leeds")]
CARD = {"scores": scores(), "notes": "calm"}


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


def appointment(*panel: str, **changes: Any) -> dict[str, Any]:
    """An interview that begins now."""
    values = {"starts": utc_now().isoformat(), "minutes": 45, "panel": panel or ("ivy", "ian")}
    return {**values, **changes}


async def applied(app: Started, person: str | None = None, **changes: Any) -> dict[str, Any]:
    """The application of somebody who is signed in."""
    async with app.client(person or f"person-{new_id()}") as applicant:
        answer = await applicant.post("/v1/applications", json=form(**changes))
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def interviewed(app: Started, path: str, *scoring: str) -> None:
    """An interview was held, and those named (both, where nobody is) have scored."""
    async with app.client("chris", LEEDS) as chris:
        set_ = await chris.post(f"{path}/interview", json=appointment())
        assert set_.status_code == 200, set_.text
    for person in scoring or ("ivy", "ian"):
        async with app.client(person, IVY) as one:
            assert (await one.post(f"{path}/scorecards", json=CARD)).status_code == 201


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text


async def test_the_way_from_application_to_acceptance(stack: Stack) -> None:
    """Applying, checks, interview, two hidden scorecards and a decision lead to one event each, in order."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        made = await applied(app)
        path = f"/v1/candidates/{made['candidate']}"
        early = await cora.post(f"{path}/decision", json={"outcome": "accepted", "reason": "good"})
        refused(early, 409, "not_ready_to_accept")
        for check in ("references", "background_check"):
            await cora.post(f"{path}/checks", json={"check": check, "result": "cleared"})
        await cora.post(f"{path}/interview", json=appointment())
        async with app.client("ivy", IVY) as ivy, app.client("ian", IVY) as ian:
            assert (await ivy.post(f"{path}/scorecards", json=CARD)).status_code == 201
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
            "recruitment.candidate.checked.v1",
            "recruitment.candidate.checked.v1",
            "recruitment.candidate.interview_scheduled.v1",
            "recruitment.candidate.screened.v1",
        ]


async def test_two_last_cards_at_the_same_moment(stack: Stack) -> None:
    """Both interviewers submit at once: both cards are in, and the candidate is scored."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        path = f"/v1/candidates/{(await applied(app))['candidate']}"
        await cora.post(f"{path}/interview", json=appointment())
        async with app.client("ivy", IVY) as ivy, app.client("ian", IVY) as ian:
            answers = await asyncio.gather(*(one.post(f"{path}/scorecards", json=CARD) for one in (ivy, ian)))
        assert [answer.status_code for answer in answers] == [201, 201]
        page = (await cora.get(path)).json()
        assert (page["stage"], sorted(page["interview"]["submitted"])) == ("scored", ["ian", "ivy"])


async def test_what_the_page_tells_whom(stack: Stack) -> None:
    """Reason, date and support go to coordinators and the person, what is missing to coordinators alone."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        made = await applied(app, "robin", email="robin@example.org")
        path, until = f"/v1/candidates/{made['candidate']}", utc_now() + timedelta(days=90)
        decision = {"outcome": "deferred", "reason": "rest", "deferred_until": until.isoformat()}
        await cora.post(f"{path}/decision", json={**decision, "support_contacts": ["Line 1"]})
        await interviewed(app, path)
        hers = (await cora.get(path)).json()
        async with app.client("robin") as robin, app.client("ivy", IVY) as ivy:
            own, panel = (await robin.get(path)).json(), (await ivy.get(path)).json()
        for page in (hers, own):
            assert (page["reason"], page["support_contacts"]) == ("rest", ["Line 1"])
            assert page["deferred_until"] == until.isoformat().replace("+00:00", "Z")
            assert page["contact"]["email"] == "robin@example.org"
        assert (panel["reason"], panel["support_contacts"], panel["deferred_until"]) == (None, [], None)
        assert (panel["contact"], panel["text"]["statement"]) == (None, "I know the way through.")
        assert len(hers["missing_for_acceptance"]) == 2
        assert own["missing_for_acceptance"] == panel["missing_for_acceptance"] == []


async def test_the_page_shows_the_address_as_it_is_now(stack: Stack) -> None:
    """A corrected address reaches the coordinator's page: there is one contact of a person."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        made = await applied(app)
        entry = {"name": "Robin", "email": "new@example.org", "site": "leeds", "duties": []}
        async with app.client("sam", [("site_admin", "leeds")]) as sam:
            assert (await sam.put(f"/v1/staff/{made['person']}", json=entry)).status_code == 200
        page = (await cora.get(f"/v1/candidates/{made['candidate']}")).json()
        assert page["contact"]["email"] == "new@example.org"


async def test_the_applicants_words_are_for_those_who_need_them(stack: Stack) -> None:
    """Statement and address are shown to the coordinator and the person, not in lists or to an auditor."""
    async with recruiting(stack) as app:
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


async def test_a_withdrawal_says_whose_it_was(stack: Stack) -> None:
    """The person takes it back without a body; a coordinator needs a reason, which both can read."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        own, rung = await applied(app), await applied(app)
        async with app.client(own["person"]) as robin:
            answer = await robin.post(f"/v1/candidates/{own['candidate']}/withdrawal")
            assert (answer.json()["stage"], answer.json()["withdrawn_by"]) == ("withdrawn", own["person"])
        path = f"/v1/candidates/{rung['candidate']}"
        refused(await cora.post(f"{path}/withdrawal"), 422, "withdrawal_needs_reason")
        answer = await cora.post(f"{path}/withdrawal", json={"reason": "Rang to say so."})
        assert answer.json()["withdrawn_by"] == "cora"
        async with app.client(rung["person"]) as robin, app.client("ada", [("auditor", "leeds")]) as ada:
            assert (await robin.get(path)).json()["withdrawal_reason"] == "Rang to say so."
            assert (await ada.get(path)).json()["withdrawal_reason"] is None


async def test_candidates_page_by_page(stack: Stack) -> None:
    """Every candidate of a site, a stage or all sites comes once, oldest first, whatever the page's size."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        made = [(await applied(app))["candidate"] for _ in range(3)]
        await applied(app, site="york")
        await cora.post(f"/v1/candidates/{made[1]}/interview", json=appointment())

        async def listed(client: httpx.AsyncClient, **query: Any) -> list[str]:
            found, cursor = [], None
            while True:
                ask = {**query, "limit": 1, **({"cursor": cursor} if cursor else {})}
                page = (await client.get("/v1/candidates", params=ask)).json()
                found += [one["candidate"] for one in page["items"]]
                if (cursor := page["next"]) is None:
                    return found

        assert await listed(cora) == await listed(cora, site="leeds") == made
        assert await listed(cora, stage="applied") == [made[0], made[2]]
        async with app.client("olga", [("coordinator", "*")]) as olga:
            assert len(await listed(olga)) == 4
            assert await listed(olga, stage="interviewing") == [made[1]]


async def test_the_criteria_are_read_by_whoever_is_signed_in(stack: Stack) -> None:
    """All nine with their anchors; nobody signed in is asked to sign in."""
    async with recruiting(stack) as app:
        async with app.client("robin") as robin:
            shown = (await robin.get("/v1/criteria")).json()["criteria"]
        assert {one["code"] for one in shown} == CRITERIA.codes
        assert all({"1", "3", "5"} <= one["anchors"].keys() for one in shown)
        async with app.client() as nobody:
            refused(await nobody.get("/v1/criteria"), 401, "token_missing")


async def test_every_route_has_an_example(stack: Stack) -> None:
    """Whoever reads the API's pages sees for each route what is sent or answered."""
    async with recruiting(stack) as app, app.client() as nobody:
        document = (await nobody.get("/openapi.json")).json()

    def has_example(node: Any) -> bool:
        if isinstance(node, list):
            return any(has_example(part) for part in node)
        if not isinstance(node, dict):
            return False
        if "$ref" in node:
            return has_example(document["components"]["schemas"][node["$ref"].rsplit("/", 1)[-1]])
        return bool({"example", "examples"} & node.keys()) or any(map(has_example, node.values()))

    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if path.startswith("/v1/"):
                good = {code: said for code, said in operation["responses"].items() if code.startswith("2")}
                assert has_example(good), f"{method} {path} answers without an example"
                if "requestBody" in operation:
                    assert has_example(operation["requestBody"]), f"{method} {path} has no example body"
