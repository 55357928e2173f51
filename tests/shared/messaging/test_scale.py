"""One to four workers come and go under a steady load, in order, killed and held: real processes, real signals."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from shared.clock import utc_now
from shared.contracts.supervision import HoursApproved
from shared.contracts.topics import SUPERVISION
from shared.ids import new_id
from shared.messaging.broker import members
from shared.messaging.lease import LEASES
from shared.messaging.outbox import OUTBOX, event_row, kafka_headers
from shared.messaging.positions import Positions
from shared.messaging.records import read
from shared.service import working
from shared.storage.mongo import Database, connect
from tests.shared.messaging.test_reactions import entries, reported
from tests.shared.messaging.test_replay import handled, ledger, report
from tests.shared.messaging.test_worker import _position, _retries, _set_position, living_in
from tests.support.holding import held
from tests.support.ledger_process import ServiceProcess
from tests.support.ledger_service import LEDGER
from tests.support.running import ends_of, records_of, until
from tests.support.stack import Stack

PACE_S = 0.03
"""Between two rounds of events; one of each person makes a round."""

PATIENCE_S = 90.0
"""A member that was killed or held keeps its partitions for 10 s, and a transaction it left open for 10 s more."""


class Load:
    """Everybody's hours in turn, e0 of each person, then e1, without an end."""

    def __init__(self, database: Database) -> None:
        self.people = [
            person for partition in range(SUPERVISION.partitions) for person in living_in(partition, 4)
        ]
        self.rounds = 0
        self._database = database

    async def run(self, kafka_url: str) -> None:
        async with AIOKafkaProducer(bootstrap_servers=kafka_url, enable_idempotence=True) as producer:
            while True:
                for person in self.people:
                    row = event_row(
                        reported(person, f"e{self.rounds}"),
                        id=new_id(),
                        subject=f"p-{person}",
                        sequence=self.rounds + 1,
                        now=utc_now(),
                        traceparent=None,
                    )
                    headers = kafka_headers(row)
                    await producer.send(row["topic"], row["value"], key=row["key"], headers=headers)
                self.rounds += 1
                await asyncio.sleep(PACE_S)

    async def entries(self) -> dict[str, list[str]]:
        rows = await self._database.find("tallies", {"_id": {"$in": self.people}})
        return {row["_id"]: row["entries"] for row in rows}

    async def takes_effect(self) -> None:
        """Wait until what was published up to now has, everybody's; so whoever is there handles every partition."""
        rounds = self.rounds

        async def everybody() -> bool:
            found = await self.entries()
            return all(len(found.get(person, ())) >= rounds for person in self.people)

        await until(everybody, within_s=PATIENCE_S)

    async def is_all_there(self, kafka_url: str) -> None:
        """At its end nothing is lost, doubled or out of order: neither what was counted nor what was announced."""
        await self.takes_effect()
        expected = [f"e{number}" for number in range(self.rounds)]
        assert await self.entries() == dict.fromkeys(self.people, expected)

        await until(lambda: outbox_empty(self._database), within_s=PATIENCE_S)
        in_order = list(enumerate(expected, 1))
        assert await announced(kafka_url, self.people) == dict.fromkeys(self.people, in_order)


async def outbox_empty(database: Database) -> bool:
    return await database.count(OUTBOX, {}, limit=1) == 0


async def announced(kafka_url: str, people: list[str]) -> dict[str, list[tuple[int, str]]]:
    """Sequence and entry of each person's sums on the topic, as a consumer sees them that drops repetitions."""
    found: dict[str, list[tuple[int, str]]] = {person: [] for person in people}
    for arrival in map(read, await records_of(kafka_url, SUPERVISION.name)):
        if arrival.envelope and isinstance(arrival.data, HoursApproved) and arrival.data.person in found:
            sums = found[arrival.data.person]
            if not sums or arrival.envelope.sequence > sums[-1][0]:
                sums.append((arrival.envelope.sequence, arrival.data.entry))
    return found


