"""The processes of a service from the inside: what is opened, which loops run, what is closed, in which order."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import httpx
import structlog
from fastapi import FastAPI
from pydantic import SecretStr

from shared.clock import Clock, utc_now
from shared.messaging import batch, lease
from shared.messaging.broker import client_id_of, create_topics, make_broker
from shared.messaging.parking_lot import ParkingLot
from shared.messaging.polling import MAX_RECORDS
from shared.messaging.rebuild import Rebuild
from shared.messaging.relay import Relay
from shared.messaging.replay import Replay
from shared.messaging.worker import Worker
from shared.progress import Progress
from shared.service.composition import Runtime, Service
from shared.service.measures import MEASURES
from shared.settings import SealingSettings, ServiceSettings
from shared.storage.crypt import Crypt
from shared.storage.mongo import Database, Driver, connect
from shared.storage.schema import migrate
from shared.storage.sealing import seal_stored
from shared.storage.unit_of_work import COMMITTER, Committer, running
from shared.storage.vault import Vault
from shared.web.app import create_app
from shared.web.auth import Issuer

log = structlog.get_logger(__name__)

LOOP_LIMIT_S = 60.0


@asynccontextmanager
async def open_runtime(
    service: Service,
    settings: ServiceSettings,
    *,
    driver: Driver = "motor",
    clock: Clock = utc_now,
    listeners: Sequence[Any] = (),
) -> AsyncIterator[Runtime]:
    """Database, committer and issuer of one process, closed in order."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(
            _database(service, settings, driver=driver, listeners=listeners)
        )
        http = await stack.enter_async_context(httpx.AsyncClient())
        progress = Progress()
        progress.expect(COMMITTER, within_s=LOOP_LIMIT_S)
        vault = vault_of(settings, database)
        committer = await stack.enter_async_context(
            running(Committer(database, sealer=vault, progress=progress))
        )
        runtime = Runtime(
            name=service.name,
            settings=settings,
            database=database,
            committer=committer,
            issuer=Issuer(settings, http),
            http=http,
            vault=vault,
            progress=progress,
            clock=clock,
        )
        runtime.parking = parking_lot(service, runtime)
        if service.prepare:
            service.prepare(runtime)
        yield runtime


def _database(
    service: Service, settings: ServiceSettings, *, driver: Driver, listeners: Sequence[Any] = ()
) -> AbstractAsyncContextManager[Database]:
    name = settings.database or service.name
    return connect(settings.mongo_url.get_secret_value(), name, driver=driver, listeners=listeners)


def vault_of(settings: ServiceSettings, database: Database) -> Vault | None:
    """The vault of a service that keeps sealed text."""
    if not isinstance(settings, SealingSettings):
        return None
    before = settings.master_key_before
    crypt = Crypt(_master(settings.master_key), None if before is None else _master(before))
    return Vault(database, crypt)


def _master(key: SecretStr) -> bytes:
    return base64.b64decode(key.get_secret_value())


def api_app(service: Service, runtime: Runtime) -> FastAPI:
    """The HTTP app of a service over a runtime."""
    return create_app(
        service.name, service.all_routers, runtime, forms=service.forms, uploads=service.uploads
    )


async def apply_migrations(service: Service, settings: ServiceSettings, *, driver: Driver = "motor") -> None:
    """Topics, collections, indexes, validators, data: everything a service needs before it starts."""
    replication, client_id = settings.kafka_replication, client_id_of(service.name)
    await create_topics(settings.kafka_url, service.topics, replication=replication, client_id=client_id)
    async with _database(service, settings, driver=driver) as database:
        vault = vault_of(settings, database)
        seal = None if vault is None else partial(seal_stored, database, vault)
        await migrate(database, service.all_collections, service.all_migrations, now=utc_now(), seal=seal)
    log.info("migrated", topics=len(service.topics), collections=len(service.all_collections))


def parking_lot(service: Service, runtime: Runtime) -> ParkingLot:
    """The parked events of a service, with the reactions that retry them."""
    return ParkingLot(
        runtime.database,
        runtime.committer,
        batch.Batch(runtime.database, service.reactions, new_id=runtime.new_id),
        service=service.name,
        clock=runtime.clock,
        new_id=runtime.new_id,
        saved=runtime.saved,
    )


def rebuild_of(service: Service, runtime: Runtime) -> Rebuild:
    """The means to build a service's projections anew."""
    return Rebuild(
        database=runtime.database,
        committer=runtime.committer,
        reactions=service.reactions,
        projections=service.projections,
        group=runtime.group,
        kafka_url=runtime.settings.kafka_url,
        new_id=runtime.new_id,
    )


def replay_of(service: Service, runtime: Runtime) -> Replay:
    """The means to run events again through a service's reactions."""
    return Replay(
        database=runtime.database,
        committer=runtime.committer,
        reactions=service.reactions,
        group=runtime.group,
        kafka_url=runtime.settings.kafka_url,
        clock=runtime.clock,
        new_id=runtime.new_id,
    )


@asynccontextmanager
async def working(
    service: Service, runtime: Runtime, *, max_records: int = MAX_RECORDS
) -> AsyncIterator[None]:
    """The worker's loops for the length of the block: relay, reactions, and the service's own."""
    runtime.needs_kafka = True
    relay = Relay(
        runtime.database,
        service=service.name,
        kafka_url=runtime.settings.kafka_url,
        lease=lease.Lease(runtime.database, "relay", new_id=runtime.new_id),
        progress=runtime.progress,
    )
    runtime.on_saved.append(relay.wake)
    runtime.progress.expect("relay", within_s=LOOP_LIMIT_S)
    loops = (*MEASURES, *service.loops)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(_task(relay.run(), "relay"))
        for loop in loops:
            await stack.enter_async_context(_task(_kept_up(loop, runtime), loop.__name__))
        if service.reactions.topics:
            await stack.enter_async_context(_consuming(service, runtime, relay, max_records))
        yield


@asynccontextmanager
async def _consuming(
    service: Service, runtime: Runtime, relay: Relay, max_records: int
) -> AsyncIterator[None]:
    worker = Worker(
        service=service.name,
        topics=service.reactions.topics,
        database=runtime.database,
        batch=batch.Batch(runtime.database, service.reactions, new_id=runtime.new_id),
        committer=runtime.committer,
        group=runtime.group,
        clock=runtime.clock,
        progress=runtime.progress,
        saved=lambda _: relay.wake(),
        max_records=max_records,
    )
    runtime.progress.expect("reactions", within_s=LOOP_LIMIT_S)
    broker = make_broker(runtime.settings.kafka_url, client_id=client_id_of(service.name))
    async with worker.consuming(broker):
        yield


@asynccontextmanager
async def _task(work: Any, name: str) -> AsyncIterator[None]:
    """A coroutine that runs beside the block and ends with it."""
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _kept_up(loop: Callable[[Runtime], Awaitable[None]], runtime: Runtime) -> None:
    """A loop of the service's own; one that fails is logged and begun again."""
    while True:
        try:
            await loop(runtime)
        except Exception:
            log.exception("loop_failed", loop=loop.__name__)
        await asyncio.sleep(1.0)
