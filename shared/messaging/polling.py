"""From Kafka into the worker's hand: partition by partition, so that one that can't be read costs the others nothing.

aiokafka raises on what it can't decode when it has already moved on past what it took from other partitions in the
same call. So a call is either for one partition, or for one record.
"""

import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from shared.messaging.assignment import Assignment
from shared.messaging.records import Arrival

log = structlog.get_logger(__name__)

LANES = 2
"""Parts of the partitions that are handled side by side: one decides while the other is being saved. The database and
this process are busy in turn otherwise; more lanes than those two have nothing to gain."""

MAX_RECORDS = 1_000
MAX_BYTES = 8 * 1024 * 1024
POLL_MS = 200
PROBE_MS = 50
BUSY_S, LINGER_S = 0.05, 0.005
"""A lane that had something so lately waits so long for more: a poll for a few records costs more than they do."""


def lane_of(tp: TopicPartition) -> int:
    """The lane that handles a partition."""
    return int(tp.partition) % LANES


@dataclass
class Polled:
    """What a poll brought: arrivals in order per partition, and partitions that can't be read any further."""

    arrivals: list[Arrival] = field(default_factory=list)
    troubles: dict[TopicPartition, str] = field(default_factory=dict)


class Poller:
    """Polls the settled partitions of an assignment."""

    def __init__(
        self,
        assignment: Assignment,
        read: Callable[[ConsumerRecord[bytes, bytes]], Arrival],
        *,
        max_records: int,
        pause: Callable[[float], Awaitable[None]],
    ) -> None:
        self._assignment = assignment
        self._read = read
        self._max_records = max_records
        self._pause = pause
        self._busy_at = [0.0] * LANES

    async def poll(self, consumer: AIOKafkaConsumer, lane: int) -> Polled:
        """What has come for a lane, decoded: at most `max_records` and some `MAX_BYTES`.

        Waits a moment where nothing has.
        """
        ready = [tp for tp in self._assignment.next if lane_of(tp) == lane]
        if not ready:
            await self._pause(POLL_MS / 1000)
            return Polled()
        first, patience = await self._first(consumer, ready)
        if first:
            if time.monotonic() - self._busy_at[lane] < BUSY_S:
                await self._pause(LINGER_S)
            self._busy_at[lane] = time.monotonic()
        polled = Polled(arrivals=first)
        size = 0
        random.shuffle(ready)  # The first has no advantage over the last when there is more than fits.
        for tp in ready:
            room = self._max_records - len(polled.arrivals)
            if room <= 0 or size > MAX_BYTES:
                break
            records = await _take(consumer, tp, room, patience, polled.troubles)
            size += sum(len(record.value or b"") for record in records)
            polled.arrivals += [self._read(record) for record in records]
        return polled

    async def _first(
        self, consumer: AIOKafkaConsumer, ready: Sequence[TopicPartition]
    ) -> tuple[list[Arrival], int]:
        """Wait for anything to come; one record only, so that an error can't take others with it.

        Returns it, and how long to wait for each partition: where an error came, each is asked until one says it.
        """
        try:
            polled = await consumer.getmany(*ready, timeout_ms=POLL_MS, max_records=1)
        except Exception as problem:
            log.warning("poll_failed", problem=f"{type(problem).__name__}: {problem}")
            return [], PROBE_MS
        return [self._read(record) for records in polled.values() for record in records], 0


async def _take(
    consumer: AIOKafkaConsumer,
    tp: TopicPartition,
    room: int,
    patience: int,
    troubles: dict[TopicPartition, str],
) -> Sequence[ConsumerRecord[bytes, bytes]]:
    """Records of one partition; where one can't be decoded, those before it, and what the trouble is."""
    try:
        polled = await consumer.getmany(tp, timeout_ms=patience, max_records=room)
        return list(polled.get(tp, ()))
    except Exception:
        log.warning("read_singly", topic=tp.topic, partition=tp.partition)
    records: list[ConsumerRecord[bytes, bytes]] = []
    while len(records) < room:
        try:
            found = (await consumer.getmany(tp, timeout_ms=POLL_MS, max_records=1)).get(tp)
        except Exception as problem:
            troubles[tp] = f"can't be read: {type(problem).__name__}: {problem}"
            return records
        if not found:
            return records  # Kafka was slow: the trouble shows itself with the next poll.
        records += found
    return records
