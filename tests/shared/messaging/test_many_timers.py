"""Many timers at once, and a process that is killed with some in its hands."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Container, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pymongo import InsertOne

from shared.clock import utc_now
from shared.contracts.topics import SUPERVISION
from shared.ids import new_id
from shared.messaging.outbox import TIMERS, timer_id
from shared.messaging.positions import Positions
from shared.messaging.producers import Producers, producing
from shared.messaging.sender import IS_DUE, TIMERS_AT_ONCE, WINDOW, Sender
from shared.storage.mongo import Database, connect
from tests.shared.messaging.test_relay import commit, row
from tests.shared.messaging.test_timers import HOUR, TOPIC, heard, subject, timer_row
from tests.shared.messaging.test_worker import living_in
from tests.support.holding import held
from tests.support.ledger_process import ServiceProcess, issuer_served
from tests.support.ledger_service import LEDGER
from tests.support.running import (
    Started,
    ends_of,
    records_of,
    started,
    until,
    without_its_records,
)
from tests.support.stack import Stack


async def test_a_process_killed_between_sending_and_deleting_a_timer_repeats_it_and_it_counts_once(
    stack: Stack, tmp_path: Path
) -> None:
    """On the wire a timer may come twice, with the same id and sequence; its effect comes once."""
    people = [new_id() for _ in range(200)]
    subjects = [subject(person, "t") for person in people]
    async with (
        issuer_served() as issuer,
        ledger(stack, issuer.discovery()["issuer"], tmp_path) as (
            process,
            database,
        ),
    ):
        process.pause()
        rows = [timer_row(person, "t", utc_now()) for person in people]
        await database.bulk_write(TIMERS, [InsertOne(one) for one in rows])

        async def all_sent() -> bool:
            return len(await heard(stack.kafka_url, subjects)) >= len(people)

        async with held(database, rows, collection=TIMERS):
            process.go_on()
            await until(all_sent)
            await process.kill()
            await until(lambda: nothing_is_being_deleted(stack, database.name))
            assert await database.count(TIMERS, {}) == len(people)
        await process.start()

        async def none_left() -> bool:
            return await database.count(TIMERS, {}, limit=1) == 0

        async def all_counted() -> bool:
            return await database.count("tallies", {"_id": {"$in": people}}) == len(people)

        await until(none_left, within_s=60)
        await until(all_counted, within_s=60)
        found = await database.find("tallies", {"_id": {"$in": people}})
        assert [one["entries"] for one in found] == [["timer"]] * len(people)
        copies = Counter(
            (one.envelope.id, one.envelope.sequence)
            for one in await heard(stack.kafka_url, subjects)
            if one.envelope
        )
        assert set(copies) == {(timer_id(person, "t"), 1) for person in people}
        assert min(copies.values()) == 2


async def nothing_is_being_deleted(stack: Stack, name: str) -> bool:
    """The server goes on with what a dead client has asked for; here it had not asked yet."""
    async with connect(stack.mongo_url, "admin") as admin:
        told = await admin.command({"currentOp": True, "ns": f"{name}.{TIMERS}", "op": "remove"})
        for one in told["inprog"]:
            await admin.command({"killOp": 1, "op": one["opid"]})
        return not told["inprog"]


@asynccontextmanager
async def ledger(stack: Stack, issuer_url: str, logs: Path) -> AsyncIterator[tuple[ServiceProcess, Database]]:
    """The ledger service as a process that begins at the end of its topics, and a look into its database."""
    process = ServiceProcess(
        module="tests.support.ledger_process",
        role="all",
        mongo_url=stack.mongo_url,
        kafka_url=stack.kafka_url,
        issuer_url=issuer_url,
        database=f"ledger-{new_id()}",
        logs=logs,
    )
    async with connect(process.mongo_url, process.database) as database:
        await process.migrate()
        ends = await ends_of(stack.kafka_url, LEDGER.reactions.topics)
        await Positions(database, f"peerpath-{database.name}").begin(ends)
        await process.start()
        try:
            yield process, database
        finally:
            await process.kill()
            await database.drop()


COUNT = 100_000
PER_PERSON = 100


async def test_a_hundred_thousand_timers_due_at_once_hold_up_no_event(stack: Stack) -> None:
    """An event that is committed meanwhile goes out with one of the next windows, whatever is due."""
    due = utc_now() - HOUR
    owners = [new_id() for _ in range(COUNT // PER_PERSON)]
    rows = [timer_row(owner, f"t{number}", due) for owner in owners for number in range(PER_PERSON)]
    async with started(LEDGER, stack, work=False) as app, without_its_records(stack.kafka_url, TOPIC):
        for at in range(0, COUNT, 10_000):
            some = [InsertOne(one) for one in rows[at : at + 10_000]]
            await app.database.bulk_write(TIMERS, some, ordered=False)
        async with draining(app) as drain:
            salvos = [await drain.salvo(after=sent) for sent in (0, COUNT // 4, COUNT // 2)]
            assert await drain.over() == COUNT + len(salvos) * SUPERVISION.partitions
        ids = {one["_id"].encode() for one in rows}
        records = await records_of(stack.kafka_url, TOPIC)
        wire = [(one.partition, dict(one.headers)) for one in records if one.value is not None]
        for salvo in salvos:
            # Those on their way when it was committed, those read just before, and those it shares a window with.
            assert timers_before(wire, salvo.people, ids) <= salvo.sent + 3 * TIMERS_AT_ONCE
        copies = Counter(headers["ce_id"] for _, headers in wire if headers["ce_id"] in ids)
        assert (len(copies), set(copies.values())) == (COUNT, {1})


@dataclass(kw_only=True)
class Salvo:
    """One event to each partition, committed at one moment; `sent` is how many rows surely went before that."""

    people: Sequence[str]
    sent: int


class Drain:
    """A relay's work on many timers, with a look at how far it has come."""

    def __init__(self, app: Started, producers: Producers) -> None:
        self._app = app
        sender = Sender(app.database, producers, service=LEDGER.name, went_well=self._went_well)
        self._sender = sender
        self._windows = 0
        self._task = asyncio.create_task(self._run())

    async def salvo(self, *, after: int) -> Salvo:
        """Commit an event for each partition once so many timers were sent."""

        async def so_far() -> bool:
            return self._sent >= after

        await until(so_far, within_s=100, every_s=0.005)
        people = [person for number in range(SUPERVISION.partitions) for person in living_in(number, 1)]
        await commit(self._app, [row(person, 1) for person in people])
        return Salvo(people=people, sent=self._sent)

    async def over(self) -> int:
        """How many rows were sent in all."""
        return await self._task

    @property
    def _sent(self) -> int:
        return self._windows * TIMERS_AT_ONCE

    def _went_well(self) -> None:
        self._windows += 1

    async def _run(self) -> int:
        total = 0
        while sent := await self._sender.send_due():
            total += sent
        return total


