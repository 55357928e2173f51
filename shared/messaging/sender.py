"""From the outbox to Kafka: reads what is there, sends each key in order, deletes what was acknowledged.

The rows are the truth: nothing is remembered between two calls, so a crash costs at most a repetition, which
consumers drop by the row's `sequence`. Never an id watermark: a transaction that commits late would be skipped by
one. Within a subject a higher sequence has a higher id, so whatever a window holds, all that must go before it is in
the same window, on its way, or gone.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar, cast

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import DefaultPartitioner
from pymongo import DeleteMany

from shared.contracts.topics import TOPICS
from shared.messaging.outbox import OUTBOX, TIMERS, kafka_headers
from shared.messaging.producers import Producers
from shared.steps import Step, reached
from shared.storage.blocking import Part
from shared.storage.mongo import Database, Document, Query
from shared.telemetry import RELAYED

WINDOW = 2_000
"""Events read at a time. More does not go faster, and two windows are in memory at once."""

TIMERS_AT_ONCE = 500
"""Timers sent beside a window of events: however many are due at one moment, events wait for no more than these."""

TIMERS_EVERY_S = 0.25
"""How often timers are looked for; also how late one can be."""

SLOW_S = 1.0
"""So long those that are acknowledged wait for the others, to be deleted together."""

DELETED_AT_ONCE = 500
"""Rows in one delete; several go in parallel."""

_partitioner = DefaultPartitioner()

BY_ID = (("_id", 1),)
IS_DUE: Mapping[str, Any] = {"$expr": {"$lte": ["$due", "$$NOW"]}}
"""By the clock that all processes share: where one's own is wrong, nobody else is held up or hurried by it."""

T = TypeVar("T")
Group = tuple[str, int]
"""A topic and a partition of it."""


@lru_cache(maxsize=65_536)
def partition_of(key: bytes, partitions: int) -> int:
    """Where Kafka's own clients put this key (murmur2); remembered, because it is computed in pure Python."""
    everywhere = list(range(partitions))
    return int(_partitioner(key, everywhere, everywhere))


