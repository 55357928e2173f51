"""How much a worker takes into its hands at once: so many records, so many bytes, for so long."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Self

from aiokafka import AIOKafkaConsumer
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from shared.contracts.supervision import HoursReported
from shared.contracts.topics import SUPERVISION
from shared.messaging.assignment import Assignment
from shared.messaging.batch import DECIDE_WITHIN_S
from shared.messaging.polling import LANES, MAX_BYTES, Polled, Poller
from shared.messaging.positions import Positions
from shared.messaging.reactions import Context, Reactions, on
from shared.messaging.records import read
from shared.service import Service, working
from tests.shared.messaging.test_worker import everything, living_in, story
from tests.support.ledger_service import LEDGER, Tally
from tests.support.running import Started, begin_at_the_end, started, until, without_its_records
from tests.support.stack import Stack

TOPIC = SUPERVISION.name
MEGABYTE = 1024 * 1024


@asynccontextmanager
async def polling(app: Started, *, max_records: int) -> AsyncIterator[tuple[Poller, AIOKafkaConsumer]]:
    """A poller on a consumer of its own, from where the topic ended."""
    positions = Positions(app.database, f"peerpath-{app.database.name}")
    assignment = Assignment(positions)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=app.stack.kafka_url,
        group_id=app.database.name,
        enable_auto_commit=False,
        max_partition_fetch_bytes=16 * MEGABYTE,
        fetch_max_bytes=64 * MEGABYTE,
    )
    consumer.subscribe([TOPIC], listener=assignment)
    async with consumer:

        async def settled() -> bool:
            await assignment.settle(consumer)
            return len(assignment.next) == SUPERVISION.partitions

        await until(settled)
        yield Poller(assignment, read, max_records=max_records, pause=asyncio.sleep), consumer


async def polls(app: Started, count: int, *, max_records: int) -> Sequence[Polled]:
    """What the polls bring until so many records have come."""
    found: list[Polled] = []
    async with polling(app, max_records=max_records) as (poller, consumer):

        async def all_there() -> bool:
            found.extend([await poller.poll(consumer, lane) for lane in range(LANES)])
            return sum(len(polled.arrivals) for polled in found) >= count

        await until(all_there, within_s=60)
    return found


async def test_a_batch_is_bounded_by_count_and_by_bytes(stack: Stack) -> None:
    """However much waits on a topic, a worker takes so many records at once, and of large ones fewer."""
    async with started(LEDGER, stack, work=False) as app, without_its_records(stack.kafka_url, TOPIC):
        await begin_at_the_end(LEDGER, app.runtime)
        for at in range(600):
            await app.producer.send(TOPIC, b"x" * 60_000, partition=at % SUPERVISION.partitions)
        await app.producer.flush()
        by_count = await polls(app, 600, max_records=40)
        assert max(len(polled.arrivals) for polled in by_count) == 40
        by_bytes = await polls(app, 600, max_records=1_000)
        most = max(sum(len(one.record.value) for one in polled.arrivals) for polled in by_bytes)
        assert most <= MAX_BYTES + 6 * MEGABYTE


class Slow(Tally):
    """Takes its time over each report."""

    @classmethod
    def add_slowly(cls, found: Self | None, event: HoursReported, context: Context) -> Self:
        """As a rule would that computes a lot."""
        time.sleep(0.02)
        return cls.add_reported(found, event, context)


class Commits(CommandListener):
    """Counts transactions."""

    def __init__(self) -> None:
        self.count = 0

    def started(self, event: CommandStartedEvent) -> None:
        """Only those that succeed count."""

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """One more."""
        self.count += event.command_name == "commitTransaction"

    def failed(self, event: CommandFailedEvent) -> None:
        """None."""


async def test_a_batch_is_bounded_by_the_time_that_its_rules_take(stack: Stack) -> None:
    """What is decided is saved while the rest waits: a thousand slow decisions would outlast a consumer's session."""
    (person,) = living_in(1, 1)
    slow = Reactions(on(HoursReported, Slow, id=lambda event: event.placement, do=Slow.add_slowly))
    service = Service(name="supervision", reactions=slow, collections=LEDGER.collections)
    commits = Commits()
    async with started(service, stack, work=False, listeners=[commits]) as app:
        await begin_at_the_end(service, app.runtime)
        await story(app, [person], end=150)
        async with working(service, app.runtime):
            before = commits.count
            await everything(app, [person], 150)
            assert commits.count - before >= 150 * 0.02 / DECIDE_WITHIN_S - 1
