"""Timers: rows beside the outbox that go out at their time, once, in order, and not after they were taken back."""

import asyncio
import random
import threading
from collections import Counter
from collections.abc import AsyncIterator, Container, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo import InsertOne, ReplaceOne
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from shared.clock import utc_now
from shared.contracts.supervision import HoursReported
from shared.contracts.topics import SUPERVISION
from shared.domain.aggregate import Timer
from shared.ids import new_id
from shared.messaging.outbox import TIMERS, timer_id, timer_writes
from shared.messaging.positions import Positions
from shared.messaging.producers import Producers, producing
from shared.messaging.records import Arrival, read
from shared.messaging.sender import IS_DUE, TIMERS_AT_ONCE, WINDOW, Sender
from shared.service import open_runtime, working
from shared.storage.mongo import Database, Document, connect
from shared.storage.unit_of_work import Change, Committer, Write
from shared.storage.unit_of_work import running as saving
from tests.shared.messaging.test_reactions import entries
from tests.shared.messaging.test_relay import commit, published, reported, row, send_due, sequences_by_person
from tests.shared.messaging.test_worker import living_in
from tests.support.holding import held
from tests.support.ledger_process import ServiceProcess, issuer_served
from tests.support.ledger_service import LEDGER
from tests.support.running import (
    Started,
    begin_at_the_end,
    ends_of,
    records_of,
    started,
    until,
    without_its_records,
)
from tests.support.stack import Stack

TOPIC = SUPERVISION.name
HOUR = timedelta(hours=1)


def writes(
    person: str, name: str, due: datetime | None, *, sequence: int = 1, entry: str = "timer"
) -> tuple[Write, ...]:
    """Set a timer of this person, or with `due` None take it back."""
    timer = Timer(name=name, due=due, event=reported(person, entry)) if due else None
    return tuple(timer_writes(person, [(name, timer)], sequence=sequence))


async def put(app: Started, person: str, name: str, due: datetime | None, **more: Any) -> None:
    await app.runtime.committer.commit(Change(writes=writes(person, name, due, **more)))


def subject(person: str, name: str) -> str:
    return f"{person}/timers/{name}"


async def heard(kafka_url: str, subjects: Iterable[str]) -> list[Arrival]:
    """What is on the topic under these subjects, in order per partition."""
    wanted = set(subjects)
    arrivals = [read(record) for record in await records_of(kafka_url, TOPIC)]
    return [one for one in arrivals if one.envelope and one.envelope.subject in wanted]


async def test_a_timer_is_sent_when_due_and_can_be_set_anew_or_taken_back(stack: Stack) -> None:
    """A timer goes out at its own time, under one id: the last setting counts, and none after a cancel."""
    person = new_id()
    async with started(LEDGER, stack, work=False) as app:
        await put(app, person, "overdue", utc_now() + HOUR, sequence=1)
        assert await send_due(app) == 0
        due = utc_now() + timedelta(milliseconds=300)
        await put(app, person, "overdue", due, sequence=2)
        await app.until(lambda: send_due(app))
        (sent,) = await heard(stack.kafka_url, [subject(person, "overdue")])
        assert sent.record.timestamp >= due.timestamp() * 1000
        assert (sent.envelope and sent.envelope.id) == timer_id(person, "overdue")
        await put(app, person, "overdue", utc_now() + HOUR, sequence=3)
        await put(app, person, "overdue", None, sequence=4)
        assert await app.database.count(TIMERS, {}) == 0
        assert await published(app, subject(person, "overdue")) == [2]


async def test_settings_of_a_timer_are_sent_in_order_and_the_last_one_surely(stack: Stack) -> None:
    """Set anew and taken back at any moment while they are being sent: sequences rise, none is sent twice."""
    dice = random.Random(11)
    people = [new_id() for _ in range(25)]
    async with started(LEDGER, stack, work=False) as app:

        async def settings() -> None:
            for sequence in range(1, 9):
                for person in people:
                    due = None if dice.random() < 0.2 else utc_now() + dice.choice((-HOUR, HOUR))
                    await put(app, person, "t", due, sequence=sequence)

        setting = asyncio.create_task(settings())
        while not setting.done():
            await send_due(app)
        await setting
        for person in people:
            await put(app, person, "t", utc_now(), sequence=9)
        await send_due(app)
        sent = await sequences_by_person(app, HoursReported)
        for own in (sent[subject(person, "t")] for person in people):
            assert own == sorted(set(own))
            assert own[-1] == 9


class Gate(CommandListener):
    """Stops the first delete of timers, which follows the sending, until it is opened."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.open = threading.Event()

    def started(self, event: CommandStartedEvent) -> None:
        """Runs in the driver's own thread, so nobody else is held up."""
        if event.command_name == "delete" and event.command["delete"] == TIMERS:
            self.reached.set()
            self.open.wait(60)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Too late to stop anything."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Too late to stop anything."""


@dataclass(kw_only=True)
class InBetween:
    """A timer that Kafka has and the database still has too, and somebody else who can change it."""

    app: Started
    others: Committer
    _gate: Gate
    _sending: asyncio.Task[int]

    async def go_on(self) -> None:
        """Let the relay delete what it sent."""
        self._gate.open.set()
        await self._sending


