"""Rates of public routes, counted on a real MongoDB."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import limits
import pytest
from fastapi import APIRouter, Request
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Scope

from deploy.local.ports import free_port
from shared.domain.errors import NotFound
from shared.service import api_app, open_runtime
from shared.settings import Rate, ServiceSettings
from shared.storage.mongo import Driver, connect
from shared.web.throttling import COLLECTION, Count, client_network, count, throttled
from tests.support.ledger_service import LEDGER
from tests.support.running import Started, started
from tests.support.stack import Stack
from tests.support.trips import RoundTrips

THREE = limits.parse("3/hour")
router = APIRouter()


class Settings(ServiceSettings):
    knocks_rate: Rate = THREE
    looks_rate: Rate = THREE


@router.get("/knock", dependencies=[throttled("knocks")])
async def knock() -> str:
    """Count a caller, and say so."""
    return "in"


@router.get("/look", dependencies=[throttled("looks", opens=True)])
async def look() -> str:
    """Count a caller, if that is possible."""
    raise NotFound("not_found", "Nothing to see.")


DOOR = replace(LEDGER, settings=Settings, routers=(router,))


@asynccontextmanager
async def door(stack: Stack, *, driver: Driver = "motor", **more: Any) -> AsyncIterator[Started]:
    async with started(DOOR, stack, driver=driver, work=False, **more) as app:
        yield app


def calling(app: Started, address: str, **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app.app, raise_app_exceptions=False, client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://service", headers=headers)


async def statuses(client: httpx.AsyncClient, times: int, path: str = "/knock") -> list[int]:
    return [(await client.get(path)).status_code for _ in range(times)]


async def age(app: Started, seconds: float) -> None:
    """Every window began so much earlier."""
    for row in await app.database.find(COLLECTION.name, {}):
        began = row["began"] - timedelta(seconds=seconds)
        await app.database.change_one(COLLECTION.name, {"_id": row["_id"]}, {"$set": {"began": began}})


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
async def test_who_calls_too_often_is_told_when_to_come_back(stack: Stack, driver: Driver) -> None:
    """The fourth call of three in an hour is a 429 problem with the time to wait, and another address is let in."""
    async with door(stack, driver=driver) as app, calling(app, "192.0.2.7") as caller:
        assert await statuses(caller, 3) == [200] * 3
        answer = await caller.get("/knock")
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
        assert answer.headers["RateLimit-Policy"] == '"knocks";q=3;w=3600'
        wait = int(answer.headers["Retry-After"])
        assert answer.headers["RateLimit"] == f'"knocks";r=0;t={wait}'
        assert 3600 < wait <= 4801  # A whole window of three, of which a third must fade.
        # However often somebody knocks in vain, they wait no longer for it.
        assert await statuses(caller, 5) == [429] * 5
        async with calling(app, "192.0.2.8") as other:
            assert await statuses(other, 1) == [200]
        await age(app, wait)
        assert await statuses(caller, 2) == [200, 429]


async def test_two_processes_count_together_and_at_once(stack: Stack) -> None:
    """Twenty calls at the same moment to two instances of the app let three in between them."""
    async with door(stack) as app, open_runtime(DOOR, app.runtime.settings) as twin:
        twin.issuer = app.runtime.issuer
        second = replace(app, app=api_app(DOOR, twin), runtime=twin)
        async with calling(app, "192.0.2.7") as here, calling(second, "192.0.2.7") as there:
            answers = await asyncio.gather(*(one.get("/knock") for one in (here, there) for _ in range(10)))
        assert sorted(answer.status_code for answer in answers) == [200] * 3 + [429] * 17


async def test_who_is_signed_in_is_counted_by_name(stack: Stack) -> None:
    """One of many who share an address uses up nobody else's rate."""
    async with door(stack) as app, app.client("ada") as ada, app.client("bo") as bo:
        assert await statuses(ada, 4) == [200, 200, 200, 429]
        assert await statuses(bo, 1) == [200]


