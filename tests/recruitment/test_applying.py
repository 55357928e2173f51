"""Applying with and without an account, over the real database."""

import asyncio
from typing import Any

import httpx
import pytest

from shared.ids import new_id
from tests.recruitment.running import recruiting
from tests.recruitment.test_api import LEEDS, form, interviewed, refused
from tests.support.running import Started
from tests.support.stack import Stack

PATH = "/v1/applications"


async def stored(app: Started, **where: Any) -> list[dict[str, Any]]:
    return await app.database.find("candidates", where)


def as_seen(answer: httpx.Response) -> tuple[Any, ...]:
    """Everything of an answer but the time it was given at."""
    headers = {name: value for name, value in answer.headers.items() if name != "date"}
    return answer.status_code, answer.content, headers


async def test_without_an_account_every_application_is_answered_alike(stack: Stack) -> None:
    """Whether an address has applied already shows in no part of the answer, also to a repeated request."""
    async with recruiting(stack) as app, app.client() as nobody:
        email = f"{new_id()}@example.org"
        first, again = ({"Idempotency-Key": new_id()} for _ in range(2))
        answers = [await nobody.post(PATH, json=form(email=email), headers=first)]
        body = form(email=email.upper())
        answers += [await nobody.post(PATH, json=body, headers=again) for _ in range(2)]
        assert (answers[0].status_code, answers[0].json()) == (202, {"received": True})
        assert as_seen(answers[1]) == as_seen(answers[0])
        assert answers[2].headers["Idempotency-Replayed"] == "true"
        assert len(await stored(app)) == 1
        assert len(await app.database.find("people", {})) == 1
        assert len(await app.database.find("outbox", {})) == 2
        # Somebody else without an account may choose the same key, and is not told that anybody did.
        assert as_seen(await nobody.post(PATH, json=form(), headers=again)) == as_seen(answers[0])
        assert len(await stored(app)) == 2


async def test_ten_at_once_under_one_address_leave_one(stack: Stack) -> None:
    """Ten applications at the same moment are answered alike and leave one candidate; another site is another."""
    async with recruiting(stack) as app, app.client() as nobody:
        email = f"{new_id()}@example.org"
        answers = await asyncio.gather(*(nobody.post(PATH, json=form(email=email)) for _ in range(10)))
        assert {as_seen(answer)[:2] for answer in answers} == {(202, b'{"received":true}')}
        await nobody.post(PATH, json=form(email=email, site="york"))
        assert sorted(row["site"] for row in await stored(app)) == ["leeds", "york"]


async def test_an_incomplete_one_is_refused_whether_or_not_they_applied(stack: Stack) -> None:
    """What is wrong with a form is said before anything is looked up."""
    async with recruiting(stack) as app, app.client() as nobody:
        email = f"{new_id()}@example.org"
        for _ in range(2):
            wrong = await nobody.post(PATH, json=form(email=email, lived_experience=False))
            refused(wrong, 422, "lived_experience_not_attested")
            await nobody.post(PATH, json=form(email=email))


async def test_a_strangers_application_does_not_block_the_owner(stack: Stack) -> None:
    """Somebody signed in applies under their address though it was used without an account before."""
    async with recruiting(stack) as app:
        body = form(email="robin@example.org")
        async with app.client() as nobody, app.client("robin") as robin:
            await nobody.post(PATH, json=body)
            assert (await robin.post(PATH, json=body)).status_code == 201
            await nobody.post(PATH, json=body)
        assert sorted(row["anonymous"] for row in await stored(app)) == [False, True]


async def test_a_person_has_one_place_in_a_programme(stack: Stack) -> None:
    """Another site does not make a second one of a signed-in person; withdrawing makes room."""
    async with recruiting(stack) as app, app.client("robin") as robin:
        here = form()
        first = (await robin.post(PATH, json=here)).json()
        refused(await robin.post(PATH, json={**here, "site": "york"}), 409, "candidate_already_applied")
        await robin.post(f"/v1/candidates/{first['candidate']}/withdrawal")
        assert (await robin.post(PATH, json={**here, "site": "york"})).status_code == 201


async def test_ten_at_once_of_one_person_leave_one(stack: Stack) -> None:
    """Nine of ten applications of a signed-in person at the same moment are plainly refused."""
    async with recruiting(stack) as app, app.client("robin") as robin:
        body = form()
        answers = await asyncio.gather(*(robin.post(PATH, json=body) for _ in range(10)))
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
        refused(next(one for one in answers if one.status_code == 409), 409, "candidate_already_applied")
        assert len(await stored(app)) == 1


@pytest.mark.parametrize("account", [True, False])
async def test_who_is_accepted_does_not_apply_to_the_programme_again(stack: Stack, account: bool) -> None:
    """Their place is taken for good: signed in they hear so, without an account nothing is stored."""
    async with recruiting(stack) as app:
        body = form()
        async with app.client("robin" if account else None) as robin:
            await robin.post(PATH, json=body)
            (row,) = await stored(app)
            path = f"/v1/candidates/{row['_id']}"
            await accepted(app, path)
            again = await robin.post(PATH, json=body)
            if account:
                refused(again, 409, "candidate_already_accepted")
            else:
                assert again.status_code == 202
            other = await robin.post(PATH, json={**body, "programme": "other"})
            assert other.is_success
        assert len(await stored(app)) == 2


async def accepted(app: Started, path: str) -> None:
    """Everything is in and the coordinator accepts."""
    await interviewed(app, path)
    async with app.client("cora", LEEDS) as cora:
        for check in ("references", "background_check"):
            await cora.post(f"{path}/checks", json={"check": check, "result": "cleared"})
        answer = await cora.post(f"{path}/decision", json={"outcome": "accepted", "reason": "good"})
        assert answer.json()["stage"] == "accepted", answer.text


async def test_an_unusable_application_is_refused_by_name(stack: Stack) -> None:
    """Unknown time zones, bad addresses, unreadable names and unknown fields name what is wrong."""
    wrong = ({"time_zone": "Mars/Base"}, {"email": "nowhere"}, {"colour": "red"}, {"name": " "})
    async with recruiting(stack) as app, app.client() as nobody:
        for change in (*wrong, {"name": "Ro\x07bin"}, {"name": "x" * 201}, {"consents": "all"}):
            refused(await nobody.post(PATH, json=form(**change)), 422, "invalid_request")
        surrogate = b'{"name": "\\ud800"}'
        answer = await nobody.post(PATH, content=surrogate, headers={"content-type": "application/json"})
        refused(answer, 422, "invalid_request")
        broken = await nobody.post(PATH, content=b"{", headers={"content-type": "application/json"})
        refused(broken, 400, "malformed_json")
        referees = [{"name": name, "email": f"{name}@example.org"} for name in "abc"]
        for few in (referees[:1], referees):
            refused(await nobody.post(PATH, json=form(references=few)), 422, "references_incomplete")
        refused(await nobody.post(PATH, json=form(statement="word " * 251)), 422, "statement_too_long")
