"""Every refusal is a problem with a stable code, whoever refuses."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from starlette.types import Receive, Scope, Send

from shared.domain.errors import Conflict
from shared.messaging.outbox import TooLarge
from shared.service import Service, api_app
from shared.storage.errors import AlreadyThere, Overloaded, Stale, Unavailable
from shared.web.edge import BODY_LIMIT, Bodies
from tests.support.ledger_service import LEDGER
from tests.support.running import Started, started
from tests.support.stack import Stack

JSON = {"content-type": "application/json"}
PATH = "/tallies/t1/hours"


@pytest.fixture
async def mentor(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with a tally of their own."""
    async with started(LEDGER, stack, work=False) as app, app.client("mentor-1") as client:
        await client.post("/tallies/t1")
        yield client


def told(answer: httpx.Response) -> tuple[int, str]:
    """Status and code, of what is a problem in every other way."""
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert body["status"] == answer.status_code
    assert body["type"] == f"urn:peerpath:problem:{body['code']}"
    assert body["title"]
    assert body["detail"]
    return answer.status_code, body["code"]


async def test_addresses_and_methods_nobody_has(mentor: httpx.AsyncClient) -> None:
    """Another address is 404, a slash too many is one too, and another method is 405 with those that are allowed."""
    assert told(await mentor.get("/nothing")) == (404, "no_such_route")
    assert told(await mentor.post(f"{PATH}/", json={})) == (404, "no_such_route")
    wrong = await mentor.delete(PATH)
    assert told(wrong) == (405, "method_not_allowed")
    assert wrong.headers["allow"] == "POST"


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 50_000, b'{"entry": "\xe9"}'])
async def test_what_is_no_json_is_400(mentor: httpx.AsyncClient, body: bytes) -> None:
    """Broken syntax, bytes that are no UTF-8 and nesting beyond reason are all the same mistake."""
    assert told(await mentor.post(PATH, content=body, headers=JSON)) == (400, "malformed_json")


@pytest.mark.parametrize(
    "body", [b"[]", b"null", b'"x"', b'{"entry": "\\ud800", "hours": 1}', b'{"hours": NaN}']
)
async def test_json_of_another_shape_is_422(mentor: httpx.AsyncClient, body: bytes) -> None:
    """JSON that is not what the route takes is told field by field."""
    answer = await mentor.post(PATH, content=body, headers=JSON)
    assert told(answer) == (422, "invalid_request")
    assert answer.json()["errors"]


async def test_yaml_where_json_is_asked_for_is_422(mentor: httpx.AsyncClient) -> None:
    """YAML is read by the routes that take it; to any other it is no object."""
    answer = await mentor.post(PATH, content=b"entry: a", headers={"content-type": "application/yaml"})
    assert told(answer) == (422, "invalid_request")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
async def test_another_kind_of_body_is_415(mentor: httpx.AsyncClient, kind: str) -> None:
    """A body that doesn't say it is JSON is not guessed at."""
    answer = await mentor.post(PATH, content=b'{"entry": "a", "hours": 1}', headers={"content-type": kind})
    assert told(answer) == (415, "not_json")


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/merge-patch+json"])
async def test_json_by_its_other_names_is_taken(mentor: httpx.AsyncClient, kind: str) -> None:
    """Parameters and `+json` are JSON as well."""
    answer = await mentor.post(PATH, content=b'{"entry": "a", "hours": 1}', headers={"content-type": kind})
    assert answer.status_code == 200


async def test_an_announced_length_over_the_limit_is_refused_unread(mentor: httpx.AsyncClient) -> None:
    """A body that says it is too large is refused before a byte of it is taken."""
    taken = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal taken
        taken += 1
        yield b"{}"

    async def streamed(length: int) -> httpx.Response:
        headers = {**JSON, "content-length": str(length)}
        return await mentor.post(PATH, content=body(), headers=headers)

    assert told(await streamed(BODY_LIMIT + 1)) == (413, "body_too_large")
    assert taken == 0
    assert told(await streamed(2)) == (422, "invalid_request")


async def test_a_parameter_nobody_knows_is_refused(mentor: httpx.AsyncClient) -> None:
    """A misspelt filter would be no filter at all, so it is named."""
    answer = await mentor.post(f"{PATH}?sit=leeds", json={"entry": "a", "hours": 1})
    assert told(answer) == (422, "unknown_parameter")
    assert "sit" in answer.json()["detail"]


@asynccontextmanager
async def failing(app: Started, problem: Callable[[], Exception]) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service whose one route meets this problem."""
    router = APIRouter()

    @router.get("/fails/{what}")
    async def fails(what: str) -> None:
        raise problem()

    web = api_app(Service(name="supervision", routers=(router,)), app.runtime)
    transport = httpx.ASGITransport(app=web, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        yield client


@pytest.mark.parametrize(
    ("problem", "status", "code", "retry"),
    [
        (lambda: Unavailable("no primary"), 503, "unavailable", True),
        (lambda: Stale("taken"), 503, "busy", True),
        (lambda: Overloaded("too many"), 503, "overloaded", True),
        (lambda: AlreadyThere("tallies", "person"), 409, "already_there", False),
        (lambda: TooLarge("too large"), 413, "message_too_large", False),
        (
            lambda: Conflict("tally_full", "Full.", status=200, detail="other", left=3),
            409,
            "tally_full",
            False,
        ),
        (lambda: KeyError("canary"), 500, "unexpected", False),
    ],
)
async def test_what_goes_wrong_inside_has_a_code_too(
    stack: Stack, problem: Callable[[], Exception], status: int, code: str, retry: bool
) -> None:
    """Weather is 503 with a time to come back, a conflict 409, a bug 500 that tells nothing of itself.

    Details that a refusal adds never take the place of status and code.
    """
    async with started(LEDGER, stack, work=False) as app, failing(app, problem) as client:
        answer = await client.get("/fails/now")
        assert told(answer) == (status, code)
        assert ("retry-after" in answer.headers) == retry
        assert "canary" not in answer.text
        details: dict[str, Any] = answer.json()
        assert details.get("left", 3) == 3


async def test_a_body_that_does_not_come_to_its_end_is_not_waited_for() -> None:
    """Whoever sends a byte and then nothing is told so after a while, and takes up no place meanwhile."""

    async def never(_: Scope, __: Receive, ___: Send) -> None:
        raise AssertionError("nothing is worked on before the body is there")

    async def body() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    transport = httpx.ASGITransport(app=Bodies(never, within_s=0.1))
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        assert told(await client.post("/anything", content=body(), headers=JSON)) == (408, "body_too_slow")
