"""An outside system that subscribed: it knows the brokers and the published contracts, and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from deploy.local.people import StoryBroken
from shared.contracts import recruitment, supervision, training
from shared.contracts.envelope import EVENTS, Envelope, EventData
from shared.contracts.topics import RECRUITMENT, SUPERVISION, TOPICS, TRAINING

_CONTRACTS = (recruitment, training, supervision)
"""Read for their effect: each declares its types in EVENTS."""

_TOPICS = (RECRUITMENT.name, TRAINING.name, SUPERVISION.name)
_PATIENCE_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One event as it arrived."""

    topic: str
    key: str
    envelope: Envelope
    data: EventData

    @property
    def name(self) -> str:
        """The type without what every type has: `recruitment.candidate.applied`."""
        return self.envelope.type.removeprefix("peerpath.").rsplit(".", 1)[0]


class Witness:
    """Everything heard so far, in the order of arrival."""

    def __init__(self) -> None:
        self._next: dict[TopicPartition, int] = {}
        self.heard: list[Heard] = []
        self._more = asyncio.Condition()
        self._broken: Exception | None = None

    def about(self, person: str) -> list[Heard]:
        """What was heard about one person."""
        return [heard for heard in self.heard if heard.key == person]

    async def next(self, name: str, person: str, *, after: int = 0) -> Heard:
        """Waits until event number `after` + 1 of this type about this person has been heard."""

        def found() -> list[Heard]:
            return [heard for heard in self.about(person) if heard.name == name][after:]

        await self._wait(found, f"the outside consumer hears {name}")
        return found()[0]

    @property
    def positions(self) -> Mapping[TopicPartition, int]:
        """The next offset to be heard, for every partition listened to."""
        return {tp: self._next.get(tp, 0) for tp in partitions(_TOPICS)}

    async def follow(self, consumer: AIOKafkaConsumer) -> None:
        """Takes whatever comes until cancelled."""
        async for record in consumer:
            async with self._more:
                try:
                    self._take(record)
                except ValueError as problem:
                    self._broken = problem
                self._more.notify_all()

    def _take(self, record: "ConsumerRecord[bytes, bytes]") -> None:
        heard = _heard(record)
        if heard is not None:
            self.heard.append(heard)
        self._next[TopicPartition(record.topic, record.partition)] = record.offset + 1

    async def _wait(self, found: Callable[[], object], what: str) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_S), self._more:
                await self._more.wait_for(lambda: found() or self._broken)
        except TimeoutError:
            others = ", ".join(f"{one.name} about {one.key}" for one in self.heard[-5:]) or "nothing"
            raise StoryBroken(f"{what}: not so within {_PATIENCE_S:.0f} s; it heard last: {others}") from None
        if self._broken:
            raise StoryBroken(f"the outside consumer got a record it can't read: {self._broken}")


def partitions(topics: Iterable[str]) -> list[TopicPartition]:
    """Every partition of these topics, as they are declared."""
    return [TopicPartition(name, number) for name in topics for number in range(TOPICS[name].partitions)]


def _heard(record: "ConsumerRecord[bytes, bytes]") -> Heard | None:
    """None for a type this subscriber doesn't know: new ones may appear at any time."""
    headers = {name[3:]: value.decode() for name, value in record.headers if name.startswith("ce_")}
    envelope = Envelope.model_validate(headers)
    kind = EVENTS.get(envelope.type)
    if kind is None or record.value is None:
        return None
    data = kind.model_validate_json(record.value)
    return Heard(topic=record.topic, key=(record.key or b"").decode(), envelope=envelope, data=data)


@asynccontextmanager
async def listening(kafka_url: str) -> AsyncIterator[Witness]:
    """A consumer group of its own, from the beginning, for the length of the block."""
    consumer = AIOKafkaConsumer(
        *_TOPICS, bootstrap_servers=kafka_url, group_id="outside-system", auto_offset_reset="earliest"
    )
    witness = Witness()
    await consumer.start()
    task = asyncio.create_task(witness.follow(consumer))
    try:
        if any((await consumer.end_offsets(partitions(TOPICS))).values()):
            raise StoryBroken(
                f"the Kafka at {kafka_url} has events on its topics: the story needs a Kafka and a MongoDB in "
                f"which Peerpath never ran; unset KAFKA_URL and MONGO_URL, or give it such ones"
            )
        yield witness
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await consumer.stop()


def must_be_the_story(heard: list[Heard], expected: list[str]) -> None:
    """The same events, once each, in order.

    Kafka keeps the order of one person within one topic; between topics the events' own times tell it.

    Raises:
        StoryBroken: an event came twice, is missing, unknown or out of order.
    """
    ids = [(one.envelope.source, one.envelope.id) for one in heard]
    if len(set(ids)) != len(ids):
        raise StoryBroken("the outside consumer heard an event twice")
    _must_be_the_same([one.name for one in sorted(heard, key=lambda one: one.envelope.time)], expected, "all")
    for topic in _TOPICS:
        service = topic.split(".")[1]
        on_topic = [one.name for one in heard if one.topic == topic]
        _must_be_the_same(on_topic, [name for name in expected if name.split(".")[0] == service], topic)
    _sequences_must_rise(heard)


def _must_be_the_same(found: list[str], expected: list[str], where: str) -> None:
    if found != expected:
        raise StoryBroken(f"events heard ({where}): {found}\nwhere these were expected: {expected}")


def _sequences_must_rise(heard: list[Heard]) -> None:
    last: dict[tuple[str, str], int] = {}
    for one in heard:
        subject = (one.envelope.source, one.envelope.subject)
        if one.envelope.sequence <= last.get(subject, -1):
            raise StoryBroken(f"sequence {one.envelope.sequence} of {subject} came after {last[subject]}")
        last[subject] = one.envelope.sequence
