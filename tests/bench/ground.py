"""What every measurement stands on: one stack, events on the topic, and where they begin and end."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import WriteConcern

from shared.clock import utc_now
from shared.contracts.supervision import HoursReported
from shared.contracts.topics import SUPERVISION
from shared.ids import new_id
from shared.messaging.outbox import event_row, kafka_headers
from shared.service import Runtime, apply_migrations, open_runtime
from shared.settings import ServiceSettings
from shared.storage.mongo import Document
from tests.support.ledger_service import LEDGER
from tests.support.stack import Stack

TOPIC = SUPERVISION.name
EVENTS_PER_PERSON = 10
TPS = tuple(TopicPartition(TOPIC, partition) for partition in range(SUPERVISION.partitions))
Offsets = Mapping[TopicPartition, int]


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A stretch of the topic that holds `count` events and nothing else."""

    begins: Offsets
    ends: Offsets
    count: int


def rows(count: int) -> list[Document]:
    """Outbox rows of reports, ten per person, everybody's in turn."""
    people = [new_id() for _ in range(max(1, count // EVENTS_PER_PERSON))]
    return [row(people[number % len(people)], number // len(people) + 1) for number in range(count)]


def row(person: str, sequence: int) -> Document:
    """One report as an outbox row."""
    event = HoursReported(
        site="leeds",
        person=person,
        placement=person,
        programme="core",
        entry=f"e{sequence}",
        bucket="direct_support",
        hours=1.0,
    )
    return event_row(
        event, id=new_id(), subject=f"p-{person}", sequence=sequence, now=utc_now(), traceparent=None
    )


def subject_of(person: str) -> str:
    """What the sequence of a person's reports is counted for."""
    return f"{HoursReported.facts.source}/p-{person}"


def raw_producer(kafka_url: str) -> AIOKafkaProducer:
    """A plain producer with the relay's own promises: idempotent and acknowledged by all."""
    return AIOKafkaProducer(
        bootstrap_servers=kafka_url, acks="all", enable_idempotence=True, max_batch_size=900 * 1024
    )


async def send_all(producer: AIOKafkaProducer, rows: Sequence[Document]) -> None:
    """Send rows and wait for every acknowledgement."""
    for one in rows:
        await producer.send(one["topic"], one["value"], key=one["key"], headers=kafka_headers(one))
    await producer.flush()


async def lay(stack: Stack, rows: Sequence[Document]) -> Stretch:
    """Put events on the topic and say where they are."""
    begins = await ends_of(stack.kafka_url)
    async with raw_producer(stack.kafka_url) as producer:
        await send_all(producer, rows)
    return Stretch(begins=begins, ends=await ends_of(stack.kafka_url), count=len(rows))


async def ends_of(kafka_url: str) -> Offsets:
    """The present end of each partition."""
    async with AIOKafkaConsumer(bootstrap_servers=kafka_url) as consumer:
        ends: Offsets = await consumer.end_offsets(TPS)
        return ends


@asynccontextmanager
async def ledger_runtime(
    stack: Stack, *, listeners: Sequence[Any] = (), issuer: str = "http://issuer.test"
) -> AsyncIterator[Runtime]:
    """The ledger service on a migrated database of its own, dropped at the end."""
    settings: ServiceSettings = LEDGER.settings.model_validate(
        {
            "environment": "development",
            "mongo_url": stack.mongo_url,
            "kafka_url": stack.kafka_url,
            "oidc_issuer": issuer,
            "database": f"bench-{new_id()}",
        }
    )
    async with AsyncExitStack() as exits:
        await apply_migrations(LEDGER, settings)
        runtime = await exits.enter_async_context(open_runtime(LEDGER, settings, listeners=listeners))
        exits.push_async_callback(runtime.database.drop)
        yield runtime


@asynccontextmanager
async def plain_collection(stack: Stack) -> AsyncIterator[Any]:
    """A collection as a plain handler uses it, durable like ours: majority write concern."""
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(stack.mongo_url)
    name = f"bench-{new_id()}"
    try:
        yield client[name].get_collection("reports", write_concern=WriteConcern("majority"))
        await client.drop_database(name)
    finally:
        client.close()
