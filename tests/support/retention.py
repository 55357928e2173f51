"""What time does to topics, at once: records that are deleted, and keys of which only the last word is left."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared.contracts.topics import CONTACTS
from tests.support.running import records_of, until

_SOON = {"segment.ms": "100", "min.cleanable.dirty.ratio": "0.001", "max.compaction.lag.ms": "200"}


@asynccontextmanager
async def administration(kafka_url: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_url)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def compact_contacts(kafka_url: str, *, superseded: Mapping[str, int]) -> None:
    """Let Kafka compact the contacts topic; returns when each of these keys has lost so many records."""
    before = await _counts(kafka_url)
    async with administration(kafka_url) as admin:
        await _configure(admin, CONTACTS.config() | _SOON, cleaner={"log.cleaner.backoff.ms": "100"})
        try:

            async def gone() -> bool:
                # What is in the newest segment is left alone: one more record each begins a new one.
                async with AIOKafkaProducer(bootstrap_servers=kafka_url) as producer:
                    for number in range(CONTACTS.partitions):
                        await producer.send_and_wait(CONTACTS.name, None, key=b"filler", partition=number)
                now = await _counts(kafka_url)
                return all(now.get(key, 0) <= before[key] - lost for key, lost in superseded.items())

            await until(gone, within_s=60, every_s=0.5)
        finally:
            await _configure(admin, CONTACTS.config(), cleaner={})


async def _counts(kafka_url: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for record in await records_of(kafka_url, CONTACTS.name):
        key = (record.key or b"").decode()
        found[key] = found.get(key, 0) + 1
    return found


async def _configure(
    admin: AIOKafkaAdminClient, topic: Mapping[str, str], *, cleaner: Mapping[str, str]
) -> None:
    brokers = (await admin.describe_cluster())["brokers"]
    resources = [ConfigResource(ConfigResourceType.TOPIC, CONTACTS.name, configs=dict(topic))]
    resources += [
        ConfigResource(ConfigResourceType.BROKER, str(broker["node_id"]), configs=dict(cleaner))
        for broker in brokers
    ]
    await admin.alter_configs(resources)
