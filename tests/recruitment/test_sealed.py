"""What is written about an applicant is read by those it is for, and by nobody who has the database alone."""

import pytest
from bson import encode

from services.recruitment.domain.candidate import Candidate
from shared.storage.mongo import Driver
from shared.storage.unit_of_work import Change
from shared.storage.vault import destroying
from tests.recruitment.builders import scores
from tests.recruitment.running import recruiting
from tests.recruitment.test_api import IVY, LEEDS, applied, appointment, form
from tests.support.running import Started
from tests.support.stack import Stack

SECRET = "The way through was long and nobody else knows it."


async def stored(app: Started) -> bytes:
    """Every document of every collection: applications, outbox, kept answers, parked events and all."""
    rows = [await app.database.find(name, {}) for name in await app.database.collections()]
    return b"".join(encode(row) for some in rows for row in some)


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
async def test_the_statement_is_nowhere_in_plain_form(stack: Stack, driver: Driver) -> None:
    """Neither record nor event nor the answer that is kept holds it; the coordinator and the person read it."""
    async with recruiting(stack, driver=driver) as app:
        async with app.client("robin") as robin:
            body, key = form(statement=SECRET), {"Idempotency-Key": "k1"}
            first = await robin.post("/v1/applications", json=body, headers=key)
            again = await robin.post("/v1/applications", json=body, headers=key)
            assert (first.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
            assert again.content == first.content
            path = f"/v1/candidates/{first.json()['candidate']}"
            assert (await robin.get(path)).json()["text"]["statement"] == SECRET
        assert SECRET.encode() not in await stored(app)
        async with app.client("cora", LEEDS) as cora:
            await cora.post(f"{path}/checks", json={"check": "references", "result": "cleared"})
            shown = (await cora.get(path)).json()
            assert (shown["text"]["statement"], shown["erased"]) == (SECRET, False)
        async with app.client("ada", [("auditor", "leeds")]) as ada:
            seen = (await ada.get(path)).json()
            assert (seen["text"], seen["erased"]) == (None, False)


async def test_without_the_key_the_text_is_shown_as_erased(stack: Stack) -> None:
    """Whoever might have read it is told that it is gone; the rest of the record stays as it was."""
    async with recruiting(stack) as app, app.client("robin") as robin:
        made = (await robin.post("/v1/applications", json=form(statement=SECRET))).json()
        gone = destroying("robin", now=app.runtime.clock())
        await app.runtime.committer.commit(Change(writes=(gone,)))
        async with app.client("cora", LEEDS) as cora:
            shown = (await cora.get(f"/v1/candidates/{made['candidate']}")).json()
        assert (shown["text"], shown["erased"], shown["stage"]) == (None, True, "applied")


async def test_what_was_stored_plain_is_read_and_sealed_with_the_next_change(stack: Stack) -> None:
    """An application from before sealing is shown as ever, and the first command about it seals it."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        async with app.client("robin") as robin:
            made = (await robin.post("/v1/applications", json=form())).json()
        id, path = made["candidate"], f"/v1/candidates/{made['candidate']}"
        plain = {"$set": {"application.text": {"statement": SECRET}}}
        await app.database.change_one(Candidate.collection, {"_id": id}, plain)
        assert (await cora.get(path)).json()["text"]["statement"] == SECRET
        await cora.post(f"{path}/checks", json={"check": "references", "result": "cleared"})
        assert SECRET.encode() not in await stored(app)
        assert (await cora.get(path)).json()["text"]["statement"] == SECRET


async def test_notes_and_reasons_are_nowhere_in_plain_form(stack: Stack) -> None:
    """What interviewers noted and why it was decided or taken back is sealed too, and read by whom it is for."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        made = await applied(app)
        path = f"/v1/candidates/{made['candidate']}"
        await cora.post(f"{path}/interview", json=appointment())
        for person in ("ivy", "ian"):
            async with app.client(person, IVY) as one:
                card = {"scores": scores(), "notes": f"{SECRET} {person}"}
                assert (await one.post(f"{path}/scorecards", json=card)).status_code == 201
        cards = (await cora.get(f"{path}/scorecards")).json()["cards"]
        assert [card["text"]["notes"] for card in cards] == [f"{SECRET} ivy", f"{SECRET} ian"]
        await cora.post(f"{path}/decision", json={"outcome": "waiting", "reason": SECRET})
        await cora.post(f"{path}/withdrawal", json={"reason": f"{SECRET} so they said"})
        shown = (await cora.get(path)).json()
        assert (shown["reason"], shown["withdrawal_reason"]) == (SECRET, f"{SECRET} so they said")
        assert SECRET.encode() not in await stored(app)
        gone = destroying(made["person"], now=app.runtime.clock())
        await app.runtime.committer.commit(Change(writes=(gone,)))
        after = (await cora.get(path)).json()
        assert (after["reason"], after["withdrawal_reason"], after["erased"]) == (None, None, True)
        cards = (await cora.get(f"{path}/scorecards")).json()["cards"]
        assert [(card["text"], len(card["scores"]) > 0) for card in cards] == [(None, True)] * 2
