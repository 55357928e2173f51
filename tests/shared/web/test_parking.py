"""Parked events over HTTP, on a real MongoDB: who may, in pages, once per Idempotency-Key, with a record of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from shared.ids import new_id
from tests.shared.messaging.test_reactions import reported
from tests.support.ledger_service import LEDGER
from tests.support.parked import Feed, mended
from tests.support.running import started
from tests.support.stack import Stack

AT = "/v1/parking"
OPERATOR = [("operator", "*")]
Json = dict[str, Any]


@asynccontextmanager
async def parked(stack: Stack, *hours: float, people: int = 1) -> AsyncIterator[tuple[Feed, list[str]]]:
    """A ledger with its rule mended since so many people's events were parked."""
    async with started(mended(), stack, work=False) as app:
        feed, keys = Feed(app=app, service=LEDGER), []
        for _ in range(people):
            keys.append(key := new_id())
            await feed.give(
                *(
                    feed.record(reported(key, f"e{number}", each), subject=f"p-{key}", sequence=number)
                    for number, each in enumerate(hours, 1)
                )
            )
        yield feed, keys


async def done(client: httpx.AsyncClient, path: str, body: Json, **headers: str) -> Json:
    answer = await client.post(f"{AT}/{path}", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert "etag" not in answer.headers
    said: Json = answer.json()
    return said


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def every_answer(client: httpx.AsyncClient, key: str, event: str) -> list[httpx.Response]:
    """One answer of every route about a key and an event."""
    asked = [await client.get(f"{AT}/{path}") for path in ("errors", "keys", "acts")]
    asked.append(await client.get(f"{AT}/events", params={"key": key}))
    for path, body in (
        ("keys/retry", {"key": key}),
        ("events/retry", {"event": event}),
        ("errors/retry", {"error": "ValueError"}),
        ("events/discard", {"event": event, "reason": "x"}),
    ):
        asked.append(await client.post(f"{AT}/{path}", json=body))
    return asked


@pytest.mark.parametrize(
    ("grants", "refused"),
    [
        ([("coordinator", "leeds"), ("site_admin", "leeds"), ("operator", "leeds")], (404, "not_found")),
        ([("mentor", "*"), ("subscriber", "*")], (404, "not_found")),
        ([("organisation_admin", "*")], (403, "role_missing")),
    ],
)
async def test_who_may_not_learns_nothing(
    stack: Stack, grants: list[tuple[str, str]], refused: tuple[int, str]
) -> None:
    """Whoever has no sight of the whole platform is answered alike whether or not anything is parked."""
    async with parked(stack, 13) as (feed, [key]), feed.app.client("sam", grants) as sam:
        event = (await feed.lot().parked.events(key))[0].event
        there, not_there = await every_answer(sam, key, event), await every_answer(sam, "no", "no/0/1")
        assert {code(answer) for answer in (*there, *not_there)} == {refused}
        assert [answer.text for answer in there] == [answer.text for answer in not_there]
        assert not [answer for answer in there if key in answer.text]
        assert await feed.lot().parked.acts(limit=1) == []
        async with feed.app.client() as nobody:
            assert {code(one) for one in await every_answer(nobody, key, event)} == {(401, "token_missing")}


async def test_an_auditor_of_the_whole_sees_and_changes_nothing(stack: Stack) -> None:
    """Lists and records are open to them, retrying and discarding are not."""
    async with parked(stack, 13) as (feed, [key]), feed.app.client("ada", [("auditor", "*")]) as ada:
        answers = await every_answer(ada, key, "x/0/1")
        assert [answer.status_code for answer in answers] == [200] * 4 + [403] * 4
        assert (await feed.lot().parked.key(key)).events == 1


async def test_an_operator_sees_no_record_of_anybody(stack: Stack) -> None:
    """Running the platform is no duty at a site: a person's tally is not there for them."""
    async with parked(stack, 1, 13) as (feed, [key]), feed.app.client("olga", OPERATOR) as olga:
        answer = await olga.post(f"/tallies/{key}/hours", json={"entry": "x", "hours": 1})
        assert code(answer) == (404, "not_found")


async def test_keys_and_events_come_in_pages(stack: Stack) -> None:
    """Each once and in order, however small the pages are; a class of error narrows the keys."""
    async with parked(stack, 13, 1, 2, people=3) as (feed, people), feed.app.client("olga", OPERATOR) as olga:

        async def pages(path: str, **params: Any) -> list[Json]:
            items: list[Json] = []
            cursor: str | None = None
            while True:
                more = {"cursor": cursor} if cursor else {}
                said = (await olga.get(f"{AT}/{path}", params={"limit": 2, **params, **more})).json()
                items.extend(said["items"])
                cursor = said["next"]
                if cursor is None:
                    return items

        assert [one["key"] for one in await pages("keys")] == people
        assert [one["followers"] for one in await pages("keys", error="ValueError")] == [2, 2, 2]
        assert await pages("keys", error="schema") == []
        events = await pages("events", key=people[0])
        assert [(one["place"], one["value"]["entry"]) for one in events] == [(0, "e1"), (1, "e2"), (2, "e3")]
        key = (await olga.get(f"{AT}/events", params={"key": people[0]})).json()["key"]
        assert (key["key"], key["events"], key["followers"]) == (people[0], 3, 2)
        errors = (await olga.get(f"{AT}/errors")).json()["items"]
        assert [(one["error"], one["keys"]) for one in errors] == [("ValueError", 3)]
        assert code(await olga.get(f"{AT}/events", params={"key": "nobody"})) == (404, "not_parked")
        assert code(await olga.get(f"{AT}/keys", params={"cursor": "x"})) == (422, "cursor_invalid")


async def test_a_key_is_retried_and_it_is_recorded_who_did_it(stack: Stack) -> None:
    """The answer says what it came to; the record who, what, why and when."""
    async with parked(stack, 13, 1) as (feed, [key]), feed.app.client("olga", OPERATOR) as olga:
        said = await done(olga, "keys/retry", {"key": key, "reason": "mended in 1.4.2"})
        assert (said["handled"], said["failed"], said["left"], said["stopped"]) == (2, 0, 0, False)
        [act] = (await olga.get(f"{AT}/acts")).json()["items"]
        assert (act["by"], act["what"], act["target"]) == ("olga", "retry_key", key)
        assert (act["reason"], act["outcome"]) == ("mended in 1.4.2", said)
        assert act["ended"] >= act["at"]


async def test_a_repeated_request_is_answered_as_the_first_time(stack: Stack) -> None:
    """A retry or discard under an Idempotency-Key counts once, also for twins at the same moment."""
    async with (
        parked(stack, 13, 13, people=2) as (feed, [one, two]),
        feed.app.client("olga", OPERATOR) as olga,
    ):
        first = await done(olga, "keys/retry", {"key": one}, **{"Idempotency-Key": "a"})
        assert first["handled"] == 2
        assert await done(olga, "keys/retry", {"key": one}, **{"Idempotency-Key": "a"}) == first
        assert code(await olga.post(f"{AT}/keys/retry", json={"key": one})) == (404, "not_parked")

        event = (await feed.lot().parked.events(two))[0].event
        body = {"event": event, "reason": "a typing error"}
        twins = (done(olga, "events/discard", body, **{"Idempotency-Key": "b"}) for _ in range(4))
        assert await asyncio.gather(*twins) == [{"event": event}] * 4
        other = await olga.post(
            f"{AT}/events/discard", json={**body, "reason": "x"}, headers={"Idempotency-Key": "b"}
        )
        assert code(other) == (422, "idempotency_key_reused")
        kept = await feed.app.database.find("discarded_events", {})
        assert [(row["_id"], row["discarded_by"], row["reason"]) for row in kept] == [
            (event, "olga", "a typing error")
        ]


async def test_what_goes_first_is_named(stack: Stack) -> None:
    """An event that is not the first of its topic is neither retried nor discarded alone."""
    async with parked(stack, 13, 1) as (feed, [key]), feed.app.client("olga", OPERATOR) as olga:
        first, second = [one.event for one in await feed.lot().parked.events(key)]
        for path, body in (
            ("events/retry", {"event": second}),
            ("events/discard", {"event": second, "reason": "x"}),
        ):
            answer = await olga.post(f"{AT}/{path}", json=body)
            assert code(answer) == (409, "not_first")
            assert answer.json()["first"] == first
        assert (await done(olga, "events/retry", {"event": first}))["left"] == 1


async def test_a_class_of_error_is_retried_with_a_rate_up_to_a_limit(stack: Stack) -> None:
    """The answer says how many keys are left; a rate or limit that makes no sense is refused."""
    async with parked(stack, 13, people=3) as (feed, _), feed.app.client("olga", OPERATOR) as olga:
        body = {"error": "ValueError", "rate": 500}
        said = await done(olga, "errors/retry", {**body, "limit": 1})
        assert (said["keys"], said["handled"], said["left"]) == (1, 1, 2)
        said = await done(olga, "errors/retry", body)
        assert (said["keys"], said["handled"], said["left"]) == (2, 2, 0)
        for wrong in ({"rate": 0}, {"limit": 0}, {"reason": ""}, {"speed": 1}):
            answer = await olga.post(f"{AT}/errors/retry", json={**body, **wrong})
            assert code(answer) == (422, "invalid_request")
