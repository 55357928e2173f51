"""Appeals over HTTP: whose they are, who decides, and what becomes of the person's place."""

from typing import Any

from tests.recruitment.outcomes import SAM, announced, decided, scored
from tests.recruitment.running import describe, recruiting
from tests.recruitment.test_api import IVY, LEEDS, form, refused
from tests.support.running import Started
from tests.support.stack import Stack

WORDS = {"words": "I have had more time since spring."}
UPHELD = {"outcome": "upheld", "reason": "A reference has come in."}


async def declined(app: Started, person: str | None = None) -> dict[str, Any]:
    """Somebody whom Cora declined."""
    made = await scored(app, person)
    answer = await decided(app, made["path"], "declined")
    assert answer.json()["appeal_until"] is not None
    return made


async def test_an_appeal_is_heard_by_somebody_else(stack: Stack) -> None:
    """The person's words reach those who may decide; upheld, it is decided afresh."""
    async with recruiting(stack) as app:
        made = await declined(app)
        async with app.client(made["person"]) as robin, app.client("sam", SAM) as sam:
            sent = await robin.post(f"{made['path']}/appeal", json=WORDS)
            assert (sent.status_code, sent.json()["stage"]) == (201, "appealed")
            refused(await robin.post(f"{made['path']}/appeal", json=WORDS), 409, "appealed_already")
            page = (await sam.get(made["path"])).json()
            assert (page["appeal_words"], page["reason"], page["contact"]) == (
                WORDS["words"],
                "as we discussed",
                None,
            )
            async with app.client("cora", LEEDS) as cora, app.client("ivy", [*IVY, *LEEDS]) as ivy:
                ruling = f"{made['path']}/appeal/decision"
                refused(await cora.post(ruling, json=UPHELD), 403, "appeal_not_by_decider")
                refused(await ivy.post(ruling, json=UPHELD), 403, "appeal_not_by_panel")
            answer = await sam.post(ruling, json=UPHELD)
            assert (answer.json()["stage"], answer.json()["appeal"]["decided_by"]) == ("scored", "sam")
            refused(await sam.post(ruling, json=UPHELD), 409, "no_open_appeal")
            assert (await robin.get(made["path"])).json()["appeal_reason"] == UPHELD["reason"]
        assert (await decided(app, made["path"], "waiting")).json()["stage"] == "waiting"
        told = await announced(app, made["candidate"])
        assert told[2:] == ["screened", "appealed", "appeal_decided", "screened"]


async def test_an_appeal_is_the_persons_own(stack: Stack) -> None:
    """Nobody appeals for somebody, not even a coordinator; others learn nothing, and no other site decides."""
    async with recruiting(stack) as app:
        made = await declined(app)
        path = f"{made['path']}/appeal"
        async with app.client("cora", LEEDS) as cora, app.client("eve") as eve, app.client() as nobody:
            refused(await cora.post(path, json=WORDS), 403, "role_missing")
            refused(await eve.post(path, json=WORDS), 404, "not_found")
            refused(await nobody.post(path, json=WORDS), 401, "token_missing")
        async with app.client(made["person"]) as robin:
            refused(await robin.post(path, json={"words": " "}), 422, "appeal_without_words")
            await robin.post(path, json=WORDS)
            refused(await robin.post(f"{path}/decision", json=UPHELD), 404, "not_found")
        async with app.client("sue", [("site_admin", "york")]) as sue, app.client("ivo", IVY) as ivo:
            refused(await sue.post(f"{path}/decision", json=UPHELD), 404, "not_found")
            refused(await ivo.post(f"{path}/decision", json=UPHELD), 403, "role_missing")


async def test_an_open_appeal_holds_the_place(stack: Stack) -> None:
    """No second application beside it; a dismissed one leaves room; who has applied anew appeals no more."""
    async with recruiting(stack) as app:
        body = form()
        made = await scored(app, "robin", email=body["email"])
        await decided(app, made["path"], "declined")
        async with app.client("robin") as robin, app.client("sam", SAM) as sam:
            await robin.post(f"{made['path']}/appeal", json=WORDS)
            refused(await robin.post("/v1/applications", json=body), 409, "candidate_already_applied")
            ruling = {"outcome": "dismissed", "reason": "Nothing new has come in."}
            await sam.post(f"{made['path']}/appeal/decision", json=ruling)
            again = (await robin.post("/v1/applications", json=body)).json()
            path = f"/v1/candidates/{again['candidate']}"
            await decided(app, path, "declined")
            assert (await robin.post("/v1/applications", json=body)).status_code == 201
            refused(await robin.post(f"{path}/appeal", json=WORDS), 409, "applied_again")


async def test_the_sites_days_are_those_that_count(stack: Stack) -> None:
    """How long one can appeal, and how long the answer may take, is what the site says at that moment."""
    async with recruiting(stack) as app:
        offer = {"appeal_days": 5, "appeal_decision_days": 9, "appeal_source": "45 CFR 1"}
        await describe(app, "leeds", programmes={"core": offer, "other": {}})
        made = await declined(app)
        async with app.client(made["person"]) as robin:
            sent = (await robin.post(f"{made['path']}/appeal", json=WORDS)).json()
        (row,) = await app.database.find("candidates", {})
        decision, appeal = row["decisions"][0], row["appeals"][0]
        assert (decision["appeal_until"] - decision["at"]).days == 5
        assert (appeal["decide_by"] - appeal["at"]).days == 9
        assert sent["appeal"]["outcome"] is None
        due = await app.database.find("timers", {}, sort=(("due", 1),))
        assert [(one["due"] - appeal["at"]).days for one in due] == [2, 9]
