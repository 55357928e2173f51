"""A service running in the test's own process, on a database of its own, with people who call it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from fastapi import FastAPI

from deploy.local import waiting
from shared.clock import Clock, utc_now
from shared.contracts.envelope import EventData
from shared.contracts.topics import TOPICS
from shared.domain.people import Grant, Role
from shared.ids import new_id
from shared.messaging.outbox import event_row, kafka_headers
from shared.messaging.positions import Positions
from shared.messaging.records import Arrival, read
from shared.service import Runtime, Service, api_app, apply_migrations, open_runtime, working
from shared.settings import ServiceSettings
from shared.storage.mongo import Database, Driver
from shared.web import local_issuer
from shared.web.auth import Issuer
from tests.support.stack import Stack

ISSUER = "http://issuer.test"
PATIENCE_S = 60.0


async def until(
    what: Callable[[], Awaitable[Any]], *, within_s: float = PATIENCE_S, every_s: float = waiting.POLL_S
) -> Any:
    """Wait for a condition to become true and return its value; fails with the last value otherwise."""
    try:
        return await waiting.until(what, within_s=within_s, every_s=every_s)
    except TimeoutError as late:
        raise AssertionError(str(late)) from late


@dataclass(kw_only=True)
class Started:
    """A running service and the means to play the people and services around it."""

    service: Service
    runtime: Runtime
    app: FastAPI
    stack: Stack
    issuer: local_issuer.LocalIssuer
    producer: AIOKafkaProducer

    @property
    def database(self) -> Database:
        """The service's own database."""
        return self.runtime.database

    def client(
        self, person: str | None = None, grants: Iterable[tuple[str, str]] = (), *, lifetime_s: int = 600
    ) -> httpx.AsyncClient:
        """An HTTP client signed in as a person; without one, nobody."""
        headers = {}
        if person is not None:
            held = [Grant(role=Role(role), site=site) for role, site in grants]
            headers["Authorization"] = f"Bearer {self.issuer.token(person, *held, lifetime_s=lifetime_s)}"
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://service", headers=headers)

    async def publish(
        self, event: EventData, *, subject: str, sequence: int = 1, id: str | None = None
    ) -> str:
        """Put an event on its topic as its service would; returns the event's id."""
        id = id or new_id()
        await self.producer.send_and_wait(**self.record(event, subject=subject, sequence=sequence, id=id))
        return id

    def record(
        self, event: EventData, *, subject: str, sequence: int = 1, id: str | None = None
    ) -> dict[str, Any]:
        """An event as the arguments of a producer's `send`."""
        row = event_row(
            event, id=id or new_id(), subject=subject, sequence=sequence, now=utc_now(), traceparent=None
        )
        headers = kafka_headers(row)
        return {"topic": row["topic"], "value": row["value"], "key": row["key"], "headers": headers}

    async def publish_raw(
        self, topic: str, *, key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]]
    ) -> ConsumerRecord[bytes, bytes]:
        """Put any record at all on a topic."""
        return await self.producer.send_and_wait(topic, value, key=key, headers=headers)

    async def events(self, topic: str) -> list[Arrival]:
        """Every event on a topic from its beginning to its present end, in order per key."""
        return [read(record) for record in await records_of(self.stack.kafka_url, topic)]

    async def ends(self, topic: str) -> dict[TopicPartition, int]:
        """The offset of the next record of each partition of a topic."""
        return await ends_of(self.stack.kafka_url, [topic])

    async def until(self, what: Callable[[], Awaitable[Any]], *, within_s: float = PATIENCE_S) -> Any:
        """See `until`."""
        return await until(what, within_s=within_s)