class Sender:
    """Sends the rows of one service."""

    def __init__(
        self,
        database: Database,
        producers: Producers,
        *,
        service: str,
        went_well: Callable[[], None] = lambda: None,
        window: int = WINDOW,
    ) -> None:
        self._database = database
        self._producers = producers
        self._service = service
        self._went_well = went_well
        self._window = window
        self._timers_at = 0.0
        """When timers are to be looked for again, by the monotonic clock."""

    async def send_due(self) -> int:
        """Send what is there and due, window after window; returns how many rows.

        The next window is read while the present one is on its way. If sending fails, what was read ahead is
        forgotten: a later row never goes where an earlier one has not been acknowledged.
        """
        sent = 0
        events, timers = await self._read_ahead(()), await self._due_timers()
        while events or timers:
            more = len(events) >= self._window or len(timers) >= TIMERS_AT_ONCE
            ahead = asyncio.create_task(self._read_ahead(events)) if more else None
            try:
                await self._send([*events, *timers])
                sent += len(events) + len(timers)
                self._went_well()
                events = await ahead if ahead else []
                timers = await self._due_timers()
            finally:
                if ahead is not None:
                    ahead.cancel()
                    await asyncio.gather(ahead, return_exceptions=True)
        return sent

    async def _read_ahead(self, in_hand: Sequence[Document]) -> list[Document]:
        """The first events beside those in hand, by their ids, all as of one instant.

        Beside, not behind: what committed late has a lower id, and may have to go before what is behind.
        """
        first = Query(where={}, sort=BY_ID, limit=self._window)
        if not in_hand:
            [events] = await self._database.snapshot(OUTBOX, first)
            return events
        last = in_hand[-1]["_id"]
        behind = Query(where={"_id": {"$gt": last}}, sort=BY_ID, limit=self._window)
        before = Query(where={"_id": {"$lte": last}}, fields=("_id",))
        events, others = await self._database.snapshot(OUTBOX, behind, before)
        late = sorted({row["_id"] for row in others} - {row["_id"] for row in in_hand})[: self._window]
        if late:
            events = [*await self._database.find(OUTBOX, {"_id": {"$in": late}}, sort=BY_ID), *events]
        return events[: self._window]

    async def _due_timers(self) -> list[Document]:
        """Timers that are due by the database's clock, those that are so for the longest time first."""
        now = time.monotonic()
        if now < self._timers_at:
            return []
        due = await self._database.find(TIMERS, IS_DUE, sort=(("due", 1), ("_id", 1)), limit=TIMERS_AT_ONCE)
        if len(due) < TIMERS_AT_ONCE:
            self._timers_at = now + TIMERS_EVERY_S
        return due

    async def _send(self, rows: Sequence[Document]) -> None:
        """Send rows, partitions in parallel.

        Raises:
            KafkaError, StorageError: some were not sent, or sent and not deleted; all that is not deleted will
                be sent again.
        """
        compacted = [row for row in rows if TOPICS[row["topic"]].compacted]
        others = [row for row in rows if not TOPICS[row["topic"]].compacted]
        work = [self._send_events(others)] if others else []
        if compacted:
            work.append(self._send_compacted(compacted))
        _raised(await asyncio.gather(*work, return_exceptions=True))

    async def _send_events(self, rows: Sequence[Document]) -> None:
        """One batch at a time to each partition, each acknowledged before the next, partitions in parallel.

        A later record is never on its way while an earlier one may still fail: published out of order, the
        earlier one would be taken for a repetition.
        """
        producer = await self._producers.plain()
        left = await _by_partition(producer, rows)
        while left:
            taken = await self._send_round(producer, left)
            left = {group: own[taken[group] :] for group, own in left.items() if own[taken[group] :]}

    async def _send_round(
        self, producer: AIOKafkaProducer, left: Mapping[Group, Sequence[Document]]
    ) -> Mapping[Group, int]:
        """One batch to each partition; what is acknowledged is deleted, together unless some take long."""
        sending = {
            asyncio.create_task(_send_batch(producer, group, own)): group for group, own in left.items()
        }
        taken: dict[Group, int] = {}
        waiting = set(sending)
        try:
            while waiting:
                reached(Step.BEFORE_ACK)
                done, waiting = await asyncio.wait(waiting, timeout=SLOW_S)
                well = {sending[task]: task.result() for task in done if task.exception() is None}
                taken |= well
                if well:
                    await self._delete([row for group, count in well.items() for row in left[group][:count]])
        finally:
            for task in sending:
                task.cancel()
            results = await asyncio.gather(*sending, return_exceptions=True)
        _raised(results)
        return taken

    async def _send_compacted(self, rows: Sequence[Document]) -> None:
        """All of them in one transaction of Kafka's; where it fails, the producer is not used again.

        Just after a failover a view may be stale and hold what was sent and deleted before. A repetition would be
        the last word on its key, so what is not there any more is left out.
        """
        there = await self._database.find_own(OUTBOX, {"_id": {"$in": [row["_id"] for row in rows]}})
        rows = sorted(there, key=lambda row: str(row["_id"]))
        producer = await self._producers.fenced()
        await producer.begin_transaction()
        for group, own in (await _by_partition(producer, rows)).items():
            left = own
            while left:
                left = left[await _send_batch(producer, group, left) :]
        reached(Step.BEFORE_ACK)
        await producer.commit_transaction()
        reached(Step.AFTER_ACK)
        # All or none: were only the later of two contacts deleted, the earlier one would be sent again, and be last.
        gone = Part(
            collection=OUTBOX, operations=[DeleteMany({"_id": {"$in": [row["_id"] for row in rows]}})]
        )
        reached(Step.BEFORE_DELETE)
        await self._database.save([gone])
        reached(Step.AFTER_DELETE)
        RELAYED.labels(self._service).inc(len(rows))

    async def _delete(self, rows: Sequence[Document]) -> None:
        events = [row["_id"] for row in rows if not is_timer(row)]
        timers = [row for row in rows if is_timer(row)]
        parts = (events[at : at + DELETED_AT_ONCE] for at in range(0, len(events), DELETED_AT_ONCE))
        work = [self._database.delete(OUTBOX, {"_id": {"$in": part}}) for part in parts]
        if timers:
            work.append(self._database.delete(TIMERS, sent_and_unchanged(timers)))
        reached(Step.BEFORE_DELETE)
        await asyncio.gather(*work)
        reached(Step.AFTER_DELETE)
        RELAYED.labels(self._service).inc(len(rows))


async def _send_batch(producer: AIOKafkaProducer, group: Group, rows: Sequence[Document]) -> int:
    """Send as many rows as fit into one batch; returns how many, once Kafka has them."""
    batch = producer.create_batch()
    taken = 0
    for row in rows:
        fits = batch.append(key=row["key"], value=row["value"], timestamp=None, headers=kafka_headers(row))
        if not fits:
            break
        taken += 1
    batch.close()
    reached(Step.BEFORE_SEND)
    acknowledged = await producer.send_batch(batch, group[0], partition=group[1])
    reached(Step.AFTER_SEND)
    await acknowledged
    reached(Step.AFTER_ACK)
    return taken


async def _by_partition(producer: AIOKafkaProducer, rows: Sequence[Document]) -> dict[Group, list[Document]]:
    partitions: dict[str, int] = {}
    groups: dict[Group, list[Document]] = defaultdict(list)
    for row in rows:
        topic = row["topic"]
        if topic not in partitions:
            partitions[topic] = len(await producer.partitions_for(topic))
        groups[topic, partition_of(row["key"], partitions[topic])].append(row)
    return groups


def _raised(results: Sequence[T | BaseException]) -> Sequence[T]:
    """The results of a gather, or the first that was raised."""
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return cast("Sequence[T]", results)


def is_timer(row: Document) -> bool:
    """Is it from the timers, or an event of the outbox?"""
    return "due" in row


def sent_and_unchanged(timers: Sequence[Document]) -> Document:
    """The filter for timers to delete.

    One may have been set anew under its id while its last setting was being sent; then it has another sequence, and
    stays. Events never change, so their ids say enough.
    """
    return {"$or": [{"_id": row["_id"], "sequence": row["sequence"]} for row in timers]}
