"""What holds when the broker's disk is full, and when the broker is away while a process stops."""

import resource
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest
from pymongo import InsertOne

from deploy.local.stack import EmbeddedStack
from shared.contracts.supervision import HoursApproved
from shared.ids import new_id
from shared.messaging.lease import LEASES
from shared.messaging.outbox import OUTBOX
from shared.storage.mongo import Database
from tests.shared.messaging.test_faults import (
    PATIENCE_S,
    announced,
    counted,
    outbox_empty,
    quiet,
    reported,
    row,
)
from tests.shared.test_stopping import ended, told_to_stop
from tests.support.lines import Line
from tests.support.proxied import proxied
from tests.support.running import until
from tests.support.stack import Stack

BEFORE, MEANWHILE, AFTERWARDS = 10, 200, 10
ROOM = 64 * 1024
"""Bytes that a file of the broker's may have while its disk is full."""


@pytest.fixture(scope="module")
async def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="module")
async def own(folder: Path) -> AsyncIterator[EmbeddedStack]:
    """A stack of this file's own, because its broker is brought down."""
    async with EmbeddedStack(data=folder, say=quiet, mail=False) as running:
        yield running


def fill_the_disk(folder: Path) -> None:
    """No file of the broker's can grow any more: its writes fail in the middle, as they do on a full disk.

    A small disk of its own would want a mount, which not every machine allows. The limit ends with the process.
    """
    pid = int((folder / "kafka.pid").read_text())
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (ROOM, hard))


async def taken(line: Line, tally: str, entry: str) -> bool:
    """Open a tally, or add an entry to it; asked again where a connection had been closed."""
    body = {"entry": entry, "hours": 1} if entry else None
    answer = await line.post(f"/tallies/{tally}{'/hours' if entry else ''}", body, key=f"{tally}-{entry}")
    assert answer is None or answer.status in {200, 201}, answer
    return answer is not None


async def test_with_the_brokers_disk_full_commands_are_taken_and_published_in_order_afterwards(
    own: EmbeddedStack, folder: Path, tmp_path: Path
) -> None:
    """The outbox grows and health names the relay; once the broker is up again each event is there, in order."""
    stack = Stack(mongo_url=own.urls.mongo_admin, kafka_url=own.urls.kafka)
    tally = new_id()
    async with proxied(stack, tmp_path) as app:
        line = Line(app.process.port, token=app.token())

        async def count(entry: str) -> None:
            await until(lambda: taken(line, tally, entry))

        async def waits() -> bool:
            return bool(await app.lacks() & {"relay"})

        entries = [f"e{number}" for number in range(BEFORE + MEANWHILE + AFTERWARDS)]
        await count("")
        for entry in entries[:BEFORE]:
            await count(entry)
        await until(lambda: outbox_empty(app.database))
        fill_the_disk(folder)
        for entry in entries[BEFORE:-AFTERWARDS]:
            await count(entry)
        await until(waits, within_s=PATIENCE_S)
        assert await app.database.count(OUTBOX, {"subject": tally}) > 0
        await own.kill_kafka()
        await own.start_kafka()
        for entry in entries[-AFTERWARDS:]:
            await count(entry)
        await until(lambda: outbox_empty(app.database), within_s=PATIENCE_S)
        sequences = (await announced(stack.kafka_url, [tally], HoursApproved))[tally]
        assert len(sequences) == len(entries)
        assert all(earlier < later for earlier, later in pairwise(sequences))
        assert await counted(app.database, [tally]) == {tally: entries}
        await line.hang_up()


async def test_a_process_that_is_stopped_while_the_broker_is_away_ends_in_its_grace_period(
    own: EmbeddedStack, tmp_path: Path
) -> None:
    """Neither the consumer nor the relay waits for it, and what is in the outbox stays there for the next process."""
    stack = Stack(mongo_url=own.urls.mongo_admin, kafka_url=own.urls.kafka)
    person = new_id()
    async with proxied(stack, tmp_path) as app:
        await until(lambda: leads(app.database))
        await own.stop_kafka()
        await app.database.bulk_write(OUTBOX, [InsertOne(row(reported(person, "e1"), 1))])
        assert await ended(told_to_stop(app)) == 0
        assert await app.database.count(OUTBOX, {}) == 1


async def leads(database: Database) -> bool:
    """Does its relay lead?"""
    return await database.count(LEASES, {"holder": {"$ne": None}}) > 0
