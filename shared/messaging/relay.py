"""The relay: takes committed rows out of the outbox to Kafka, each key in order, none left behind.

The rows are the truth: nothing is remembered between two rounds, so a lost wake-up, a lost resume token or a
crash costs at most a repetition, which consumers drop by the row's `sequence`. Never an id watermark: a
transaction that commits late would be skipped by one.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner

from shared.clock import Clock
from shared.messaging.lease import Lease
from shared.messaging.outbox import OUTBOX, kafka_headers
from shared.progress import Progress
from shared.storage.errors import StorageError
from shared.storage.mongo import Database, Document
from shared.telemetry import OUTBOX_AGE, RELAYED

log = structlog.get_logger(__name__)

WINDOW = 2_000
"""Rows read at a time. More does not go faster, and all of them are in memory at once."""

POLL_S = 0.5
"""The safety net when no wake-up comes; also how late a timer can be."""

PATIENCE_S = 5.0
"""How long Kafka may take over a batch before health says that we wait for it."""

_partitioner = DefaultPartitioner()


@lru_cache(maxsize=65_536)
def partition_of(key: bytes, partitions: int) -> int:
    """Where Kafka's own clients put this key (murmur2); remembered, because it is computed in pure Python."""
    everywhere = list(range(partitions))
    return int(_partitioner(key, everywhere, everywhere))