@asynccontextmanager
async def sent_and_not_deleted(stack: Stack, person: str) -> AsyncIterator[InBetween]:
    """This person's timer `t`, of sequence 1, in between."""
    gate = Gate()
    async with started(LEDGER, stack, work=False, listeners=[gate]) as app:
        await put(app, person, "t", utc_now(), sequence=1)
        sending = asyncio.create_task(send_due(app))
        try:
            assert await asyncio.to_thread(gate.reached.wait, 60)
            async with connect(stack.mongo_url, app.database.name) as own, saving(Committer(own)) as others:
                yield InBetween(app=app, others=others, _gate=gate, _sending=sending)
        finally:
            gate.open.set()
            await asyncio.gather(sending, return_exceptions=True)


async def test_a_timer_set_anew_while_it_is_being_sent_goes_off_again_at_its_new_time(stack: Stack) -> None:
    """The relay deletes the setting that it sent, and no other under the same id."""
    person = new_id()
    async with sent_and_not_deleted(stack, person) as between:
        later = writes(person, "t", utc_now() + timedelta(milliseconds=300), sequence=2)
        await between.others.commit(Change(writes=later))
        await between.go_on()
        await until(lambda: send_due(between.app))
        assert await published(between.app, subject(person, "t")) == [1, 2]
        assert await between.app.database.count(TIMERS, {}) == 0


async def test_a_timer_taken_back_while_it_is_being_sent_is_sent_no_second_time(stack: Stack) -> None:
    """The copy that is on its way arrives; a relay that takes over finds nothing to repeat."""
    person = new_id()
    async with sent_and_not_deleted(stack, person) as between:
        await between.others.commit(Change(writes=writes(person, "t", None)))
        assert await send_due(between.app) == 0
        await between.go_on()
        assert await published(between.app, subject(person, "t")) == [1]


class Watch:
    """A process's own clock, as wrong as a test wants it."""

    def __init__(self) -> None:
        self.off = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.off


async def test_a_clock_set_back_loses_and_repeats_nothing(stack: Stack) -> None:
    """Timers set before the jump go off at their time, once, and can be set anew after it; events go on meanwhile."""
    person, watch = new_id(), Watch()
    async with started(LEDGER, stack, clock=watch) as app:
        await put(app, person, "far", watch() + HOUR / 2)
        await put(app, person, "near", watch() + timedelta(seconds=1), sequence=1, entry="e1")
        await commit(app, [row(person, 1)])
        watch.off -= HOUR
        await commit(app, [row(person, 2)])
        assert await entries(app, person, 3) == ["e1", "e2", "e1"]
        await put(app, person, "near", watch(), sequence=2, entry="again")
        assert await entries(app, person, 4) == ["e1", "e2", "e1", "again"]
        assert await published(app, person) == [1, 2]
        assert await published(app, subject(person, "near")) == [1, 2]
        (left,) = await app.database.find(TIMERS, {})
        assert left["_id"] == timer_id(person, "far")


@pytest.mark.parametrize("off", [HOUR, -HOUR], ids=["fast", "slow"])
async def test_a_relay_whose_clock_is_wrong_neither_hurries_nor_holds_up(
    stack: Stack, off: timedelta
) -> None:
    """The database's clock says what is due, whichever process leads; and an event waits for no clock at all."""
    person, watch = new_id(), Watch()
    watch.off = off
    async with started(LEDGER, stack, clock=watch) as app:
        await put(app, person, "far", utc_now() + HOUR / 2)
        await put(app, person, "near", utc_now() + timedelta(milliseconds=300), entry="near")
        await commit(app, [row(person, 1)])
        assert sorted(await entries(app, person, 2)) == ["e1", "near"]
        (left,) = await app.database.find(TIMERS, {})
        assert left["_id"] == timer_id(person, "far")


async def test_timers_go_off_once_while_relays_with_other_clocks_take_turns(stack: Stack) -> None:
    """Each process that leads ends its term in the middle of it, and the next one's clock is two hours off."""
    people = [new_id() for _ in range(20)]
    async with started(LEDGER, stack, work=False) as app:
        await begin_at_the_end(LEDGER, app.runtime)
        for turn in range(4):
            watch = Watch()
            watch.off = HOUR if turn % 2 else -HOUR
            for at, person in enumerate(people):
                due = utc_now() + timedelta(milliseconds=20 * at)
                await put(app, person, "t", due, sequence=turn + 1, entry=f"e{turn + 1}")
                await put(app, person, f"far-{turn}", utc_now() + HOUR / 2)
            async with (
                open_runtime(LEDGER, app.runtime.settings, clock=watch) as runtime,
                working(LEDGER, runtime),
            ):
                await until(lambda: _some_sent(app, people))
        async with working(LEDGER, app.runtime):
            await until(lambda: _all_end_with(app, people, "e4"))
        for person in people:
            told = await entries(app, person, 1)
            assert told == sorted(set(told))
        assert await app.database.count(TIMERS, {}) == 4 * len(people)


async def _some_sent(app: Started, people: Sequence[str]) -> bool:
    left = await app.database.count(TIMERS, {"_id": {"$in": [timer_id(person, "t") for person in people]}})
    return left < len(people)


async def _all_end_with(app: Started, people: Sequence[str], entry: str) -> bool:
    rows = await app.database.find("tallies", {"_id": {"$in": people}})
    ending = [row for row in rows if row["entries"][-1] == entry]
    return len(ending) == len(people)


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


def timer_row(person: str, name: str, due: datetime) -> Document:
    """The row as `timer_writes` has it."""
    (write,) = writes(person, name, due)
    assert isinstance(write.operation, ReplaceOne)
    return dict(write.operation._doc)


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
        wire = [(one.partition, dict(one.headers)) for one in await records_of(stack.kafka_url, TOPIC)]
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
