"""From the outbox to Kafka: reads what is due, sends each key in order, deletes what was acknowledged.

The rows are the truth: nothing is remembered between two calls, so a crash costs at most a repetition, which
consumers drop by the row's `sequence`. Never an id watermark: a transaction that commits late would be skipped by
one.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TypeVar, cast

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import DefaultPartitioner
from pymongo import DeleteMany

from shared.clock import Clock
from shared.contracts.topics import TOPICS
from shared.messaging.outbox import OUTBOX, kafka_headers
from shared.messaging.producers import Producers
from shared.steps import Step, reached
from shared.storage.blocking import Part
from shared.storage.mongo import Database, Document
from shared.telemetry import RELAYED

WINDOW = 2_000
"""Rows read at a time. More does not go faster, and two windows are in memory at once."""

EXACT_BOUNDS = 8

SLOW_S = 1.0
"""So long those that are acknowledged wait for the others, to be deleted together."""

DELETED_AT_ONCE = 500
"""Rows in one delete; several go in parallel."""

_partitioner = DefaultPartitioner()

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
        clock: Clock,
        went_well: Callable[[], None] = lambda: None,
        window: int = WINDOW,
    ) -> None:
        self._database = database
        self._producers = producers
        self._service = service
        self._clock = clock
        self._went_well = went_well
        self._window = window

    async def send_due(self) -> int:
        """Send what is due, window after window; returns how many rows.

        The next window is read while the present one is on its way. If sending fails, what was read ahead is
        forgotten: a later row never goes where an earlier one has not been acknowledged.
        """
        sent = 0
        on_their_way: set[str] = set()
        window = await self._due(None)
        while window:
            ahead = asyncio.create_task(self._due(window[-1])) if len(window) == self._window else None
            try:
                fresh = [row for row in window if row["_id"] not in on_their_way]
                rows = [*fresh, *await self._stragglers(fresh)]
                await self._send(rows)
                sent += len(rows)
                self._went_well()
                on_their_way = {row["_id"] for row in rows}
                window = await ahead if ahead else []
            finally:
                if ahead is not None:
                    ahead.cancel()
                    await asyncio.gather(ahead, return_exceptions=True)
        return sent

    async def _due(self, after: Document | None) -> list[Document]:
        """A window of rows that are due, in the order in which they were; with `after`, those behind that one."""
        where: Document = {"due": {"$lte": self._clock()}}
        if after is not None:
            where["due"]["$gte"] = after["due"]
            where["$or"] = [{"due": {"$gt": after["due"]}}, {"_id": {"$gt": after["_id"]}}]
        return await self._database.snapshot(OUTBOX, where, sort=(("due", 1), ("_id", 1)), limit=self._window)

    async def _stragglers(self, rows: Sequence[Document]) -> list[Document]:
        """Rows outside the window that must go before one inside it: same subject, lower sequence.

        The window may be full, or a row may seem to lie ahead because the process that decided it has a clock
        that runs fast. An event's `due` is only a stamp; only a timer has to wait for it.
        """
        highest: dict[str, int] = {}
        for row in rows:
            highest[row["subject"]] = max(row["sequence"], highest.get(row["subject"], 0))
        inside = [row["_id"] for row in rows]
        found = await asyncio.gather(
            *(self._others(subjects, below, inside) for below, subjects in _by_bound(highest).items())
        )
        missing = [
            {"subject": row["subject"], "sequence": row["sequence"]}
            for row in (row for part in found for row in part)
            if row["sequence"] < highest[row["subject"]]
        ]
        sendable = {"$or": [{"timer": False}, {"due": {"$lte": self._clock()}}]}
        stragglers: list[Document] = []
        # All of them, in parts: one that is left out would be lost downstream.
        for at in range(0, len(missing), self._window):
            part = missing[at : at + self._window]
            stragglers += await self._database.find(OUTBOX, {"$and": [{"$or": part}, sendable]})
        return stragglers

    async def _others(self, subjects: Sequence[str], below: int, inside: Sequence[str]) -> list[Document]:
        """Subject and sequence of rows that are not inside; answered from the index alone."""
        where = {
            "subject": {"$in": list(subjects)},
            "sequence": {"$lt": below},
            "_id": {"$nin": list(inside)},
        }
        return await self._database.find(OUTBOX, where, fields={"_id": 0, "subject": 1, "sequence": 1})

    async def _send(self, rows: Sequence[Document]) -> None:
        """Send rows, partitions in parallel.

        Raises:
            KafkaError, StorageError: some were not sent, or sent and not deleted; all that is not deleted will
                be sent again.
        """
        compacted = [row for row in rows if _is_compacted(row["topic"])]
        others = [row for row in rows if not _is_compacted(row["topic"])]
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
        """All of them in one transaction of Kafka's; where it fails, the producer is not used again."""
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
        gone = Part(collection=OUTBOX, operations=[DeleteMany(sent_and_unchanged(rows))])
        reached(Step.BEFORE_DELETE)
        await self._database.save([gone])
        reached(Step.AFTER_DELETE)
        RELAYED.labels(self._service).inc(len(rows))

    async def _delete(self, rows: Sequence[Document]) -> None:
        parts = (rows[at : at + DELETED_AT_ONCE] for at in range(0, len(rows), DELETED_AT_ONCE))
        reached(Step.BEFORE_DELETE)
        await asyncio.gather(*(self._database.delete(OUTBOX, sent_and_unchanged(part)) for part in parts))
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
    for row in in_order(rows):
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


def _is_compacted(topic: str) -> bool:
    return TOPICS[topic].cleanup == "compact"


def _by_bound(highest: Mapping[str, int]) -> dict[int, list[str]]:
    """Subjects by their highest sequence, or, where those are many, by the power of two above it.

    One bound for all would read the whole backlog of many subjects again because one of them is old; one for each
    would be thousands of queries.
    """
    exact = len(set(highest.values())) <= EXACT_BOUNDS
    found: dict[int, list[str]] = defaultdict(list)
    for subject, sequence in highest.items():
        found[sequence if exact else 1 << sequence.bit_length()].append(subject)
    return found


def in_order(rows: Iterable[Document]) -> list[Document]:
    """Rows in the order to send them: by when they were due, but each subject by its sequence.

    Ids and due times come from the clocks of several processes; the sequence comes from the state itself. So
    the places a subject has in the list stay, and its rows fill them from the lowest sequence up.
    """
    listed = sorted(rows, key=lambda row: (row["due"], row["_id"]))
    by_subject: dict[str, list[Document]] = defaultdict(list)
    for row in listed:
        by_subject[row["subject"]].append(row)
    queues = {
        subject: iter(sorted(own, key=lambda row: int(row["sequence"])))
        for subject, own in by_subject.items()
    }
    return [next(queues[row["subject"]]) for row in listed]


def sent_and_unchanged(rows: Sequence[Document]) -> Document:
    """The filter for rows to delete.

    A timer may have been set anew under its id while its last setting was being sent; then it has another
    sequence, and stays. Events never change, so their ids say enough.
    """
    timers = [row for row in rows if row["timer"]]
    events = [row["_id"] for row in rows if not row["timer"]]
    exact = [{"_id": row["_id"], "sequence": row["sequence"]} for row in timers]
    return {"$or": [{"_id": {"$in": events}}, *exact]}