async def records_of(kafka_url: str, topic: str) -> list[ConsumerRecord[bytes, bytes]]:
    """Every record on a topic from its beginning to its present end."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka_url, auto_offset_reset="earliest", isolation_level="read_committed"
    )
    await consumer.start()
    try:
        tps = [TopicPartition(topic, partition) for partition in _partitions(topic)]
        consumer.assign(tps)
        ends = await consumer.end_offsets(tps)
        found: list[ConsumerRecord[bytes, bytes]] = []
        await consumer.seek_to_beginning(*tps)
        left = {tp for tp in tps if ends[tp] > await consumer.position(tp)}
        while left:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found.extend(records)
            left = {tp for tp in left if await consumer.position(tp) < ends[tp]}
        return found
    finally:
        await consumer.stop()


async def ends_of(kafka_url: str, topics: Iterable[str]) -> dict[TopicPartition, int]:
    """The offset of the next record of each partition."""
    names = list(topics)
    if not names:
        return {}
    tps = [TopicPartition(name, number) for name in names for number in _partitions(name)]
    # Named at the start: a consumer that first hears of a topic when it is asked for its end waits 0.1 s for each.
    consumer = AIOKafkaConsumer(*names, bootstrap_servers=kafka_url)
    await consumer.start()
    try:
        ends: dict[TopicPartition, int] = await consumer.end_offsets(tps)
    finally:
        await consumer.stop()
    return ends


async def begin_at_the_end(service: Service, runtime: Runtime) -> None:
    """Topics are shared by all tests: what earlier ones left on them is none of this service's business."""
    ends = await ends_of(runtime.settings.kafka_url, service.reactions.topics)
    await Positions(runtime.database, runtime.group).begin(ends)


@asynccontextmanager
async def without_its_records(kafka_url: str, topic: str) -> AsyncIterator[None]:
    """What is on a topic at the end of the block is deleted: so many records would slow down the next reader."""
    try:
        yield
    finally:
        await delete_everything(kafka_url, topic)


async def delete_everything(kafka_url: str, topic: str) -> None:
    """As retention does, all that is on a topic by now; a null of no concern to anybody is left on each partition.

    Where nothing is left, nobody can tell whether what was sent since some moment is still there.
    """
    ends = await ends_of(kafka_url, [topic])
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_url)
    await admin.start()
    try:
        await admin.delete_records({tp: RecordsToDelete(before_offset=end) for tp, end in ends.items()})
    finally:
        await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=kafka_url) as producer:
        for number in _partitions(topic):
            await producer.send_and_wait(topic, None, key=b"filler", partition=number)


def _partitions(topic: str) -> range:
    return range(TOPICS[topic].partitions)


def _settings(service: Service, stack: Stack, **more: Any) -> ServiceSettings:
    values: dict[str, Any] = {
        "environment": "development",
        "mongo_url": stack.mongo_url,
        "kafka_url": stack.kafka_url,
        "oidc_issuer": ISSUER,
        "port": 0,
    }
    return service.settings(**values | more)


@asynccontextmanager
async def started(
    service: Service,
    stack: Stack,
    *,
    driver: Driver = "motor",
    work: bool = True,
    clock: Clock = utc_now,
    listeners: Iterable[Any] = (),
    **settings: Any,
) -> AsyncIterator[Started]:
    """Run a service with a database (and consumer group) of its own; with `work=False` only its API."""
    async with AsyncExitStack() as exits:
        values = _settings(service, stack, database=f"{service.name}-{new_id()}", **settings)
        await apply_migrations(service, values, driver=driver)
        runtime = await exits.enter_async_context(
            open_runtime(service, values, driver=driver, clock=clock, listeners=tuple(listeners))
        )
        exits.push_async_callback(runtime.database.drop)  # After the worker has stopped.
        issuer = local_issuer.LocalIssuer(ISSUER)
        documents = httpx.AsyncClient(transport=httpx.ASGITransport(app=local_issuer.create_app(issuer)))
        runtime.issuer = Issuer(values, await exits.enter_async_context(documents))
        producer = AIOKafkaProducer(bootstrap_servers=stack.kafka_url, acks="all")
        await exits.enter_async_context(producer)
        if work:
            await begin_at_the_end(service, runtime)
            await exits.enter_async_context(working(service, runtime))
        app = api_app(service, runtime)
        yield Started(
            service=service, runtime=runtime, app=app, stack=stack, issuer=issuer, producer=producer
        )