class Workers:
    """Processes of one service on one database."""

    def __init__(self, stack: Stack, logs: Path, exits: AsyncExitStack) -> None:
        self.database = f"ledger-{new_id()}"
        self.group = f"peerpath-{self.database}"
        self._stack = stack
        self._logs = logs
        self._exits = exits

    def one(self, name: str) -> ServiceProcess:
        """A process that is not started yet, and is killed in the end if it still runs."""
        folder = self._logs / name
        folder.mkdir()
        process = ServiceProcess(
            module="tests.support.ledger_process",
            role="worker",
            mongo_url=self._stack.mongo_url,
            kafka_url=self._stack.kafka_url,
            issuer_url="http://127.0.0.1:9",  # Workers ask nobody who anybody is.
            database=self.database,
            logs=folder,
        )
        self._exits.push_async_callback(process.kill)
        return process

    async def are(self, count: int) -> None:
        """Wait until the consumer group has so many members."""

        async def there() -> bool:
            return await members(self._stack.kafka_url, self.group) == count

        await until(there, within_s=PATIENCE_S, every_s=0.2)


@asynccontextmanager
async def under_load(stack: Stack, logs: Path) -> AsyncIterator[tuple[Workers, Load, Database]]:
    """A database that is ready, with the load running; it stops at the end, and then everything must be there."""
    async with AsyncExitStack() as exits:
        workers = Workers(stack, logs, exits)
        database = await exits.enter_async_context(connect(stack.mongo_url, workers.database))
        exits.push_async_callback(database.drop)
        await workers.one("migrate").migrate()
        ends = await ends_of(stack.kafka_url, LEDGER.reactions.topics)
        await Positions(database, workers.group).begin(ends)
        load = Load(database)
        publishing = asyncio.create_task(load.run(stack.kafka_url))
        try:
            yield workers, load, database
        finally:
            publishing.cancel()
            with suppress(asyncio.CancelledError):
                await publishing
        await load.is_all_there(stack.kafka_url)


async def test_one_to_four_workers_come_and_go_under_load(stack: Stack, tmp_path: Path) -> None:
    """Started, stopped in order and killed: each event counts once, in order, and is announced once, in order."""
    async with under_load(stack, tmp_path) as (workers, load, _):
        first, second, third, fourth = (workers.one(name) for name in ("first", "second", "third", "fourth"))
        await first.start()
        await load.takes_effect()
        await asyncio.gather(second.start(), third.start(), fourth.start())
        await workers.are(4)
        await load.takes_effect()
        assert second.child is not None
        assert fourth.child is not None
        await second.child.stop()
        await third.kill()
        await load.takes_effect()
        await fourth.child.stop()
        await workers.are(1)
        await load.takes_effect()


async def test_a_worker_held_over_its_session_harms_nothing_and_comes_back(
    stack: Stack, tmp_path: Path
) -> None:
    """SIGSTOP until another has its partitions and its relay's lease, then SIGCONT: it is an honest member again."""
    async with under_load(stack, tmp_path) as (workers, load, database):
        zombie, other = workers.one("zombie"), workers.one("other")
        await zombie.start()
        await load.takes_effect()
        before = await lease(database)
        await other.start()
        await workers.are(2)
        await load.takes_effect()
        zombie.pause()
        await workers.are(1)
        await load.takes_effect()

        async def taken_over() -> bool:
            return bool((await lease(database))["token"] > before["token"])

        await until(taken_over, within_s=PATIENCE_S)
        zombie.go_on()
        await workers.are(2)
        await load.takes_effect()
        assert other.child
        await other.child.stop()
        await load.takes_effect()  # All that is handled now is handled by the one that was held.


async def lease(database: Database) -> Any:
    return await database.find_one(LEASES, {"_id": "relay"})


async def test_a_write_of_who_lost_the_partition_is_refused(stack: Stack) -> None:
    """What a worker has in hand when another has moved on has no effect: it goes on where the other is."""
    (person,) = living_in(5, 1)
    async with ledger(stack) as app, working(LEDGER, app.runtime):
        await report(app, person, 0)
        assert await entries(app, person, 1) == ["e0"]
        await handled(app)
        before, position = _retries("Stale"), await _position(app, 5)
        tally = await app.database.find_one("tallies", {"_id": person})
        assert tally
        async with held(app.database, [tally], collection="tallies"):
            await report(app, person, 1)
            await app.producer.flush()

            async def in_hand() -> bool:
                return _retries("Stale") > before

            await app.until(in_hand)
            await _set_position(app, 5, position + 1)  # As who took the partition over would have it.
        await report(app, person, 2)
        assert await entries(app, person, 2) == ["e0", "e2"]
