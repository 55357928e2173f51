"""Alive means progress, ready means that what is needed answers; neither tells a stranger more."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import structlog
from pydantic import SecretStr

from deploy.local.ports import free_port
from shared.progress import Progress
from shared.service import LOOP_LIMIT_S, Runtime, api_app, open_runtime
from shared.settings import Environment, ServiceSettings
from shared.storage.unit_of_work import COMMITTER, Committer
from shared.web.health import CHECK_WITHIN_S, SHARED_FOR_S, Readiness
from tests.support.ledger_service import LEDGER
from tests.support.running import started, until
from tests.support.stack import Stack


@asynccontextmanager
async def nowhere() -> AsyncIterator[Runtime]:
    """A process whose MongoDB and Kafka are not there."""
    settings = ServiceSettings(
        environment=Environment.DEVELOPMENT,
        mongo_url=SecretStr(f"mongodb://canary:canary@127.0.0.1:{free_port()}/x"),
        kafka_url=f"127.0.0.1:{free_port()}",
        oidc_issuer="http://issuer.test",
    )
    async with open_runtime(LEDGER, settings) as runtime:
        runtime.needs_kafka = True
        yield runtime


def client_of(runtime: Runtime) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=api_app(LEDGER, runtime)), base_url="http://service"
    )


async def test_a_process_with_all_it_needs_is_live_and_ready(stack: Stack) -> None:
    """Both answers are 200 and name nothing; so is the one of metrics, which counts by route and method."""
    async with started(LEDGER, stack) as app, app.client() as client:

        async def ready() -> bool:
            return bool((await client.get("/health/ready")).json() == {"ready": True, "missing": []})

        await until(ready)
        live = await client.get("/health/live")
        assert (live.status_code, live.json()) == (200, {"live": True, "stuck": []})
        await client.post("/tallies/t1")
        await client.request("BREW", "/tallies/t1")
        text = (await client.get("/metrics")).text
        series = (
            'peerpath_http_request_seconds_count{method="%s",route="%s",service="supervision",status="%s"}'
        )
        assert series % ("POST", "/tallies/{tally}", "401") in text
        assert series % ("-", "/tallies/{tally}", "405") in text or series % ("-", "-", "405") in text
        assert "BREW" not in text
        assert "/tallies/t1" not in text


async def test_what_is_missing_is_told_by_code_and_soon() -> None:
    """With nothing there the answer comes within the limit, names what is missing, and repeats no address."""
    async with nowhere() as runtime, client_of(runtime) as client:
        began = time.monotonic()
        with structlog.testing.capture_logs() as logs:
            answers = await asyncio.gather(*(client.get("/health/ready") for _ in range(20)))
        assert time.monotonic() - began < 2 * CHECK_WITHIN_S
        assert {answer.status_code for answer in answers} == {503}
        assert answers[0].json() == {"ready": False, "missing": ["kafka", "mongodb"]}
        assert [entry["event"] for entry in logs].count("not_ready") == 1


async def test_one_look_serves_whoever_asks_meanwhile() -> None:
    """Within two seconds of a look nobody looks again; after that somebody does."""
    now = 0.0
    async with nowhere() as runtime:
        readiness = Readiness(runtime, monotonic=lambda: now)
        first = await readiness.missing()
        runtime.progress.waits("relay", "Kafka")
        assert await readiness.missing() == first
        now = SHARED_FOR_S
        assert await readiness.missing() == [*first, "relay"]


async def test_a_loop_that_is_stuck_is_named() -> None:
    """A loop that does not get round in time makes the process not live, and only its name is told."""
    now = 0.0
    async with nowhere() as runtime:
        runtime.progress = Progress(monotonic=lambda: now)
        runtime.progress.expect("relay", within_s=60)
        now = 61.0
        async with client_of(runtime) as client:
            answer = await client.get("/health/live")
        assert (answer.status_code, answer.json()) == (503, {"live": False, "stuck": ["relay"]})


async def test_the_committer_gets_round_with_nothing_to_do(stack: Stack) -> None:
    """It is expected from the start, beats while it waits, and one that ended is missed."""
    now = 0.0
    async with started(LEDGER, stack, work=False) as app:
        progress = Progress(monotonic=lambda: now)
        progress.expect(COMMITTER, within_s=LOOP_LIMIT_S)
        committer = Committer(app.database, progress=progress)
        task = asyncio.create_task(committer.run())
        now = LOOP_LIMIT_S + 1
        assert list(progress.stuck()) == [COMMITTER]

        async def round_again() -> bool:
            return not progress.stuck()

        await until(round_again)
        assert COMMITTER not in app.runtime.progress.stuck()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        now += LOOP_LIMIT_S + 1
        assert list(progress.stuck()) == [COMMITTER]
