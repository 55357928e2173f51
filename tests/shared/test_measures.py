"""The gauges that alert rules look at, on a real MongoDB."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from prometheus_client import REGISTRY

from shared.ids import new_id
from shared.messaging.pace import Pace
from shared.service.measures import CLASSES, OTHER, failed_by_class, measure_loops, measure_parked
from shared.storage.unit_of_work import Change, Write
from tests.shared.messaging.test_reactions import reported
from tests.support.ledger_service import LEDGER
from tests.support.parked import OLGA, Feed, mended
from tests.support.running import started, until
from tests.support.stack import Stack


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"service": LEDGER.name, **labels})


@asynccontextmanager
async def beside(work: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_is_parked_is_measured(stack: Stack) -> None:
    """Keys, failed events by class without their followers, and the age of the oldest; retries by outcome."""
    async with started(LEDGER, stack, work=False) as app:
        feed, key = Feed(app=app), new_id()
        before = value("peerpath_parked_retried_total", outcome="handled") or 0
        await feed.give(
            feed.record(reported(key, "e1", 13), subject=f"p-{key}", sequence=1),
            feed.record(reported(key, "e2"), subject=f"p-{key}", sequence=2),
        )

        async def measured() -> bool:
            return (
                value("peerpath_parked_keys") == 1
                and value("peerpath_parked_events_failed", error="ValueError") == 1
                and (value("peerpath_parked_oldest_seconds") or 0) > 0
            )

        async with beside(measure_parked(app.runtime)):
            await until(measured)
        await feed.lot(mended()).retry_key(key, OLGA, pace=Pace())
        assert value("peerpath_parked_retried_total", outcome="handled") == before + 2


async def test_classes_without_end_are_a_bounded_number_of_labels(stack: Stack) -> None:
    """The commonest have their own, the others one together."""
    async with started(LEDGER, stack, work=False) as app:
        rows = [f"Error{kind:02}" for kind in range(CLASSES + 5) for _ in range(CLASSES + 5 - kind)]
        writes = [
            Write.insert("parked_events", {"_id": str(at), "error": error}) for at, error in enumerate(rows)
        ]
        await app.runtime.committer.commit(Change(writes=tuple(writes)))
        counts = await failed_by_class(app.database)
        assert len(counts) == CLASSES + 1
        assert (counts["Error00"], counts[OTHER]) == (CLASSES + 5, 5 + 4 + 3 + 2 + 1)


async def test_a_loop_that_waits_is_measured(stack: Stack) -> None:
    """What ready and live say of each loop is there for the rules too."""
    async with started(LEDGER, stack, work=False) as app:
        progress = app.runtime.progress
        progress.expect("reactions", within_s=0)
        progress.waits("reactions", "a partition that can't be read")

        async def measured() -> bool:
            states = {
                state: value("peerpath_loop_held_up", loop="reactions", state=state)
                for state in ("stuck", "waiting")
            }
            return states == {"stuck": 1, "waiting": 1}

        async with beside(measure_loops(app.runtime)):
            await until(measured)
