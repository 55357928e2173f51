"""The reactions worker: polled records in, one transaction out, nothing lost and nothing twice.

FastStream owns the subscription and its life cycle; the records are taken raw, because its conveniences are
made for other guarantees than ours: its default policy acknowledges before the handler ran, a handler or
parser that raises loses the batch (the next one is polled), and a batch nack rewinds one partition only. So the
parser here can't fail, the handler lets nothing escape, and what counts as done is the position in the
database. Offsets in Kafka are committed now and then, for lag monitoring alone.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage

from shared.clock import Clock
from shared.messaging.batch import Batch, Outcome
from shared.messaging.positions import Positions
from shared.messaging.records import Arrival, read
from shared.progress import Progress
from shared.storage.errors import AlreadyThere, Stale, StorageError, Unavailable
from shared.storage.mongo import Database
from shared.storage.unit_of_work import Committer
from shared.telemetry import (
    BATCH_RETRIES,
    EVENTS_HANDLED,
    EVENTS_PARKED,
    EVENTS_SKIPPED,
    REACTION_LAG,
    link_to,
    tracer,
)

log = structlog.get_logger(__name__)

MAX_RECORDS = 1_000
MAX_BYTES = 8 * 1024 * 1024
OFFSETS_EVERY_S = 2.0
FIRST_BACKOFF_S, LAST_BACKOFF_S = 0.05, 5.0


class PositionBeyondEnd(RuntimeError):
    """A topic is shorter than what was handled of it; going on would drop its records without a word."""


class Worker(ConsumerRebalanceListener):  # type: ignore[misc]
    """Consumes a service's topics as one consumer group."""

    def __init__(
        self,
        *,
        service: str,
        topics: Sequence[str],
        database: Database,
        batch: Batch,
        committer: Committer,
        group: str,
        clock: Clock,
        progress: Progress,
        saved: Callable[[], None],
    ) -> None:
        self._saved = saved
        self._service = service
        self._topics = topics
        self._batch = batch
        self._committer = committer
        self._group = group
        self._positions = Positions(database, group)
        self._clock = clock
        self._progress = progress
        self._next: dict[TopicPartition, int] = {}
        self._offsets_at = 0.0
        self._subscriber: Any = None

    def register(self, broker: KafkaBroker, *, max_records: int = MAX_RECORDS) -> None:
        """Subscribe on a FastStream broker that is not started yet."""
        self._subscriber = broker.subscriber(
            *self._topics,
            group_id=self._group,
            batch=True,
            max_records=max_records,
            batch_timeout_ms=20,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            fetch_max_bytes=MAX_BYTES,
            listener=self,
            parser=_raw,
            decoder=_nothing,
        )
        self._subscriber(self._on_message)

    async def _on_message(self, message: KafkaMessage) -> None:
        attempt = 0
        while True:
            try:
                return await self.handle(message.raw_message)
            except Exception as problem:
                # Whatever gets out of here loses the batch: FastStream polls the next one. `handle` begins again
                # where the position is.
                attempt += 1
                log.error("batch_escaped", problem=type(problem).__name__)  # noqa: TRY400 - it may hold data
                await self._back_off(attempt, type(problem).__name__)

    @property
    def _consumer(self) -> AIOKafkaConsumer:
        return self._subscriber.consumer

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Start each partition where the database says, not where Kafka remembers."""
        tps = list(assigned)
        log.info("partitions_assigned", partitions=[f"{tp.topic}/{tp.partition}" for tp in tps])
        attempt = 0
        while True:
            try:
                await self._seek(tps)
            except Exception as problem:
                # aiokafka swallows what a listener raises: the partition would stay without a position.
                attempt += 1
                await self._back_off(attempt, f"positions: {type(problem).__name__}: {problem}")
            else:
                self._progress.beat("reactions")
                return

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Forget the partitions; a batch of theirs that is still under way fails on its position if it must."""
        for tp in list(revoked):
            self._next.pop(tp, None)

    async def _seek(self, tps: list[TopicPartition]) -> None:
        stored = await self._positions.read(tps)
        fresh = [tp for tp in tps if tp not in stored]
        if fresh:
            await self._positions.begin(await self._consumer.beginning_offsets(fresh))
            stored = await self._positions.read(tps)
        oldest = await self._consumer.beginning_offsets(tps)
        newest = await self._consumer.end_offsets(tps)
        for tp, position in stored.items():
            if position > newest[tp]:
                raise PositionBeyondEnd(
                    f"{tp.topic}/{tp.partition} ends at {newest[tp]}, but we have handled up to {position}: the "
                    "topic was made anew. Restore it, or delete the position to begin again."
                )
            if position < oldest[tp]:
                log.error("records_gone_by_retention", topic=tp.topic, partition=tp.partition, next=position)
            self._next[tp] = position
            self._consumer.seek(tp, position)

    async def handle(self, records: Sequence[ConsumerRecord]) -> None:
        """Take one poll's records to their effect; returns only when they are saved or no longer ours."""
        attempt = 0
        one_by_one = False
        self._progress.beat("reactions")
        while mine := [record for record in records if self._is_next(record)]:
            step = mine[:1] if one_by_one else mine
            try:
                await self._save(step)
                one_by_one = one_by_one and len(mine) > 1
                attempt = 0
            except Stale as problem:
                attempt += 1
                BATCH_RETRIES.labels(self._service, "stale").inc()
                if attempt > 3:
                    await self._back_off(attempt - 3, str(problem))
                await self._refresh({_tp(record) for record in mine})
            except (Unavailable, KafkaError) as problem:
                attempt += 1
                BATCH_RETRIES.labels(self._service, "unavailable").inc()
                await self._back_off(attempt, str(problem))
                await self._refresh({_tp(record) for record in mine})
            except AlreadyThere as problem:
                attempt += 1
                await self._refresh({_tp(record) for record in mine})
                if attempt > 3:  # Not a race: the same document is in the way every time.
                    await self._isolate(step, problem, alone=one_by_one)
                    one_by_one = True
            except Exception as problem:
                await self._isolate(step, problem, alone=one_by_one)
                one_by_one = True
        await self._commit_offsets()

    async def _isolate(self, step: Sequence[ConsumerRecord], problem: Exception, *, alone: bool) -> None:
        """Something in these records can't be saved. Find out which by taking them singly, and park that one."""
        log.error("batch_failed", records=len(step), problem=f"{type(problem).__name__}: {problem}")
        BATCH_RETRIES.labels(self._service, "failed").inc()
        if not alone:
            return
        try:
            await self._save(step, unsavable=f"{type(problem).__name__}: {problem}")
        except StorageError as still:
            await self._back_off(1, str(still))  # Parking met bad weather; the same record comes round again.

    def _is_next(self, record: ConsumerRecord) -> bool:
        position = self._next.get(_tp(record))
        return position is not None and record.offset >= position

    async def _save(self, records: Sequence[ConsumerRecord], *, unsavable: str | None = None) -> None:
        arrivals = [read(record) for record in records]
        if unsavable:
            arrivals = [
                Arrival(record=one.record, key=one.key, envelope=one.envelope, problem=unsavable)
                for one in arrivals
            ]
        ends: dict[TopicPartition, int] = {}
        for record in records:
            ends[_tp(record)] = record.offset + 1
        moves = [self._positions.advance(tp, start=self._next[tp], end=end) for tp, end in ends.items()]
        with tracer.start_as_current_span("react", links=_links(arrivals)):
            outcome = await self._batch.decide(arrivals, now=self._clock(), also=moves)
            await self._committer.commit(outcome.change)
        for tp, end in ends.items():
            if tp in self._next:
                self._next[tp] = end
        self._progress.beat("reactions")
        self._saved()
        self._count(outcome)

    async def _refresh(self, tps: set[TopicPartition]) -> None:
        """Read again where we are: the last try may have been saved after all, or another worker was."""
        while True:
            try:
                stored = await self._positions.read(tps)
            except Unavailable as problem:
                await self._back_off(1, str(problem))
                continue
            for tp, position in stored.items():
                if tp in self._next and position != self._next[tp]:
                    self._next[tp] = position
            return

    async def _back_off(self, attempt: int, why: str) -> None:
        wait = min(LAST_BACKOFF_S, FIRST_BACKOFF_S * 2**attempt)
        log.warning("reactions_wait", attempt=attempt, why=why, seconds=wait)
        self._progress.waits("reactions", why)
        await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret

    async def _commit_offsets(self) -> None:
        if time.monotonic() - self._offsets_at < OFFSETS_EVERY_S or not self._next:
            return
        self._offsets_at = time.monotonic()
        try:
            await self._consumer.commit(dict(self._next))
        except (KafkaError, ValueError) as problem:
            # A rebalance under way; the database has the position, and lag is shown a little later.
            log.debug("offsets_not_committed", why=str(problem))

    def _count(self, outcome: Outcome) -> None:
        now = self._clock()
        envelopes = [arrival.envelope for arrival in outcome.handled if arrival.envelope]
        for type, count in Counter(envelope.type for envelope in envelopes).items():
            EVENTS_HANDLED.labels(self._service, type).inc(count)
        lag = REACTION_LAG.labels(self._service)
        for envelope in envelopes:
            lag.observe(max(0.0, (now - envelope.time).total_seconds()))
        for arrival, why in outcome.skipped:
            EVENTS_SKIPPED.labels(
                self._service, arrival.envelope.type if arrival.envelope else "-", why
            ).inc()
        EVENTS_PARKED.labels(self._service).inc(len(outcome.parked))


def _tp(record: ConsumerRecord) -> TopicPartition:
    return TopicPartition(record.topic, record.partition)


def _links(arrivals: Sequence[Arrival]) -> list[Any]:
    parents = {one.envelope.traceparent for one in arrivals if one.envelope and one.envelope.traceparent}
    return [link for parent in list(parents)[:128] if (link := link_to(parent))]


async def _raw(records: tuple[ConsumerRecord, ...]) -> KafkaMessage:
    """FastStream's own parser decodes headers and raises on bytes that are not UTF-8: the batch would be lost."""
    return KafkaMessage(raw_message=records, body=b"", consumer=None)  # type: ignore[arg-type]


async def _nothing(_: KafkaMessage) -> None:
    """We decode ourselves, record by record, so that one bad one can be parked."""
