"""What things cost, counted: the same on every machine, however fast it is. `make bench` measures the rest."""

import tracemalloc

import bson

from shared.clock import utc_now
from shared.ids import new_id
from shared.messaging.batch import Batch
from shared.messaging.outbox import OUTBOX
from shared.messaging.records import Arrival, read
from tests.bench.ground import row
from tests.shared.messaging.test_relay import commit, send_due
from tests.support.ledger_service import LEDGER
from tests.support.records import record_of
from tests.support.running import Started, started
from tests.support.stack import Stack
from tests.support.trips import RoundTrips

EVENTS = 1_000
KIB = 1024


def arrivals() -> list[Arrival]:
    """One event each of a thousand people, as polled."""
    return [read(record_of(row(new_id(), 1), offset=offset)) for offset in range(EVENTS)]


def decisions(app: Started) -> Batch:
    return Batch(app.database, LEDGER.reactions, new_id=new_id)


async def test_a_batch_of_a_thousand_events_costs_eight_round_trips(stack: Stack) -> None:
    """Three finds, one write per collection and a commit, though every event is about another person."""
    trips = RoundTrips()
    async with started(LEDGER, stack, work=False, listeners=[trips]) as app:
        trips.by_name.clear()
        outcome = await decisions(app).decide(arrivals(), now=utc_now())
        await app.runtime.committer.commit(outcome.change)
        assert len(outcome.handled) == EVENTS
        assert trips.by_name == {"find": 3, "insert": 2, "update": 1, "commitTransaction": 1}


async def test_a_command_costs_four_round_trips_and_six_with_a_key(stack: Stack) -> None:
    """One to load, two to write, one to commit; an Idempotency-Key is looked up and kept."""
    trips = RoundTrips()
    async with (
        started(LEDGER, stack, work=False, listeners=[trips]) as app,
        app.client("p1", [("supervisor", "leeds")]) as client,
    ):
        (await client.post("/tallies/t1")).raise_for_status()
        trips.by_name.clear()
        (await client.post("/tallies/t1/hours", json={"entry": "a", "hours": 1})).raise_for_status()
        assert trips.by_name == {"find": 1, "update": 1, "insert": 1, "commitTransaction": 1}
        trips.by_name.clear()
        keyed = {"Idempotency-Key": "k1"}
        answer = await client.post("/tallies/t1/hours", json={"entry": "b", "hours": 1}, headers=keyed)
        answer.raise_for_status()
        assert trips.by_name == {"find": 2, "update": 1, "insert": 2, "commitTransaction": 1}


async def test_a_thousand_rows_are_relayed_in_four_round_trips(stack: Stack) -> None:
    """The outbox and the timers are read, and the rows deleted in two halves at once."""
    trips = RoundTrips()
    async with started(LEDGER, stack, work=False, listeners=[trips]) as app:
        await commit(app, [row(new_id(), 1) for _ in range(EVENTS)])
        trips.by_name.clear()
        assert await send_due(app) == EVENTS
        assert trips.by_name == {"find": 2, "delete": 2}


async def test_an_event_stays_small(stack: Stack) -> None:
    """Bytes of one event in the outbox: nothing is stored twice, and no new header goes unnoticed."""
    async with started(LEDGER, stack, work=False) as app:
        await commit(app, [row(new_id(), 1)])
        [stored] = await app.database.find(OUTBOX, {})
        assert len(bson.encode(stored)) < 1 * KIB


async def test_a_batch_of_a_thousand_events_fits_into_a_few_megabytes(stack: Stack) -> None:
    """Memory at its peak while a batch is decided: what a worker needs does not grow unnoticed."""
    async with started(LEDGER, stack, work=False) as app:
        batch, polled = decisions(app), arrivals()
        await batch.decide(polled, now=utc_now())  # What is made once is made.
        tracemalloc.start()
        try:
            await batch.decide(polled, now=utc_now())
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak / EVENTS < 12 * KIB
