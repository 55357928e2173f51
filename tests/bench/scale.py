"""What a large database costs, and what a second worker brings."""

import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from random import Random

from pymongo import InsertOne

from deploy.local.ports import free_port
from shared.clock import utc_now
from shared.ids import new_id
from shared.messaging.batch import SEEN
from shared.messaging.positions import POSITIONS, Positions
from shared.service import Runtime
from shared.storage.mongo import connect
from shared.web.local_issuer import LocalIssuer
from tests.bench.commands import LEDGER, drop, server
from tests.bench.consuming import reacted
from tests.bench.ground import Offsets, ends_of, lay, ledger_runtime, row, subject_of
from tests.support.ledger_process import ServiceProcess
from tests.support.ledger_service import Tally
from tests.support.running import until
from tests.support.stack import Stack

AT_ONCE = 10_000


async def seconds_per_event(stack: Stack, *, persons: int, active: int, events: int) -> float:
    """What an event costs where so many persons are stored, and events are about any of the latest `active`."""
    people = [new_id() for _ in range(persons)]
    dice = Random(7)
    concerned = people[-active:]
    stretch = await lay(stack, [row(dice.choice(concerned), number + 1) for number in range(events)])
    async with ledger_runtime(stack) as runtime:
        await _store(runtime, people)
        return await reacted(runtime, stretch) / events


async def _store(runtime: Runtime, people: Sequence[str]) -> None:
    for at in range(0, len(people), AT_ONCE):
        some = people[at : at + AT_ONCE]
        tallies = [Tally(id=one, site="leeds", person=one, version=1).document() for one in some]
        seen = [{"_id": subject_of(one), "sequence": 0, "at": utc_now()} for one in some]
        for collection, documents in (("tallies", tallies), (SEEN, seen)):
            inserts = [InsertOne(document) for document in documents]
            await runtime.database.bulk_write(collection, inserts, ordered=False)


async def events_per_second(
    stack: Stack, issuer: LocalIssuer, logs: Path, *, workers: int, events: int
) -> float:
    """How fast so many worker processes of one service get through the same backlog."""
    first = server(stack, issuer, logs, module=LEDGER, role="worker")
    others = [replace(first, port=free_port()) for _ in range(workers - 1)]
    await first.migrate()
    async with AsyncExitStack() as exits:
        exits.push_async_callback(drop, first)
        await _begin_here(first)
        for process in (first, *others):
            exits.push_async_callback(process.kill)
            await process.start()
        warm = await lay(stack, [row(new_id(), 1) for _ in range(200)])
        await _until_at(first, warm.ends)  # Now every worker has its partitions.
        for process in (first, *others):
            process.pause()
        stretch = await lay(stack, [row(new_id(), 1) for _ in range(events)])
        began = time.perf_counter()
        for process in (first, *others):
            process.go_on()
        await _until_at(first, stretch.ends)
        return events / (time.perf_counter() - began)


async def _begin_here(process: ServiceProcess) -> None:
    async with connect(process.mongo_url, process.database) as database:
        positions = Positions(database, f"peerpath-{process.database}")
        await positions.begin(await ends_of(process.kafka_url))


async def _until_at(process: ServiceProcess, ends: Offsets) -> None:
    """Wait until the stored positions are at these ends."""
    async with connect(process.mongo_url, process.database) as database:

        async def there() -> bool:
            rows = await database.find(POSITIONS, {})
            at = {row["_id"].split("/", 1)[1]: row["next"] for row in rows}
            return all(at.get(f"{tp.topic}/{tp.partition}", 0) >= end for tp, end in ends.items())

        await until(there, within_s=120, every_s=0.005)
