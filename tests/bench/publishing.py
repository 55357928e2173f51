"""From the outbox to Kafka, and all the way to an effect."""

import asyncio
import time
from collections.abc import Callable, Coroutine

from faststream.kafka.annotations import KafkaMessage
from pymongo import InsertOne

from shared.ids import new_id
from shared.messaging.lease import Lease
from shared.messaging.outbox import OUTBOX
from shared.messaging.producers import producing
from shared.messaging.records import Arrival
from shared.messaging.relay import Relay
from shared.messaging.sender import Sender
from shared.service import Runtime
from shared.storage.unit_of_work import Change, Write
from tests.bench.consuming import plain_handler, reacting
from tests.bench.ground import ends_of, ledger_runtime, plain_collection, raw_producer, row, rows, send_all
from tests.support.ledger_service import LEDGER
from tests.support.running import until
from tests.support.stack import Stack


def relay_of(runtime: Runtime) -> Relay:
    return Relay(
        runtime.database,
        service=LEDGER.name,
        kafka_url=runtime.settings.kafka_url,
        lease=Lease(runtime.database, "relay", new_id=new_id),
        progress=runtime.progress,
    )


async def producer_alone(stack: Stack, count: int) -> float:
    """The same rows through a plain producer; events per second."""
    ready = rows(count)
    async with raw_producer(stack.kafka_url) as producer:
        await send_all(producer, rows(100))
        began = time.perf_counter()
        await send_all(producer, ready)
        return count / (time.perf_counter() - began)


async def relayed(stack: Stack, count: int) -> float:
    """Rows out of a full outbox, deleted when acknowledged; events per second."""
    async with (
        ledger_runtime(stack) as runtime,
        producing(stack.kafka_url, transactional_id=runtime.database.name) as producers,
    ):
        sender = Sender(runtime.database, producers, service=LEDGER.name)
        for ready in (rows(100), rows(count)):
            await runtime.database.bulk_write(OUTBOX, [InsertOne(one) for one in ready], ordered=False)
            began = time.perf_counter()
            assert await sender.send_due() == len(ready)
        return count / (time.perf_counter() - began)


async def commit_to_effect(stack: Stack, *, per_second: int, seconds: int) -> list[float]:
    """Seconds from one service's commit to the effect in another, at a steady rate of events."""
    committed: dict[str, float] = {}
    took: dict[str, float] = {}

    def saved(handled: list[Arrival]) -> None:
        now = time.perf_counter()
        for arrival in handled:
            if arrival.envelope and arrival.envelope.id in committed:
                took[arrival.envelope.id] = now - committed[arrival.envelope.id]

    async def all_taken() -> bool:
        return len(took) == len(committed)

    async def commit(upstream: Runtime, relay: Relay) -> None:
        ready = row(new_id(), 1)
        await upstream.committer.commit(Change(writes=(Write.insert(OUTBOX, ready),)))
        committed[ready["_id"]] = time.perf_counter()
        relay.wake()

    begins = await ends_of(stack.kafka_url)
    async with ledger_runtime(stack) as upstream, ledger_runtime(stack) as downstream:
        relay = relay_of(upstream)
        running = asyncio.create_task(relay.run())
        async with reacting(downstream, begins, saved):
            while not took:  # The consumer group takes seconds to form; that is no latency of ours.
                await commit(upstream, relay)
                await asyncio.sleep(0.1)
            await until(all_taken, every_s=0.1)
            warm = set(took)
            await _steadily(lambda: commit(upstream, relay), per_second=per_second, seconds=seconds)
            await until(all_taken, every_s=0.1)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return [value for id, value in took.items() if id not in warm]


async def plain_commit_to_effect(stack: Stack, *, per_second: int, seconds: int) -> list[float]:
    """The same for the plain way: insert, then publish; a handler that inserts and acknowledges each message."""
    committed: dict[bytes, float] = {}
    took: dict[bytes, float] = {}

    async def all_taken() -> bool:
        return len(took) == len(committed)

    async with (
        plain_collection(stack) as reports,
        plain_collection(stack) as effects,
        raw_producer(stack.kafka_url) as producer,
    ):

        async def effect(message: KafkaMessage) -> None:
            await effects.insert_one({"_id": new_id(), "value": message.body})
            if message.body in committed:
                took[message.body] = time.perf_counter() - committed[message.body]

        async def commit() -> None:
            ready = row(new_id(), 1)
            await reports.insert_one({"_id": ready["_id"], "value": ready["value"]})
            committed[ready["value"]] = time.perf_counter()
            await producer.send_and_wait(ready["topic"], ready["value"], key=ready["key"])

        async with plain_handler(stack, effect):
            while not took:
                await commit()
                await asyncio.sleep(0.1)
            await until(all_taken, every_s=0.1)
            warm = set(took)
            await _steadily(commit, per_second=per_second, seconds=seconds)
            await until(all_taken, every_s=0.1)
    return [value for key, value in took.items() if key not in warm]


async def _steadily(do: Callable[[], Coroutine[None, None, None]], *, per_second: int, seconds: int) -> None:
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(per_second * seconds):
            await asyncio.sleep(max(0.0, began + number / per_second - time.perf_counter()))
            group.create_task(do())
