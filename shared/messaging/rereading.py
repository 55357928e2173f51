"""Reading a topic again, beside the workers: no consumer group, no offset of anybody's is moved."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import datetime

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from shared.messaging.broker import REPLAYING, partitions

MAX_RECORDS = 500
POLL_MS = 500
PATIENCE_S = 60.0

Spans = Mapping[TopicPartition, tuple[int, int]]
"""The first offset to read, and the one before which to end, of each partition."""


class CannotReplay(Exception):
    """Nothing was changed; the message says why, and what to do."""


class Topics:
    """Reads parts of topics."""

    def __init__(self, consumer: AIOKafkaConsumer, counts: Mapping[str, int]) -> None:
        self._consumer = consumer
        self._counts = counts

    def partitions(self, topic: str) -> list[TopicPartition]:
        """All of a topic's; none where there is no such topic."""
        return [TopicPartition(topic, number) for number in range(self._counts.get(topic, 0))]

    async def oldest(self, tps: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """The first offset that is not gone by retention."""
        found: dict[TopicPartition, int] = await self._consumer.beginning_offsets(list(tps))
        return found

    async def newest(self, tps: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset of the next record to come."""
        found: dict[TopicPartition, int] = await self._consumer.end_offsets(list(tps))
        return found

    async def since(self, tps: Collection[TopicPartition], moment: datetime) -> dict[TopicPartition, int]:
        """The first offset sent at this time or later; partitions that have none are left out."""
        stamp = int(moment.timestamp() * 1000)
        found = await self._consumer.offsets_for_times(dict.fromkeys(tps, stamp))
        return {tp: at.offset for tp, at in found.items() if at is not None}

    async def records(
        self, spans: Spans
    ) -> AsyncIterator[tuple[list[ConsumerRecord[bytes, bytes]], dict[TopicPartition, int]]]:
        """What is there, in order per partition, with the offset up to which each partition was read now.

        Once only: aiokafka may never come to an end where its consumer loses what it was assigned.

        Raises:
            CannotReplay: the records are not to be had.
        """
        left = {tp: end for tp, (start, end) in spans.items() if start < end}
        if not left:
            return
        self._consumer.assign(list(left))
        for tp in left:
            self._consumer.seek(tp, spans[tp][0])
        moved_at = time.monotonic()
        while left:
            polled = await self._poll(left)
            read = {tp: min(await self._consumer.position(tp), end) for tp, end in left.items()}
            if any(polled.values()):
                moved_at = time.monotonic()
            elif time.monotonic() - moved_at > PATIENCE_S:
                raise CannotReplay(f"Kafka gives nothing more of {sorted(left)}; try again when it is well")
            yield [one for tp, some in polled.items() for one in some if one.offset < left[tp]], read
            for tp in [tp for tp, end in left.items() if read[tp] >= end]:
                del left[tp]
                self._consumer.pause(tp)

    async def _poll(
        self, left: Collection[TopicPartition]
    ) -> dict[TopicPartition, list[ConsumerRecord[bytes, bytes]]]:
        try:
            polled: dict[TopicPartition, list[ConsumerRecord[bytes, bytes]]] = await self._consumer.getmany(
                *left, timeout_ms=POLL_MS, max_records=MAX_RECORDS
            )
        except (KafkaError, ValueError) as problem:
            raise CannotReplay(f"a record can't be read: {type(problem).__name__}: {problem}") from problem
        return polled


@asynccontextmanager
async def open_topics(kafka_url: str, topics: Collection[str]) -> AsyncIterator[Topics]:
    """A look at these topics for the length of the block. Raises CannotReplay where Kafka does not answer."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka_url,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="none",
    )
    try:
        counts = await partitions(kafka_url, list(topics), client_id=REPLAYING)
        await consumer.start()
        await asyncio.sleep(0)  # Stopped before its tasks have begun, it would end in a cancellation.
    except (KafkaError, OSError) as problem:
        raise CannotReplay(f"Kafka does not answer: {problem}") from problem
    try:
        yield Topics(consumer, counts)
    finally:
        await consumer.stop()
