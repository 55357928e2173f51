"""The relay's producers: started with a limit, and left without a flush.

What a relay has not seen acknowledged is still in the outbox, so there is nothing to wait for when it goes. And it
must not wait: an idempotent producer keeps a batch until Kafka is back, and would send it long after somebody else
has taken over.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError

START_WITHIN_S = 15.0
LEAVE_WITHIN_S = 3.0


class Producers:
    """One producer for topics of events, and one for compacted topics, made when it is first needed.

    On a topic of events a copy that comes late is dropped by its sequence. On a compacted topic it would be the last
    word on its key for every new reader. So there each window is a Kafka transaction: whoever starts with the same
    transactional id fences all earlier ones out, whatever they still have in hand.
    """

    def __init__(self, kafka_url: str, *, transactional_id: str, exits: AsyncExitStack) -> None:
        self._kafka_url = kafka_url
        self._transactional_id = transactional_id
        self._exits = exits
        self._plain: AIOKafkaProducer | None = None
        self._fenced: AIOKafkaProducer | None = None

    async def plain(self) -> AIOKafkaProducer:
        """For topics of events.

        Raises:
            KafkaError: Kafka can't be reached.
        """
        if self._plain is None:
            started = _started(self._kafka_url, self._transactional_id, transactional_id=None)
            self._plain = await self._exits.enter_async_context(started)
        return self._plain

    async def fenced(self) -> AIOKafkaProducer:
        """For compacted topics; to be used in transactions only.

        Raises:
            KafkaError: Kafka can't be reached.
        """
        if self._fenced is None:
            name = self._transactional_id
            started = _started(self._kafka_url, name, transactional_id=name)
            self._fenced = await self._exits.enter_async_context(started)
        return self._fenced


@asynccontextmanager
async def producing(kafka_url: str, *, transactional_id: str) -> AsyncIterator[Producers]:
    """Producers for the length of the block; the transactional id is also what Kafka knows them by."""
    async with AsyncExitStack() as exits:
        yield Producers(kafka_url, transactional_id=transactional_id, exits=exits)


@asynccontextmanager
async def _started(
    kafka_url: str, client_id: str, *, transactional_id: str | None
) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka_url,
        client_id=client_id,
        acks="all",
        enable_idempotence=True,
        transactional_id=transactional_id,
        linger_ms=0,
        max_batch_size=900 * 1024,
        request_timeout_ms=30_000,
    )
    try:
        await _start(producer)
        yield producer
    finally:
        await _leave(producer)


async def _start(producer: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(START_WITHIN_S):
            await producer.start()
    except TimeoutError:
        raise KafkaConnectionError(f"Kafka did not answer within {START_WITHIN_S:.0f} s") from None


async def _leave(producer: AIOKafkaProducer) -> None:
    # Without its sender nothing is flushed. There is no public way to say so.
    sender = producer._sender.sender_task  # noqa: SLF001
    if sender is not None:
        sender.cancel()
    # `stop` may wait for an answer that never comes, or end with the cancellation of its own sender: neither is ours.
    stopping = asyncio.create_task(producer.stop(), name="producer-stop")
    await asyncio.wait([stopping], timeout=LEAVE_WITHIN_S)
    stopping.cancel()
    await asyncio.gather(stopping, return_exceptions=True)
    await producer.client.close()
