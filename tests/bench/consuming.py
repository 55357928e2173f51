"""Three ways to consume the same events: bare, one by one, and ours."""

import asyncio
import cProfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from pymongo import ReplaceOne, UpdateOne

from shared.contracts.supervision import HoursReported
from shared.ids import new_id
from shared.messaging.batch import Batch, Outcome
from shared.messaging.broker import make_broker
from shared.messaging.positions import Positions
from shared.messaging.records import Arrival
from shared.messaging.worker import Worker
from shared.service import Runtime
from tests.bench.ground import TOPIC, TPS, Offsets, Stretch, ends_of, ledger_runtime, plain_collection
from tests.support.ledger_service import LEDGER
from tests.support.stack import Stack
from tests.support.trips import RoundTrips

BATCH = 1_000


async def bare(stack: Stack, stretch: Stretch) -> float:
    """Poll and bulk insert, with no guarantee at all; events per second."""
    async with plain_collection(stack) as reports:

        async def insert(found: Sequence[ConsumerRecord[bytes, bytes]]) -> None:
            await reports.insert_many([{"value": record.value} for record in found], ordered=False)

        return await _polled(stack, stretch, insert)


async def _polled(
    stack: Stack, stretch: Stretch, write: Callable[[Sequence[ConsumerRecord[bytes, bytes]]], Awaitable[None]]
) -> float:
    """Poll a stretch and hand over what each poll brings; events per second from the first one on."""
    async with AIOKafkaConsumer(bootstrap_servers=stack.kafka_url, enable_auto_commit=False) as consumer:
        consumer.assign(TPS)
        for tp, offset in stretch.begins.items():
            consumer.seek(tp, offset)
        done, began = 0, None
        while done < stretch.count:
            polled = await consumer.getmany(timeout_ms=1_000, max_records=BATCH)
            began = began or time.perf_counter()
            found = [record for records in polled.values() for record in records]
            if found:
                await write(found)
            done += len(found)
        assert began is not None
        return done / (time.perf_counter() - began)


async def bare_with_the_same_writes(stack: Stack, stretch: Stretch) -> float:
    """Poll and write what our reactions come to: a document replaced, one inserted, a high-water; per second.

    Nothing is decoded or decided, and nothing holds the three together.
    """
    async with AsyncExitStack() as exits:
        things, outbox, seen = [await exits.enter_async_context(plain_collection(stack)) for _ in range(3)]

        async def write(found: Sequence[ConsumerRecord[bytes, bytes]]) -> None:
            await _the_same_writes(found, things, outbox, seen)

        return await _polled(stack, stretch, write)


async def _the_same_writes(
    found: Sequence[ConsumerRecord[bytes, bytes]], things: Any, outbox: Any, seen: Any
) -> None:
    replaced = [ReplaceOne({"_id": one.key}, {"value": one.value}, upsert=True) for one in found]
    marks = [UpdateOne({"_id": one.key}, {"$max": {"sequence": one.offset}}, upsert=True) for one in found]
    inserted = [{"_id": new_id(), "value": one.value, "headers": dict(one.headers)} for one in found]
    await asyncio.gather(
        things.bulk_write(replaced, ordered=False),
        seen.bulk_write(marks, ordered=False),
        outbox.insert_many(inserted, ordered=False),
    )


@asynccontextmanager
async def plain_handler(
    stack: Stack, handle: Callable[..., Awaitable[None]], *, begins: Offsets | None = None
) -> AsyncIterator[None]:
    """A FastStream handler that acknowledges every message by itself, from `begins` or from now on."""
    group = f"bench-{new_id()}"
    await _commit_begins(stack, group, begins or await ends_of(stack.kafka_url))
    broker = KafkaBroker(stack.kafka_url, logger=None)
    broker.subscriber(TOPIC, group_id=group, ack_policy=AckPolicy.ACK, auto_offset_reset="earliest")(handle)
    async with broker:
        await broker.start()
        yield


async def one_by_one(stack: Stack, stretch: Stretch, count: int) -> float:
    """A plain FastStream handler that inserts and commits its offset per message; events per second."""
    times: list[float] = []
    enough = asyncio.Event()
    async with plain_collection(stack) as reports:

        async def on_report(report: HoursReported) -> None:
            await reports.insert_one(report.model_dump())
            times.append(time.perf_counter())
            if len(times) > count:
                enough.set()

        async with plain_handler(stack, on_report, begins=stretch.begins):
            await enough.wait()
    return count / (times[count] - times[0])


async def _commit_begins(stack: Stack, group: str, begins: Offsets) -> None:
    async with AIOKafkaConsumer(
        bootstrap_servers=stack.kafka_url, group_id=group, enable_auto_commit=False
    ) as consumer:
        consumer.assign(TPS)
        await consumer.commit(dict(begins))


class TimedBatch(Batch):
    """Our batch, which notes when it began."""

    began: float | None = None

    async def decide(self, arrivals: Sequence[Arrival], *, now: datetime) -> Outcome:
        self.began = self.began or time.perf_counter()
        return await super().decide(arrivals, now=now)


@asynccontextmanager
async def reacting(
    runtime: Runtime, begins: Offsets, saved: Callable[[list[Arrival]], None]
) -> AsyncIterator[TimedBatch]:
    """Our worker as a service runs it; `saved` is told what has just taken effect."""
    group = f"peerpath-{runtime.database.name}"
    await Positions(runtime.database, group).begin(begins)
    batch = TimedBatch(runtime.database, LEDGER.reactions, new_id=runtime.new_id)
    worker = Worker(
        service=LEDGER.name,
        topics=[TOPIC],
        database=runtime.database,
        batch=batch,
        committer=runtime.committer,
        group=group,
        clock=runtime.clock,
        progress=runtime.progress,
        saved=lambda outcome: saved(outcome.handled),
        max_records=BATCH,
    )
    async with worker.consuming(make_broker(runtime.settings.kafka_url, client_id="bench")):
        yield batch


async def reacted(runtime: Runtime, stretch: Stretch) -> float:
    """Take a stretch to its effects with our worker; seconds from the first decision to the last effect."""
    done, ended = 0, 0.0
    enough = asyncio.Event()

    def saved(handled: list[Arrival]) -> None:
        nonlocal done, ended
        done, ended = done + len(handled), time.perf_counter()
        if done >= stretch.count:
            enough.set()

    async with reacting(runtime, stretch.begins, saved) as batch:
        await enough.wait()
        assert (done, batch.began is not None) == (stretch.count, True), done
        return ended - (batch.began or 0.0)


async def ours(stack: Stack, stretch: Stretch, *, profile: str | None) -> tuple[float, float]:
    """Rules, outbox, positions, everything: events per second, and round trips per 1,000 events."""
    trips = RoundTrips()
    profiler = cProfile.Profile() if profile else None
    async with ledger_runtime(stack, listeners=[trips]) as runtime:
        trips.by_name.clear()
        if profiler:
            profiler.enable()
        seconds = await reacted(runtime, stretch)
        if profiler and profile:
            profiler.disable()
            profiler.dump_stats(profile)
        counted = trips.by_name.total()
        outbox = await runtime.database.count("outbox", {})
        assert outbox == stretch.count, outbox
    return stretch.count / seconds, counted * 1_000 / stretch.count
