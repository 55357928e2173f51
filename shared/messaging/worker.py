"""The reactions worker: polled records in, one transaction out, nothing lost and nothing twice.

FastStream owns the subscription and its life cycle. The loop is ours, because FastStream's is made for other
guarantees: whatever a handler or a parser lets escape loses the batch, and it polls all partitions in one call, so
that one whose bytes can't be decoded takes the records of its neighbours with it (see docs/decisions).

What counts as done is the position in the database, saved with the effects. Anything that does not go straight
through ends in the same way: what is in hand is void, positions are read anew, and the consumer starts there.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from shared.clock import Clock
from shared.contracts.envelope import EVENTS
from shared.messaging.assignment import Assignment
from shared.messaging.batch import Batch, Outcome
from shared.messaging.polling import LANES, MAX_RECORDS, Polled, Poller, lane_of
from shared.messaging.positions import Positions
from shared.messaging.records import Arrival, topic_partition
from shared.progress import Progress
from shared.steps import Step, reached
from shared.storage.errors import AlreadyThere, Refused, Stale, StorageError
from shared.storage.mongo import Database
from shared.storage.unit_of_work import Change, Committer, Write
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

OFFSETS_EVERY_S, OFFSETS_WITHIN_S = 2.0, 1.0
LANE_LIMIT_S = 30.0
POSITIONS_EVERY_S = 2.0
FIRST_BACKOFF_S, LAST_BACKOFF_S = 0.05, 5.0
TRIES_ALONE = 8
"""How often a single event meets a document that is already there before it is parked: some ten seconds, in which a
write that others see as committed becomes visible to majority reads."""
STOP_WITHIN_S = 5.0


class NotAsBelieved(Exception):
    """The stored positions are not where this worker thought: others moved them, or a lost answer was a yes."""


class Worker:
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
        saved: Callable[[Outcome], None],
        max_records: int = MAX_RECORDS,
    ) -> None:
        self._service = service
        self._topics = topics
        self._batch = batch
        self._committer = committer
        self._group = group
        self._positions = Positions(database, group)
        self._assignment = Assignment(self._positions)
        self._clock = clock
        self._progress = progress
        self._saved = saved
        self._offsets_at = 0.0
        self._offsets: dict[TopicPartition, int] = {}
        self._stored_at = [0.0] * LANES
        self._lane_at = [time.monotonic()] * LANES
        self._stopping = asyncio.Event()
        self._poller = Poller(self._assignment, batch.read, max_records=max_records, pause=self._pause)
        self._subscriber: Any = None

    @asynccontextmanager
    async def consuming(self, broker: KafkaBroker) -> AsyncIterator[None]:
        """Consume for the length of the block, on a FastStream broker that is not started yet."""
        self._subscriber = broker.subscriber(
            *self._topics,
            group_id=self._group,
            batch=True,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            listener=self._assignment,
        )
        await broker.start()
        task = asyncio.create_task(self._run(), name="reactions")
        try:
            yield
        finally:
            self._stopping.set()
            await asyncio.wait([task], timeout=STOP_WITHIN_S)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await broker.stop()

    @property
    def _consumer(self) -> AIOKafkaConsumer:
        return self._subscriber.consumer

    async def _run(self) -> None:
        attempt = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                await self._assignment.settle(self._consumer)
                await self._stream_lanes()
            except NotAsBelieved as problem:
                log.warning("reactions_begin_again", why=str(problem))
            except (StorageError, KafkaError) as problem:
                attempt += 1
                self._progress.waits("reactions", type(problem).__name__)
                await self._back_off(attempt, problem)
            except Exception as problem:
                attempt += 1
                log.exception("reactions_failed")  # No beat: if this goes on, the process is not alive.
                await self._back_off(attempt, problem)
            if time.monotonic() - began > LAST_BACKOFF_S * 2:
                attempt = 0  # It went well for a while: the next trouble is another one.
            self._assignment.begin_again()

    async def _stream_lanes(self) -> None:
        """Handle what comes, each lane its own partitions, until partitions come or go or a lane fails."""
        term = self._assignment.term
        lanes = [asyncio.create_task(self._stream(lane, term), name=f"lane-{lane}") for lane in range(LANES)]
        try:
            done, _ = await asyncio.wait(lanes, return_when=asyncio.FIRST_EXCEPTION)
            for lane in done:
                lane.result()
        finally:
            for lane in lanes:
                lane.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)

    async def _stream(self, lane: int, term: int) -> None:
        """Handle poll after poll; the next one is read and decoded while the present one is being saved."""
        polled = await self._poll(lane)
        while not self._stopping.is_set() and self._assignment.term == term:
            ahead = asyncio.create_task(self._poll(lane), name="poll")
            try:
                await self._handle(polled.arrivals, lane, term)
                await self._save_positions(lane, term, at_once=bool(polled.troubles))
                for tp, problem in polled.troubles.items():
                    # Not before what precedes the trouble is saved: an operator goes by the stored position.
                    self._assignment.set_aside(tp, problem)
                polled = await ahead
            finally:
                ahead.cancel()
                await asyncio.gather(ahead, return_exceptions=True)

    async def _poll(self, lane: int) -> Polled:
        self._note_progress(lane)
        if lane == 0:
            await self._assignment.settle(self._consumer)
        return await self._poller.poll(self._consumer, lane)

    def _note_progress(self, lane: int) -> None:
        """The process is alive when every lane gets round."""
        now = self._lane_at[lane] = time.monotonic()
        if min(self._lane_at) > now - LANE_LIMIT_S:
            self._progress.beat("reactions")
        for partition, problem in self._assignment.set_aside_now.items():
            self._progress.waits("reactions", f"{partition}: {problem}")

    async def _handle(self, arrivals: Sequence[Arrival], lane: int, term: int) -> None:
        """Take arrivals to their effect, in order; returns when all are saved or no longer ours.

        Raises:
            NotAsBelieved: the positions have moved.
            KafkaError, StorageError: positions could not be read.
        """
        left, size, attempt = list(arrivals), len(arrivals), 0
        while left and self._assignment.term == term and not self._stopping.is_set():
            step = left[:size]
            try:
                taken = await self._save(step, lane, term)
            except (Stale, Refused, AlreadyThere) as problem:
                attempt += 1
                BATCH_RETRIES.labels(self._service, type(problem).__name__).inc()
                await self._as_believed(lane)
                if len(step) > 1:
                    # Smaller steps meet fewer others, and find the one event that can't be saved.
                    size, attempt = len(step) // 2, 0
                elif not isinstance(problem, Stale) and self._hopeless(problem, attempt):
                    problems = [one.failed(problem) for one in step]
                    left = left[await self._save(problems, lane, term) :]
                    attempt = 0
                else:
                    await self._back_off(attempt, problem)
            except StorageError as problem:
                attempt += 1
                BATCH_RETRIES.labels(self._service, type(problem).__name__).inc()
                self._progress.waits("reactions", type(problem).__name__)
                await self._back_off(attempt, problem)
                await self._as_believed(lane)
            else:
                left, size, attempt = left[taken:], size * 2, 0
        await self._commit_offsets()

    def _hopeless(self, problem: Exception, attempt: int) -> bool:
        return isinstance(problem, Refused) or attempt > TRIES_ALONE

    async def _save(self, step: Sequence[Arrival], lane: int, term: int) -> int:
        """Decide and save one step; returns how many of it were taken: fewer where a rule failed."""
        starts = dict(self._assignment.stored)
        with tracer.start_as_current_span("react", links=_links(step)):
            outcome = await self._batch.decide(step, now=self._clock())
            ends = {topic_partition(one.record): one.record.offset + 1 for one in step[: outcome.taken]}
            if self._assignment.term != term or not self._follows(step):
                raise NotAsBelieved("partitions came or went, or began again, meanwhile")
            if outcome.change.writes:
                await self._committer.commit(outcome.change.and_(*self._moves(starts, ends)))
                if self._assignment.term == term:
                    self._assignment.stored.update(ends)
                self._saved(outcome)
        if self._assignment.term == term:
            self._assignment.next.update(ends)
        self._note_progress(lane)
        self._count(outcome)
        return outcome.taken

    def _follows(self, step: Sequence[Arrival]) -> bool:
        """Is each partition where the step begins, or before it?"""
        first: dict[TopicPartition, int] = {}
        for one in step:
            first.setdefault(topic_partition(one.record), one.record.offset)
        next = self._assignment.next
        return all(tp in next and offset >= next[tp] for tp, offset in first.items())

    async def _save_positions(self, lane: int, term: int, *, at_once: bool = False) -> None:
        """Now and then save where a lane is, past the records that had no effect.

        Raises:
            NotAsBelieved: a position has moved.
            StorageError: not now.
        """
        due = at_once or time.monotonic() - self._stored_at[lane] > POSITIONS_EVERY_S
        if self._assignment.term != term or not due:
            return
        self._stored_at[lane] = time.monotonic()
        ends = {tp: next for tp, next in self._assignment.next.items() if lane_of(tp) == lane}
        try:
            await self._committer.commit(Change(writes=tuple(self._moves(self._assignment.stored, ends))))
        except Stale as problem:
            raise NotAsBelieved(str(problem)) from problem
        if self._assignment.term == term:
            self._assignment.stored.update(ends)

    def _moves(self, starts: dict[TopicPartition, int], ends: dict[TopicPartition, int]) -> list[Write]:
        return [
            self._positions.advance(tp, start=starts[tp], end=end)
            for tp, end in ends.items()
            if end != starts[tp]
        ]

    async def _as_believed(self, lane: int) -> None:
        # Another lane's may just be moving.
        tps = [tp for tp in self._assignment.next if lane_of(tp) == lane]
        stored = await self._positions.read(tps)
        for tp in tps:
            believed = self._assignment.stored[tp]
            if stored.get(tp) != believed:
                raise NotAsBelieved(f"{tp.topic}/{tp.partition} is at {stored.get(tp)}, not at {believed}")

    async def _back_off(self, attempt: int, problem: Exception) -> None:
        wait = min(LAST_BACKOFF_S, FIRST_BACKOFF_S * 2 ** min(attempt, 10))
        log.warning("reactions_wait", attempt=attempt, why=type(problem).__name__, seconds=wait)
        await self._pause(wait * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _commit_offsets(self) -> None:
        offsets = dict(self._assignment.next)
        if time.monotonic() - self._offsets_at < OFFSETS_EVERY_S or offsets == self._offsets:
            return
        self._offsets_at = time.monotonic()
        try:
            if offsets:
                reached(Step.BEFORE_OFFSET_COMMIT)
                async with asyncio.timeout(OFFSETS_WITHIN_S):
                    await self._consumer.commit(offsets)
                reached(Step.AFTER_OFFSET_COMMIT)
            self._offsets = offsets
        except (KafkaError, ValueError, TimeoutError) as problem:
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
            # An unknown type is whatever somebody wrote into a header: no label of ours.
            type = arrival.envelope.type if arrival.envelope and arrival.envelope.type in EVENTS else "-"
            EVENTS_SKIPPED.labels(self._service, type, why).inc()
        EVENTS_PARKED.labels(self._service).inc(len(outcome.parked))


def _links(arrivals: Sequence[Arrival]) -> list[Any]:
    parents = {one.envelope.traceparent for one in arrivals if one.envelope and one.envelope.traceparent}
    return [link for parent in list(parents)[:128] if (link := link_to(parent))]