@asynccontextmanager
async def draining(app: Started) -> AsyncIterator[Drain]:
    """A drain that has begun."""
    async with producing(app.stack.kafka_url, transactional_id=app.database.name) as producers:
        yield Drain(app, producers)


def timers_before(
    wire: Iterable[tuple[int, Mapping[str, bytes]]], people: Sequence[str], ids: Container[bytes]
) -> int:
    """How many of these timers are before these people's events, each counted in its own partition."""
    before: Counter[int] = Counter()
    total = 0
    for partition, headers in wire:
        total += before[partition] if headers["ce_subject"].decode() in people else 0
        before[partition] += headers["ce_id"] in ids
    return total


async def test_timers_that_lie_ahead_cost_nothing(stack: Stack) -> None:
    """What is due is found in the index, however many will be due one day."""
    async with started(LEDGER, stack, work=False) as app:
        ahead = [timer_row(new_id(), "t", utc_now() + HOUR) for _ in range(3_000)]
        at_once = [timer_row(new_id(), "t", utc_now()) for _ in range(3)]
        await app.database.bulk_write(TIMERS, [InsertOne(one) for one in (*ahead, *at_once)])
        find = {"find": TIMERS, "filter": IS_DUE, "sort": {"due": 1, "_id": 1}, "limit": WINDOW}
        told = (await app.database.command({"explain": find, "verbosity": "executionStats"}))[
            "executionStats"
        ]
        assert told["nReturned"] == len(at_once)
        assert told["totalKeysExamined"] <= len(at_once) + 1
