"""One event in a hundred is poison: the rest flows, and afterwards everything is as if there had been none."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from shared.contracts.supervision import HoursApproved
from shared.contracts.topics import SUPERVISION
from shared.ids import new_id
from shared.messaging.pace import Pace
from shared.service import parking_lot
from tests.shared.messaging.test_pace import Clock
from tests.shared.messaging.test_reactions import reported
from tests.support.ledger_service import LEDGER
from tests.support.parked import OLGA, mended
from tests.support.running import Started, started
from tests.support.stack import Stack

PEOPLE, EACH = 250, 20
POISON = frozenset(Random(2026).sample(range(PEOPLE * EACH), PEOPLE * EACH // 100))
"""Events that are poison, counted as they are published: the same fifty in every run."""
POISON_H, GOOD_H = 13.0, 1.0
RATE = 20.0
Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Load:
    """Everybody's hours, event by event; one in a hundred is what the rule can't stand."""

    people: Sequence[str]

    def hours(self, person: int, number: int) -> float:
        return POISON_H if number * PEOPLE + person in POISON else GOOD_H

    def first_poison(self, person: int) -> int | None:
        return next((number for number in range(EACH) if self.hours(person, number) == POISON_H), None)

    @property
    def unharmed(self) -> list[str]:
        return [id for at, id in enumerate(self.people) if self.first_poison(at) is None]

    @property
    def waiting(self) -> int:
        """How many events are parked: each poisoned person's, from the first poison on."""
        firsts = [self.first_poison(at) for at in range(PEOPLE)]
        return sum(EACH - first for first in firsts if first is not None)

    async def publish(self, app: Started) -> None:
        for number in range(EACH):
            for at, person in enumerate(self.people):
                event = reported(person, f"e{number}", self.hours(at, number))
                await app.producer.send(**app.record(event, subject=f"p-{person}", sequence=number + 1))
        await app.producer.flush()


async def tallies(app: Started, people: Sequence[str]) -> Mapping[str, Json]:
    """The tallies of some people, without the ids of their events, which are new wherever they are made."""
    rows = await app.database.find("tallies", {"_id": {"$in": list(people)}})
    return {row["_id"]: {**row, "last_event": None} for row in rows}


async def has_all(app: Started, people: Sequence[str]) -> bool:
    """Have all of them all their entries?"""
    found = await tallies(app, people)
    return sum(len(row["entries"]) for row in found.values()) == EACH * len(people)


async def test_one_percent_poison_holds_up_nobody_else_and_is_made_good(stack: Stack) -> None:
    """Poison is parked with its followers, everybody else is served; mended and retried, nothing tells them apart.

    A second service with the mended rule hears the same events from the start: that is what would have been.
    """
    load = Load(people=[new_id() for _ in range(PEOPLE)])
    async with started(LEDGER, stack) as app, started(mended(), stack) as would_be:
        await load.publish(app)

        async def settled() -> bool:
            return (
                await app.database.count("parked_events", {}) == load.waiting
                and await has_all(app, load.unharmed)
                and await has_all(would_be, load.people)
            )

        await app.until(settled, within_s=120)
        poisoned = [id for id in load.people if id not in set(load.unharmed)]
        harmed = await tallies(app, poisoned)
        for at, person in enumerate(load.people):
            first = load.first_poison(at)
            if first:
                assert harmed[person]["entries"] == [f"e{number}" for number in range(first)]

        lot = parking_lot(mended(), app.runtime)
        [held_up] = await lot.parked.errors()
        assert (held_up.error, held_up.keys) == ("ValueError", len(poisoned))
        clock = Clock()
        pace = Pace(per_second=RATE, monotonic=clock.monotonic, pause=clock.pause)
        retried = await lot.retry_error("ValueError", OLGA, pace=pace)
        assert (retried.keys, retried.handled, retried.failed) == (len(poisoned), load.waiting, 0)
        assert clock.now == pytest.approx((load.waiting - 1) / RATE)

        assert await tallies(app, load.people) == await tallies(would_be, load.people)
        assert await lot.parked.keys(limit=1) == []
        await both_told_the_same(app, would_be, load.people)


async def both_told_the_same(app: Started, would_be: Started, people: Sequence[str]) -> None:
    """Each approval is on the topic twice, once by each service, with the same number and the same content."""

    async def relayed() -> bool:
        return not await app.database.count("outbox", {}) and not await would_be.database.count("outbox", {})

    await app.until(relayed, within_s=60)
    told: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for arrival in await app.events(SUPERVISION.name):
        if isinstance(arrival.data, HoursApproved) and arrival.envelope:
            told[arrival.data.placement].append((arrival.envelope.sequence, arrival.data.model_dump_json()))
    for person in people:
        said = Counter(told[person])
        assert set(said.values()) == {2}
        assert sorted(sequence for sequence, _ in said) == list(range(1, EACH + 1))
