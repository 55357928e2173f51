"""What every command promises over HTTP, on a real MongoDB."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Response

from shared.ids import new_id
from shared.messaging.work import Work
from shared.web.commands import PublicCommandDep
from tests.support.ledger_service import LEDGER, AddBody, Tally, TallyView
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


@pytest.mark.parametrize(
    ("header", "holds"),
    [
        ('"1"', True),
        ('"7", "1"', True),
        ('W/"9","1"', True),
        ("*", True),
        (" * ", True),
        ('W/"1"', False),
        ('"7", "8"', False),
        ("1", False),
        ("", False),
    ],
)
async def test_if_match_is_read_as_http_says(stack: Stack, header: str, holds: bool) -> None:
    """One of several tags is enough, `*` is any version, and a weak tag or no tag at all is none (RFC 9110)."""
    async with started(LEDGER, stack, work=False) as app, app.client("s", SUPERVISOR) as supervisor:
        path = f"/tallies/{await opened(app)}/hours"
        answer = await supervisor.post(path, json={"entry": "a", "hours": 1}, headers={"If-Match": header})
        assert answer.status_code == (200 if holds else 412), answer.text


@pytest.mark.parametrize("header", ['"1"', "*"])
async def test_if_match_of_what_is_not_there_is_refused(stack: Stack, header: str) -> None:
    """A command that makes something, or looks at no version, is not carried out as if the header held."""
    async with started(LEDGER, stack, work=False) as app, app.client("mentor-1") as mentor:
        tally = new_id()
        answer = await mentor.post(f"/tallies/{tally}", headers={"If-Match": header})
        assert (answer.status_code, code(answer)) == (412, "stale_version")
        assert await app.database.find("tallies", {"_id": tally}) == []


async def test_a_repeated_idempotency_key_answers_as_before(stack: Stack) -> None:
    """The same key and request is answered from the first time; the same key with another body is refused."""
    async with started(LEDGER, stack, work=False) as app, app.client("s", SUPERVISOR) as supervisor:
        path = f"/tallies/{await opened(app)}/hours"
        key = {"Idempotency-Key": new_id()}
        first = await supervisor.post(path, json={"entry": "a", "hours": 2}, headers=key)
        again = await supervisor.post(path, json={"entry": "a", "hours": 2}, headers=key)
        assert (again.status_code, again.headers["etag"]) == (200, first.headers["etag"])
        assert again.content == first.content
        assert again.headers["Idempotency-Replayed"] == "true"
        other = await supervisor.post(path, json={"entry": "a", "hours": 3}, headers=key)
        assert (other.status_code, code(other)) == (422, "idempotency_key_reused")


async def test_a_repeated_creation_is_answered_as_created(stack: Stack) -> None:
    """Status and ETag are those of the first answer, though the record has gone on since."""
    async with started(LEDGER, stack, work=False) as app, app.client("mentor-1") as mentor:
        path, key = f"/tallies/{new_id()}", {"Idempotency-Key": new_id()}
        first = await mentor.post(path, headers=key)
        await mentor.post(f"{path}/hours", json={"entry": "a", "hours": 2})
        again = await mentor.post(path, headers=key)
        assert (again.status_code, again.headers["etag"], again.content) == (201, '"1"', first.content)
        assert again.headers["Idempotency-Replayed"] == "true"


async def test_a_repetition_is_answered_though_its_sender_may_no_longer(stack: Stack) -> None:
    """Whoever lost their role since is told what became of their request, and may send no other."""
    async with started(LEDGER, stack, work=False) as app:
        path, key = f"/tallies/{await opened(app)}/hours", {"Idempotency-Key": new_id()}
        async with app.client("s", SUPERVISOR) as before:
            first = await before.post(path, json={"entry": "a", "hours": 2}, headers=key)
        async with app.client("s") as after:
            again = await after.post(path, json={"entry": "a", "hours": 2}, headers=key)
            other = await after.post(path, json={"entry": "b", "hours": 2})
        assert (again.status_code, again.content) == (200, first.content)
        assert (other.status_code, code(other)) == (404, "not_found")


async def test_a_key_is_one_person_s_on_one_route(stack: Stack) -> None:
    """The same key by another person, or on another route, is another request and is carried out."""
    async with (
        started(LEDGER, stack, work=False) as app,
        app.client("s", SUPERVISOR) as supervisor,
        app.client("mentor-1") as mentor,
    ):
        first, second = await opened(app), await opened(app)
        key, body = {"Idempotency-Key": "1"}, {"entry": "a", "hours": 2}
        for client, tally in ((supervisor, first), (mentor, first), (supervisor, second)):
            answer = await client.post(f"/tallies/{tally}/hours", json=body, headers=key)
            assert (answer.status_code, "Idempotency-Replayed" in answer.headers) == (200, False)
        row = await app.database.find_one("tallies", {"_id": first})
        assert row is not None
        assert row["total"] == 4


async def test_whoever_is_not_signed_in_has_a_key_of_their_own(stack: Stack) -> None:
    """Two strangers with the same key are two requests; the same stranger again is one."""
    router = APIRouter()

    @router.post("/open")
    async def open_one(body: AddBody, command: PublicCommandDep) -> Response:
        async def rule(work: Work) -> Tally:
            made = Tally(id=command.new_id(), site="leeds", person=body.entry)
            work.add(made)
            return made

        return await command.run(rule, view=TallyView.of, status=201)

    service = replace(LEDGER, routers=(router,))
    async with (
        started(service, stack, work=False) as app,
        app.client() as nobody,
        app.client("public") as named,
    ):
        key, mine, yours = {"Idempotency-Key": "1"}, {"entry": "a", "hours": 1}, {"entry": "b", "hours": 1}
        first = await nobody.post("/open", json=mine, headers=key)
        again = await nobody.post("/open", json=mine, headers=key)
        other = await nobody.post("/open", json=yours, headers=key)
        somebody = await named.post("/open", json=mine, headers=key)
        assert again.content == first.content
        assert len({answer.json()["id"] for answer in (first, again, other, somebody)}) == 3


async def test_keys_are_forgotten_by_the_database_itself(stack: Stack) -> None:
    """Two days after an answer was given, MongoDB deletes it."""
    async with started(LEDGER, stack, work=False) as app, app.client("mentor-1") as mentor:
        await mentor.post(f"/tallies/{new_id()}", headers={"Idempotency-Key": "1"})
        [row] = await app.database.find("idempotency", {})
        assert isinstance(row["at"], datetime)
        listed = await app.database.command({"listIndexes": "idempotency"})
        ttl = {tuple(one["key"]): one.get("expireAfterSeconds") for one in listed["cursor"]["firstBatch"]}
        assert ttl[("at",)] == 48 * 60 * 60


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