async def test_a_claimed_address_is_believed_from_our_own_proxies_alone(stack: Stack) -> None:
    """Without a trusted proxy X-Forwarded-For changes nothing; with one, its last entry counts and no other."""
    async with door(stack) as app:
        for last in range(3):
            async with calling(app, "192.0.2.7", **{"X-Forwarded-For": f"198.51.100.{last}"}) as caller:
                await caller.get("/knock")
        async with calling(app, "192.0.2.7", **{"X-Forwarded-For": "198.51.100.9"}) as caller:
            assert await statuses(caller, 1) == [429]
    async with door(stack, trusted_proxies=1) as app:
        for made_up in range(3):
            headers = {"X-Forwarded-For": f"203.0.113.{made_up}, 198.51.100.1"}
            async with calling(app, "192.0.2.7", **headers) as caller:
                await caller.get("/knock")
        async with calling(app, "192.0.2.7", **{"X-Forwarded-For": "198.51.100.1"}) as caller:
            assert await statuses(caller, 1) == [429]
        async with calling(app, "192.0.2.7", **{"X-Forwarded-For": "198.51.100.2"}) as caller:
            assert await statuses(caller, 1) == [200]


@pytest.mark.parametrize(
    ("heard", "proxies", "network"),
    [
        ((), 2, "192.0.2.7"),
        (("198.51.100.1",), 2, "192.0.2.7"),
        (("198.51.100.1", "198.51.100.2"), 2, "198.51.100.1"),
        (("made up",), 1, "192.0.2.7"),
        (("2001:db8:1:2:3::4",), 1, "2001:db8:1:2::/64"),
        (("::ffff:198.51.100.1",), 1, "198.51.100.1"),
    ],
)
def test_which_network_a_request_comes_from(heard: tuple[str, ...], proxies: int, network: str) -> None:
    """As many entries from the end as there are proxies; whoever came past them is the other end itself."""
    headers = [(b"x-forwarded-for", one.encode()) for one in heard]
    scope: Scope = {"type": "http", "client": ("192.0.2.7", 1), "headers": headers}
    assert client_network(Request(scope), proxies=proxies) == network


async def test_where_nothing_can_be_counted_what_only_reads_is_served(stack: Stack) -> None:
    """With the database away a route that opens answers, and the others say 503."""
    nowhere = f"mongodb://127.0.0.1:{free_port()}"
    async with (
        door(stack) as app,
        calling(app, "192.0.2.7") as caller,
        connect(nowhere, "away", wait_ms=300) as away,
    ):
        app.runtime.database = away
        assert await statuses(caller, 2, "/look") == [404, 404]
        assert (await caller.get("/knock")).json()["code"] == "unavailable"


async def test_counting_costs_one_round_trip_and_keeps_no_address(stack: Stack) -> None:
    """A single command to the database by its id, and nobody reads an address out of what is left."""
    trips = RoundTrips()
    async with started(DOOR, stack, work=False, listeners=(trips,)) as app:
        await count(app.database, "knocks", "address 192.0.2.7", THREE)
        before = trips.by_name.copy()
        await count(app.database, "knocks", "address 192.0.2.7", THREE)
        assert trips.by_name - before == {"findAndModify": 1}
        (row,) = await app.database.find(COLLECTION.name, {})
        assert "192" not in row["_id"]
        assert row["expires"] - row["began"] == timedelta(hours=2)


@settings(deadline=None)
@given(
    amount=st.integers(1, 50),
    before=st.integers(0, 50),
    within=st.integers(0, 50),
    passed=st.floats(0, 3599),
)
def test_after_the_wait_there_is_room(amount: int, before: int, within: int, passed: float) -> None:
    """Whatever was counted, whoever waits as long as they are told is let in, within two windows."""
    rate = limits.RateLimitItemPerHour(amount)
    counted = Count(rate=rate, before=min(before, amount), within=min(within, amount), passed_s=passed)
    then = passed + counted.wait_s
    over = int(then // 3600)
    last = (counted.before, counted.within, 0)[over] if over < 3 else 0
    now = (counted.within, 0, 0)[over] if over < 3 else 0
    assert now + last * (1 - (then % 3600) / 3600) + 1 <= amount + 1e-6
    assert counted.wait_s <= 7201


@pytest.mark.parametrize("rate", ["often", "0/hour"])
def test_a_rate_that_is_none_is_refused(rate: str) -> None:
    """A rate is a number of uses in a time, at least one."""
    with pytest.raises(ValueError, match=r"couldn't parse|at least one"):
        Settings(
            mongo_url="mongodb://db/x",
            kafka_url="k:1",
            oidc_issuer="https://i",
            public_url="https://p.test",
            knocks_rate=rate,
        )
