"""Timers: rows beside the outbox that go out at their time, once, in order, and not after they were taken back."""

import asyncio
import random
import threading
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from pymongo import ReplaceOne
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from shared.clock import utc_now
from shared.contracts.supervision import HoursReported
from shared.contracts.topics import SUPERVISION
from shared.domain.aggregate import Timer
from shared.ids import new_id
from shared.messaging.outbox import TIMERS, timer_id, timer_writes
from shared.messaging.records import Arrival, read
from shared.service import open_runtime, working
from shared.storage.mongo import Document, connect
from shared.storage.unit_of_work import Change, Committer, Write
from shared.storage.unit_of_work import running as saving
from tests.shared.messaging.test_reactions import entries
from tests.shared.messaging.test_relay import commit, published, reported, row, send_due, sequences_by_person
from tests.support.ledger_service import LEDGER
from tests.support.running import (
    Started,
    begin_at_the_end,
    records_of,
    started,
    until,
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


def timer_row(person: str, name: str, due: datetime) -> Document:
    """The row as `timer_writes` has it."""
    (write,) = writes(person, name, due)
    assert isinstance(write.operation, ReplaceOne)
    return dict(write.operation._doc)


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
