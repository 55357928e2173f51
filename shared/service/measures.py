"""Gauges of what waits in the database and of loops that don't get round: what the alert rules look at.

Every worker process measures the same database, so rules take the highest of a service's, never the sum.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from shared.ids import moment_of
from shared.messaging.outbox import OUTBOX, TIMERS
from shared.messaging.parking import OLDEST_FIRST, PARKED_EVENTS, PARKED_KEYS
from shared.service.composition import Runtime
from shared.storage.mongo import Database
from shared.telemetry import LOOP_HELD_UP, OUTBOX_AGE, OUTBOX_ROWS, PARKED_FAILED, PARKED_OLDEST
from shared.telemetry import PARKED_KEYS as KEYS

PARKED_EVERY_S = 10.0
OUTBOX_EVERY_S = 5.0
LOOPS_EVERY_S = 5.0
CLASSES = 20
"""Classes of error with a label of their own: as many as one sees at a glance, and never without end."""
OTHER = "other"


async def measure_parked(runtime: Runtime) -> None:
    """Keep the gauges of what is parked."""
    shown: set[str] = set()
    while True:
        oldest = await runtime.database.find(PARKED_KEYS, {}, fields=("since",), sort=OLDEST_FIRST, limit=1)
        age = (runtime.clock() - oldest[0]["since"]).total_seconds() if oldest else 0.0
        failed = await failed_by_class(runtime.database)
        KEYS.labels(runtime.name).set(await runtime.database.count(PARKED_KEYS, {}))
        PARKED_OLDEST.labels(runtime.name).set(age)
        for error, events in failed.items():
            PARKED_FAILED.labels(runtime.name, error).set(events)
        for error in shown - failed.keys():
            PARKED_FAILED.remove(runtime.name, error)
        shown = set(failed)
        await asyncio.sleep(PARKED_EVERY_S)


async def failed_by_class(database: Database) -> Mapping[str, int]:
    """Parked events that failed, by class of error; beyond `CLASSES` of them together as `OTHER`."""
    rows = await database.aggregate(
        PARKED_EVENTS,
        (
            {"$match": {"error": {"$gt": ""}}},  # From the index alone.
            {"$group": {"_id": "$error", "events": {"$sum": 1}}},
            {"$sort": {"events": -1, "_id": 1}},
        ),
    )
    counts = {row["_id"]: int(row["events"]) for row in rows[:CLASSES]}
    if rows[CLASSES:]:
        counts[OTHER] = sum(int(row["events"]) for row in rows[CLASSES:])
    return counts


async def measure_outbox(runtime: Runtime) -> None:
    """Keep the gauges of how much waits and how long the oldest row has; apart from the relay, which may hang."""
    while True:
        now = runtime.clock()
        rows = await runtime.database.find(OUTBOX, {}, fields=("_id",), sort=(("_id", 1),), limit=1)
        due = {"due": {"$lte": now}}
        timers = await runtime.database.find(TIMERS, due, fields=("due",), sort=(("due", 1),), limit=1)
        waiting = [moment_of(row["_id"]) for row in rows] + [row["due"] for row in timers]
        age = max(((now - since).total_seconds() for since in waiting), default=0.0)
        OUTBOX_AGE.labels(runtime.name).set(max(0.0, age))
        OUTBOX_ROWS.labels(runtime.name).set(await runtime.database.estimate(OUTBOX))
        await asyncio.sleep(OUTBOX_EVERY_S)


async def measure_loops(runtime: Runtime) -> None:
    """Keep the gauges of what `/health/live` and `/health/ready` say of this process's loops."""
    while True:
        stuck, waiting = runtime.progress.stuck(), runtime.progress.waiting()
        for loop in runtime.progress.expected():
            LOOP_HELD_UP.labels(runtime.name, loop, "stuck").set(loop in stuck)
            LOOP_HELD_UP.labels(runtime.name, loop, "waiting").set(loop in waiting)
        await asyncio.sleep(LOOPS_EVERY_S)


MEASURES: Sequence[Callable[[Runtime], Awaitable[None]]] = (measure_parked, measure_outbox, measure_loops)
