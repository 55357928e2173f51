"""What holds when more is asked than can be done: on real servers, with real processes."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from shared.ids import new_id
from shared.web.admission import AT_ONCE
from tests.shared.messaging.test_faults import publish, reported, row
from tests.support.lines import Line
from tests.support.proxied import Proxied, proxied
from tests.support.running import until
from tests.support.stack import Stack

CALLERS = 600
UNAVAILABLE, BAD = 503, 400


class Crowd:
    """Several hundred callers, each with a tally and a connection of their own, and one request at a time."""

    def __init__(self, app: Proxied) -> None:
        self._lines = {new_id(): Line(app.process.port, token=app.token()) for _ in range(CALLERS)}
        self.answers: Counter[tuple[int, str]] = Counter()
        """How many of each status and code."""
        self.without_a_time = 0
        """Refusals that did not say when to come back."""

    @property
    def tallies(self) -> list[str]:
        """Whose are whose is of no interest."""
        return list(self._lines)

    async def open(self) -> None:
        """Open every tally."""
        await asyncio.gather(*(self._insists(tally, "", key="open") for tally in self._lines))

    async def add(self, entry: str) -> None:
        """Everybody adds this entry once, asking again until it is counted."""
        await asyncio.gather(*(self._insists(tally, "/hours", key=entry) for tally in self._lines))

    async def hang_up(self) -> None:
        """End all connections."""
        await asyncio.gather(*(line.hang_up() for line in self._lines.values()))

    async def _insists(self, tally: str, path: str, *, key: str) -> None:
        body = {"entry": key, "hours": 0.01} if path else None

        async def settled() -> bool:
            answer = await self._lines[tally].post(f"/tallies/{tally}{path}", body, key=f"{tally}-{key}")
            if answer is None:
                return False
            self.answers[answer.status, answer.code] += 1
            refused = answer.status == UNAVAILABLE
            self.without_a_time += refused and "retry-after" not in answer.headers
            assert refused or answer.status < BAD, answer
            return not refused

        await until(settled, within_s=100, every_s=0.2)


@asynccontextmanager
async def crowd_of(app: Proxied) -> AsyncIterator[Crowd]:
    """The callers, with their tallies open, for the length of the block."""
    crowd = Crowd(app)
    try:
        await crowd.open()
        yield crowd
    finally:
        await crowd.hang_up()


@asynccontextmanager
async def looked_after(app: Proxied) -> AsyncIterator[list[tuple[int, float]]]:
    """Asks now and then whether the process is alive; collects the statuses and the memory in megabytes."""
    seen: list[tuple[int, float]] = []
    over = asyncio.Event()

    async def look() -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=60.0) as client:
            while not over.is_set():
                live = await client.get(f"{app.process.url}/health/live")
                seen.append((live.status_code, app.megabytes))
                await asyncio.sleep(0.1)

    looking = asyncio.create_task(look())
    try:
        yield seen
    finally:
        over.set()
        await looking


async def test_a_slow_database_costs_time_and_refusals_and_nothing_else(stack: Stack, tmp_path: Path) -> None:
    """Too many who wait are told at once to come back; what was acknowledged counts once, memory stays flat."""
    people = [new_id() for _ in range(50)]
    async with proxied(stack, tmp_path) as app, crowd_of(app) as crowd:
        await crowd.add("e0")
        before = app.megabytes
        async with looked_after(app) as seen:
            app.mongo.cut()
            await publish(app.kafka_url, [row(reported(person, "told"), 1) for person in people])
            waiting = asyncio.create_task(crowd.add("e1"))

            async def full() -> bool:
                refused = crowd.answers[503, "overloaded"] >= CALLERS - AT_ONCE
                return refused and await app.metric("peerpath_http_requests_at_once") == AT_ONCE

            await until(full)
            await app.mongo.mend()
            await waiting
            app.mongo.delay_s = 0.1
            await crowd.add("e2")
            app.mongo.delay_s = 0.0
            for number in range(3, 5):
                await crowd.add(f"e{number}")
        assert {status for status, _ in seen} == {200}
        assert max(megabytes for _, megabytes in seen) < before + 60
        assert crowd.without_a_time == 0
        rows = await app.database.find("tallies", {"_id": {"$in": crowd.tallies}})
        assert [one["entries"] for one in rows] == [[f"e{number}" for number in range(5)]] * CALLERS

        async def told() -> bool:
            return await app.database.count("tallies", {"_id": {"$in": people}}) == len(people)

        await until(told, within_s=60)