class Relay:
    """One service's relay. Several processes may run one; the lease lets one of them act."""

    def __init__(
        self,
        database: Database,
        *,
        service: str,
        kafka_url: str,
        lease: Lease,
        clock: Clock,
        progress: Progress,
    ) -> None:
        self._database = database
        self._service = service
        self._kafka_url = kafka_url
        self._lease = lease
        self._clock = clock
        self._progress = progress
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """There is something to send; called after a commit in the same process."""
        self._wake.set()

    async def run(self) -> None:
        """Send whatever is due, until cancelled; survives outages of Kafka and MongoDB."""
        watcher = asyncio.create_task(self._watch(), name="outbox-watch")
        try:
            while True:
                try:
                    await self._term()
                except (StorageError, KafkaError, OSError) as problem:
                    log.warning("relay_interrupted", problem=str(problem))
                    self._progress.waits("relay", type(problem).__name__)
                except Exception:
                    log.exception("relay_failed")  # Never silently gone: the next round tries again.
                    self._progress.waits("relay", "an error that is in the log")
                await asyncio.sleep(POLL_S)
        finally:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)
            with suppress(StorageError):
                await self._lease.give_back()

    async def _term(self) -> None:
        """One term of office: from taking the lease to losing it."""
        if not await self._lease.take():
            self._progress.beat("relay")
            return
        log.info("relay_leads", token=self._lease.token)
        async with _producer(self._kafka_url) as producer:
            keeper = asyncio.create_task(self._lease.keep(), name="relay-lease")
            worker = asyncio.create_task(self._send_for_ever(producer), name="relay-send")
            try:
                while not await self._one_ends(keeper, worker):
                    if not self._progress.beaten_within("relay", PATIENCE_S):
                        # An idempotent producer waits for a broker that is gone for as long as it takes.
                        self._progress.waits("relay", "Kafka to acknowledge")
                if worker.done():
                    worker.result()
                log.warning("relay_fenced_out", token=self._lease.token)
            finally:
                for task in (keeper, worker):
                    task.cancel()
                await asyncio.gather(keeper, worker, return_exceptions=True)

    async def _one_ends(self, *tasks: asyncio.Task[None]) -> bool:
        done, _ = await asyncio.wait(tasks, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
        return bool(done)

    async def _send_for_ever(self, producer: AIOKafkaProducer) -> None:
        while self._lease.held:
            self._wake.clear()
            await self.send_due(producer)
            self._progress.beat("relay")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), POLL_S)

    async def send_due(self, producer: AIOKafkaProducer) -> int:
        """Send what is due, window after window, and delete what was acknowledged; returns how many rows.

        The next window is read while the present one is on its way. If sending fails, what was read ahead is
        forgotten: a later row never goes where an earlier one has not been acknowledged.
        """
        sent = 0
        on_their_way: set[str] = set()
        window = await self._due(None)
        self._note_age(window)
        while window:
            ahead = asyncio.create_task(self._due(window[-1])) if len(window) == WINDOW else None
            try:
                fresh = [row for row in window if row["_id"] not in on_their_way]
                rows = [*fresh, *await self._stragglers(fresh)]
                await self._send(producer, rows)
                sent += len(rows)
                self._progress.beat("relay")
                on_their_way = {row["_id"] for row in rows}
                window = await ahead if ahead else []
            finally:
                if ahead is not None:
                    ahead.cancel()
                    await asyncio.gather(ahead, return_exceptions=True)
        return sent

    def _note_age(self, rows: Sequence[Document]) -> None:
        age = (self._clock() - rows[0]["due"]).total_seconds() if rows else 0.0
        OUTBOX_AGE.labels(self._service).set(max(0.0, age))

    async def _send(self, producer: AIOKafkaProducer, rows: Sequence[Document]) -> None:
        groups = await self._by_partition(producer, in_order(rows))
        results = await asyncio.gather(
            *(self._send_partition(producer, tp, group) for tp, group in groups.items()),
            return_exceptions=True,
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _due(self, after: Document | None) -> list[Document]:
        """A window of rows that are due, in the order in which they were; with `after`, those behind that one."""
        where: Document = {"due": {"$lte": self._clock()}}
        if after is not None:
            where["due"]["$gte"] = after["due"]
            where["$or"] = [{"due": {"$gt": after["due"]}}, {"_id": {"$gt": after["_id"]}}]
        return await self._database.snapshot(OUTBOX, where, sort=(("due", 1), ("_id", 1)), limit=WINDOW)

    async def _stragglers(self, rows: Sequence[Document]) -> list[Document]:
        """Rows outside the window that must go before one inside it: same subject, lower sequence.

        The window may be full, or a row may seem to lie ahead because the process that decided it has a clock
        that runs fast. An event's `due` is only a stamp; only a timer has to wait for it.
        """
        highest: dict[str, int] = {}
        for row in rows:
            highest[row["subject"]] = max(row["sequence"], highest.get(row["subject"], 0))
        if not highest:
            return []
        inside = {row["_id"] for row in rows}
        where = {
            "subject": {"$in": list(highest)},
            # Without this bound a full outbox would be read again with every window.
            "sequence": {"$lt": max(highest.values())},
            "$or": [{"timer": False}, {"due": {"$lte": self._clock()}}],
        }
        found = await self._database.find(OUTBOX, where)
        return [
            row for row in found if row["_id"] not in inside and row["sequence"] < highest[row["subject"]]
        ]

    async def _by_partition(
        self, producer: AIOKafkaProducer, rows: Sequence[Document]
    ) -> dict[tuple[str, int], list[Document]]:
        partitions: dict[str, int] = {}
        groups: dict[tuple[str, int], list[Document]] = defaultdict(list)
        for row in rows:
            topic = row["topic"]
            if topic not in partitions:
                partitions[topic] = len(await producer.partitions_for(topic))
            groups[topic, partition_of(bytes(row["key"]), partitions[topic])].append(row)
        return groups

    async def _send_partition(
        self, producer: AIOKafkaProducer, tp: tuple[str, int], rows: Sequence[Document]
    ) -> None:
        """One batch after the other, each acknowledged before the next.

        A later record is never on its way while an earlier one may still fail: published out of order, the
        earlier one would be taken for a repetition.
        """
        left = list(rows)
        while left:
            batch = producer.create_batch()
            taken = 0
            for row in left:
                fits = batch.append(
                    key=row["key"], value=row["value"], timestamp=None, headers=kafka_headers(row)
                )
                if not fits:
                    break
                taken += 1
            batch.close()
            acknowledged = await producer.send_batch(batch, tp[0], partition=tp[1])
            await acknowledged
            await self._database.delete(OUTBOX, sent_and_unchanged(left[:taken]))
            RELAYED.labels(self._service).inc(taken)
            left = left[taken:]

    async def _watch(self) -> None:
        """Wake up on rows that other processes commit; whatever goes wrong here, the poll makes up for it."""
        while True:
            with suppress(Exception):
                async with self._database.watch_inserts(OUTBOX) as stream:
                    while True:
                        await stream.next()
                        self.wake()
            await asyncio.sleep(POLL_S)


def in_order(rows: Sequence[Document]) -> list[Document]:
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


def _producer(kafka_url: str) -> Any:
    return AIOKafkaProducer(
        bootstrap_servers=kafka_url,
        acks="all",
        enable_idempotence=True,
        linger_ms=0,
        max_batch_size=900 * 1024,
        request_timeout_ms=30_000,
    )
