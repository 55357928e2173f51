"""A process that is told to stop: SIGTERM under load, with all it needs and without."""

import asyncio
import signal
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.processes import GRACE_S, Child, port_open
from shared.ids import new_id
from tests.shared.messaging.test_faults import EVENTS, effects, everything_once_and_in_order, publish, story
from tests.support.lines import Answer, Line
from tests.support.proxied import Proxied, proxied
from tests.support.running import until
from tests.support.stack import Stack

IN_HAND = 50


def told_to_stop(app: Proxied) -> Child:
    """The process, with a SIGTERM."""
    child = app.process.child
    assert child is not None
    child.process.send_signal(signal.SIGTERM)
    return child


async def ended(child: Child) -> int:
    """Its exit code, which it has within the grace period that an orchestrator gives."""
    return await asyncio.wait_for(child.process.wait(), GRACE_S)


async def stopped_listening(app: Proxied) -> bool:
    return not await port_open(app.process.port)


async def commands_in_hand(app: Proxied, count: int = IN_HAND) -> asyncio.Future[list[Answer | None]]:
    """Commands that wait for a database which does not answer; they open a tally each."""
    lines = [Line(app.process.port, token=app.token()) for _ in range(count)]

    async def one(line: Line, tally: str) -> Answer | None:
        try:
            return await line.post(f"/tallies/{tally}", key=tally)
        finally:
            await line.hang_up()

    app.mongo.cut()
    calls = asyncio.gather(*(one(line, f"t-{at}") for at, line in enumerate(lines)))

    async def all_inside() -> bool:
        return await app.metric("peerpath_http_requests_at_once") == count

    await until(all_inside)
    return calls


@pytest.mark.parametrize("role", ["api", "all"])
async def test_what_is_in_hand_is_answered_and_saved(stack: Stack, tmp_path: Path, role: str) -> None:
    """Nobody new is let in, those who wait are answered, what was promised is there, and the exit code is 0."""
    async with proxied(stack, tmp_path, role=role) as app:
        calls = await commands_in_hand(app)
        child = told_to_stop(app)
        await until(lambda: stopped_listening(app))
        await app.mongo.mend()
        assert [answer.status for answer in await calls if answer] == [201] * IN_HAND
        assert await ended(child) == 0
        assert await app.database.count("tallies", {}) == IN_HAND


async def members_of(kafka_url: str, group: str) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_url)
    await admin.start()
    try:
        (told,) = (await admin.describe_consumer_groups([group]))[0].groups
        return len(told[5])
    finally:
        await admin.close()


@pytest.mark.parametrize("role", ["worker", "all"])
async def test_a_worker_leaves_its_group_and_goes_on_where_it_was(
    stack: Stack, tmp_path: Path, role: str
) -> None:
    """In the middle of a stream: no other member waits for it, and the next one handles each event once."""
    people = [new_id() for _ in range(40)]
    async with proxied(stack, tmp_path, role=role) as app:
        await publish(app.kafka_url, story(people))

        async def begun() -> bool:
            return await effects(app.database, people) > 0

        await until(begun, every_s=0.001)
        child = told_to_stop(app)
        assert await ended(child) == 0
        assert await effects(app.database, people) <= EVENTS
        assert await members_of(app.kafka_url, f"peerpath-{app.database.name}") == 0
        await app.process.start()
        await everything_once_and_in_order(app.database, people)


@pytest.mark.parametrize("role", ["worker", "all"])
async def test_a_process_whose_database_is_silent_ends_all_the_same(
    stack: Stack, tmp_path: Path, role: str
) -> None:
    """It waits for as long as it is given, and no longer; nobody was told that anything is saved which is not."""
    async with proxied(stack, tmp_path, role=role, GRACE_S="2") as app:
        calls = await commands_in_hand(app, 0 if role == "worker" else IN_HAND)
        child = told_to_stop(app)
        assert await ended(child) == 0
        assert {answer.code for answer in await calls if answer} <= {"stopping"}
        assert None not in await calls
