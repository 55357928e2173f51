"""What every command promises over HTTP, on a real MongoDB."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx

from shared.ids import new_id
from tests.support.ledger_service import LEDGER
from tests.support.running import Started, started
from tests.support.stack import Stack

SUPERVISOR = [("supervisor", "leeds")]


async def opened(app: Started) -> str:
    tally = new_id()
    async with app.client("mentor-1") as mentor:
        answer = await mentor.post(f"/tallies/{tally}")
        assert answer.status_code == 201, answer.text
    return tally


def code(answer: httpx.Response) -> Any:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.json()["code"]


async def test_bad_requests_get_a_problem_with_a_stable_code(stack: Stack) -> None:
    """Malformed JSON, unknown fields, wrong types and over-long values are each refused by name."""
    async with started(LEDGER, stack, work=False) as app, app.client("s", SUPERVISOR) as supervisor:
        path = f"/tallies/{await opened(app)}/hours"
        malformed = await supervisor.post(path, content=b"{", headers={"content-type": "application/json"})
        assert (malformed.status_code, code(malformed)) == (400, "malformed_json")
        for body in (
            {"entry": "a", "hours": 1, "colour": "red"},
            {"entry": "a", "hours": "many"},
            {"entry": "a" * 65, "hours": 1},
            {"hours": 1},
        ):
            answer = await supervisor.post(path, json=body)
            assert (answer.status_code, code(answer)) == (422, "invalid_request"), body
        huge = await supervisor.post(path, json={"entry": "a" * 300_000, "hours": 1})
        assert (huge.status_code, code(huge)) == (413, "body_too_large")

        async def streamed() -> AsyncIterator[bytes]:
            for _ in range(10):
                yield b"a" * 50_000

        unannounced = await supervisor.post(path, content=streamed())
        assert (unannounced.status_code, code(unannounced)) == (413, "body_too_large")


async def test_who_may_not_is_refused_and_learns_nothing(stack: Stack) -> None:
    """No token, an expired one, another site and a missing role each get their own answer."""
    async with started(LEDGER, stack, work=False) as app:
        path = f"/tallies/{await opened(app)}/hours"
        body = {"entry": "a", "hours": 1}
        cases = [
            (app.client(), 401, "token_missing"),
            (app.client("s", SUPERVISOR, lifetime_s=-60), 401, "token_expired"),
            (app.client("s", [("supervisor", "york")]), 404, "not_found"),
            (app.client("stranger"), 404, "not_found"),
            (app.client("c", [("coordinator", "leeds")]), 403, "role_missing"),
            (app.client("s", SUPERVISOR), 200, None),
            (app.client("mentor-1"), 200, None),
        ]
        for client, status, expected in cases:
            async with client:
                answer = await client.post(path, json=body)
                assert answer.status_code == status, answer.text
                assert expected is None or code(answer) == expected
        async with app.client(None) as forger:
            answer = await forger.post(path, json=body, headers={"Authorization": "Bearer a.b.c"})
            assert (answer.status_code, code(answer)) == (401, "token_invalid")


async def test_a_stale_etag_is_refused_with_the_present_version(stack: Stack) -> None:
    """Who decides on what is no longer so is told, and nothing is saved."""
    async with started(LEDGER, stack, work=False) as app, app.client("s", SUPERVISOR) as supervisor:
        path = f"/tallies/{await opened(app)}/hours"
        first = await supervisor.post(path, json={"entry": "a", "hours": 1}, headers={"If-Match": '"1"'})
        assert first.headers["etag"] == '"2"'
        stale = await supervisor.post(path, json={"entry": "b", "hours": 1}, headers={"If-Match": '"1"'})
        assert (stale.status_code, code(stale)) == (412, "stale_version")
        assert "version 2" in stale.json()["detail"]


async def test_a_repeated_idempotency_key_answers_as_before(stack: Stack) -> None:
    """The same key and request is answered from the first time; the same key with another body is refused."""
    async with started(LEDGER, stack, work=False) as app, app.client("s", SUPERVISOR) as supervisor:
        path = f"/tallies/{await opened(app)}/hours"
        key = {"Idempotency-Key": new_id()}
        first = await supervisor.post(path, json={"entry": "a", "hours": 2}, headers=key)
        again = await supervisor.post(path, json={"entry": "a", "hours": 2}, headers=key)
        assert again.content == first.content
        assert again.headers["Idempotency-Replayed"] == "true"
        other = await supervisor.post(path, json={"entry": "a", "hours": 3}, headers=key)
        assert (other.status_code, code(other)) == (422, "idempotency_key_reused")


async def test_the_same_key_at_the_same_moment_is_saved_once(stack: Stack) -> None:
    """Twenty identical requests at once, as from an impatient client, change the state once."""
    async with started(LEDGER, stack, work=False) as app, app.client("s", SUPERVISOR) as supervisor:
        tally = await opened(app)
        key = {"Idempotency-Key": new_id()}
        answers = await asyncio.gather(
            *(
                supervisor.post(f"/tallies/{tally}/hours", json={"entry": "a", "hours": 2}, headers=key)
                for _ in range(20)
            )
        )
        assert {answer.status_code for answer in answers} == {200}
        row = await app.database.find_one("tallies", {"_id": tally})
        assert row is not None
        assert row["entries"] == ["a"]


async def test_commands_at_once_on_one_record_all_count(stack: Stack) -> None:
    """Decisions that meet on one record are made anew, one after the other, and none is lost."""
    async with started(LEDGER, stack, work=False) as app, app.client("s", SUPERVISOR) as supervisor:
        tally = await opened(app)
        answers = await asyncio.gather(
            *(
                supervisor.post(f"/tallies/{tally}/hours", json={"entry": f"e{n}", "hours": 1})
                for n in range(6)
            )
        )
        assert [answer.status_code for answer in answers] == [200] * 6
        row = await app.database.find_one("tallies", {"_id": tally})
        assert row is not None
        assert (row["total"], row["version"]) == (6.0, 7)
        assert len(await app.database.find("outbox", {"subject": tally})) == 6
