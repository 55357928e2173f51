"""Which partitions are ours now, and where each goes on: at the position in the database, never where Kafka says.

aiokafka sends no heartbeat while its listener runs, and waits for it when it closes. So the listener only notes
what changed; `settle` does the work, and can fail and be tried again.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import KafkaConnectionError, KafkaError

from shared.messaging.positions import Positions
from shared.steps import Step, reached

log = structlog.get_logger(__name__)

SETTLE_WITHIN_S = 10.0
AGAIN_AFTER_S = 15.0
"""How long a partition that can't go on is left alone before it is tried again."""


class Assignment(ConsumerRebalanceListener):  # type: ignore[misc]
    """The partitions of this process. `term` rises with every change: what was polled in an earlier one is void."""

    def __init__(self, positions: Positions, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._positions = positions
        self._monotonic = monotonic
        self._unsettled: set[TopicPartition] = set()
        self._aside: dict[TopicPartition, tuple[float, str]] = {}
        self.next: dict[TopicPartition, int] = {}
        """The next offset to handle of each partition that is settled."""
        self.stored: dict[TopicPartition, int] = {}
        """The same as the database has it; behind `next` by records that had no effect."""
        self.term = 0

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:  # noqa: ARG002
        """Void what is in hand: whoever has the partitions next goes on from the database."""
        reached(Step.BEFORE_REBALANCE)
        self._forget()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Note what is ours now."""
        self._forget()
        self._unsettled = set(assigned)
        log.info("partitions_assigned", partitions=sorted(f"{tp.topic}/{tp.partition}" for tp in assigned))

    def _forget(self) -> None:
        self.term += 1
        self.next.clear()
        self._unsettled.clear()
        self._aside.clear()

    def begin_again(self) -> None:
        """Void what is in hand and read the positions anew; after anything that did not go straight through."""
        self.term += 1
        self._unsettled |= set(self.next)
        self.next.clear()

    def set_aside(self, tp: TopicPartition, problem: str) -> None:
        """Leave a partition alone for a while, so that the others go on."""
        log.error("partition_set_aside", topic=tp.topic, partition=tp.partition, problem=problem)
        self.next.pop(tp, None)
        self._unsettled.discard(tp)
        self._aside[tp] = (self._monotonic() + AGAIN_AFTER_S, problem)

    @property
    def set_aside_now(self) -> dict[str, str]:
        """The partitions that can't go on, each with its problem."""
        return {f"{tp.topic}/{tp.partition}": problem for tp, (_, problem) in self._aside.items()}

    async def settle(self, consumer: AIOKafkaConsumer) -> None:
        """Start each partition that has no place yet where the database says.

        One whose leader can't be reached is set aside, so that it holds up no other.

        Raises:
            StorageError, KafkaError: not now.
        """
        now = self._monotonic()
        due = {tp for tp, (until, _) in self._aside.items() if until <= now}
        tps = sorted(self._unsettled | due)
        if not tps:
            return
        try:
            await self._settle(consumer, tps)
        except (KafkaError, TimeoutError):
            await self._settle_singly(consumer, tps)

    async def _settle_singly(self, consumer: AIOKafkaConsumer, tps: Sequence[TopicPartition]) -> None:
        results = await asyncio.gather(*(self._settle(consumer, [tp]) for tp in tps), return_exceptions=True)
        failed = {tp: problem for tp, problem in zip(tps, results, strict=True) if problem is not None}
        if any(not isinstance(problem, (KafkaError, TimeoutError)) for problem in failed.values()):
            raise next(problem for problem in failed.values() if not isinstance(problem, KafkaError))
        if len(failed) == len(tps) and not self.next:
            raise KafkaConnectionError("no partition's leader answers")
        for tp in failed:
            self.set_aside(tp, "its leader does not answer")

    async def _settle(self, consumer: AIOKafkaConsumer, tps: Sequence[TopicPartition]) -> None:
        term = self.term
        async with asyncio.timeout(SETTLE_WITHIN_S):
            stored = await self._stored(consumer, tps)
            oldest, newest = await consumer.beginning_offsets(tps), await consumer.end_offsets(tps)
        if term != self.term:
            return  # A rebalance came in between: these may not be ours any more.
        for tp in tps:
            self._aside.pop(tp, None)
            self._start(consumer, tp, stored[tp], oldest=oldest[tp], newest=newest[tp])

    async def _stored(
        self, consumer: AIOKafkaConsumer, tps: Sequence[TopicPartition]
    ) -> dict[TopicPartition, int]:
        stored = await self._positions.read(tps)
        fresh = [tp for tp in tps if tp not in stored]
        if fresh:
            await self._positions.begin(await consumer.beginning_offsets(fresh))
            stored = await self._positions.read(tps)
        return stored

    def _start(
        self, consumer: AIOKafkaConsumer, tp: TopicPartition, position: int, *, oldest: int, newest: int
    ) -> None:
        if position > newest:
            # The topic was made anew; going on would pass over its records without a word.
            self.set_aside(
                tp,
                f"it ends at {newest}, but was handled up to {position}: restore the topic, or delete the "
                "position to begin again",
            )
            return
        if position < oldest:
            log.error("records_gone_by_retention", topic=tp.topic, partition=tp.partition, next=position)
        consumer.seek(tp, position)
        reached(Step.AFTER_REBALANCE)
        self._unsettled.discard(tp)
        self.next[tp] = self.stored[tp] = position
