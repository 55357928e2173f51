"""What a service is, and how its processes run: `python -m services.<name> api|worker|all|migrate|park`.

One process is one event loop. `api` answers HTTP; `worker` runs the relay, the reactions and the service's own
loops, and answers health and metrics; `all` does both. Nothing connects before `main` is called.
"""

import argparse
import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import structlog
import uvicorn
import uvloop
from fastapi import APIRouter, FastAPI

from shared.clock import Clock, utc_now
from shared.contracts.topics import CONTACTS, TOPICS, Topic
from shared.ids import NewId, new_id
from shared.messaging import batch, lease, outbox, park_cli, parking, positions
from shared.messaging.broker import check_topics, create_topics, make_broker
from shared.messaging.reactions import Reactions
from shared.messaging.relay import Relay
from shared.messaging.retry import ParkingLot
from shared.messaging.worker import MAX_RECORDS, Worker
from shared.progress import Progress
from shared.settings import ServiceSettings, load
from shared.storage.mongo import Database, Driver, connect
from shared.storage.schema import Collection, Migration, migrate, missing
from shared.storage.unit_of_work import Committer, running
from shared.telemetry import OUTBOX_AGE, PARKED_KEYS, configure_logs, configure_traces
from shared.web import commands
from shared.web.app import create_app
from shared.web.auth import Issuer

log = structlog.get_logger(__name__)

GRACE_S = 20
LOOP_LIMIT_S = 60.0
PARKED_EVERY_S = 10.0
OUTBOX_EVERY_S = 5.0

PLATFORM_COLLECTIONS: tuple[Collection, ...] = (
    outbox.COLLECTION,
    positions.COLLECTION,
    batch.COLLECTION,
    lease.COLLECTION,
    commands.COLLECTION,
    *parking.COLLECTIONS,
)
"""What the shared library keeps in every service's database."""


@dataclass(kw_only=True)
class Runtime:
    """What a running process works with."""

    name: str
    settings: ServiceSettings
    database: Database
    committer: Committer
    issuer: Issuer
    http: httpx.AsyncClient
    progress: Progress = field(default_factory=Progress)
    clock: Clock = utc_now
    new_id: NewId = new_id
    needs_kafka: bool = False
    on_saved: list[Callable[[], None]] = field(default_factory=list)
    extras: dict[str, Any] = field(default_factory=dict)
    """What a service made for itself at start, such as rules read from files."""

    def saved(self) -> None:
        """A change was committed: wake the relay, if it lives in this process."""
        for wake in self.on_saved:
            wake()


@dataclass(frozen=True, kw_only=True)
class Service:
    """The composition of one service: every route, reaction, collection and loop, in one place."""

    name: str
    settings: type[ServiceSettings] = ServiceSettings
    routers: Sequence[APIRouter] = ()
    reactions: Reactions = field(default_factory=Reactions)
    collections: Sequence[Collection] = ()
    migrations: Sequence[Migration] = ()
    loops: Sequence[Callable[[Runtime], Awaitable[None]]] = ()
    """Coroutines of the service's own that run in the worker until cancelled."""
    prepare: Callable[[Runtime], None] | None = None
    """Reads files and builds what routes need into `runtime.extras`; runs once at start, before anything."""

    @property
    def topics(self) -> tuple[Topic, ...]:
        """The topics this service produces to or consumes from."""
        own = (TOPICS[f"peerpath.{self.name}.events"], CONTACTS)
        heard = (TOPICS[name] for name in self.reactions.topics)
        return tuple({topic.name: topic for topic in (*own, *heard)}.values())

    @property
    def all_collections(self) -> tuple[Collection, ...]:
        """The service's own collections and those of the shared library."""
        return (*PLATFORM_COLLECTIONS, *self.collections)


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
        committer = await stack.enter_async_context(running(Committer(database)))
        runtime = Runtime(
            name=service.name,
            settings=settings,
            database=database,
            committer=committer,
            issuer=Issuer(settings, http),
            http=http,
            clock=clock,
        )
        if service.prepare:
            service.prepare(runtime)
        yield runtime


def _database(
    service: Service, settings: ServiceSettings, *, driver: Driver, listeners: Sequence[Any] = ()
) -> AbstractAsyncContextManager[Database]:
    name = settings.database or service.name
    return connect(settings.mongo_url.get_secret_value(), name, driver=driver, listeners=listeners)


def api_app(service: Service, runtime: Runtime) -> FastAPI:
    """The HTTP app of a service over a runtime."""
    return create_app(service.name, service.routers, runtime)


async def apply_migrations(service: Service, settings: ServiceSettings, *, driver: Driver = "motor") -> None:
    """Topics, collections, indexes, validators, data: everything a service needs before it starts."""
    await create_topics(settings.kafka_url, service.topics, replication=settings.kafka_replication)
    async with _database(service, settings, driver=driver) as database:
        await migrate(database, service.all_collections, service.migrations, now=utc_now())
    log.info("migrated", topics=len(service.topics), collections=len(service.all_collections))


@asynccontextmanager
async def working(
    service: Service, runtime: Runtime, *, max_records: int = MAX_RECORDS
) -> AsyncIterator[None]:
    """The worker's loops for the length of the block: relay, reactions, and the service's own."""
    runtime.needs_kafka = True
    relay_lease = lease.Lease(runtime.database, "relay", new_id=runtime.new_id)
    relay = Relay(
        runtime.database,
        service=service.name,
        kafka_url=runtime.settings.kafka_url,
        lease=relay_lease,
        clock=runtime.clock,
        progress=runtime.progress,
    )
    runtime.on_saved.append(relay.wake)
    runtime.progress.expect("relay", within_s=LOOP_LIMIT_S)
    tasks = [asyncio.create_task(relay.run(), name="relay")]
    loops = (_count_parked, _measure_outbox, *service.loops)
    tasks += [asyncio.create_task(_kept_up(loop, runtime), name=loop.__name__) for loop in loops]
    try:
        async with _consuming(service, runtime, relay, max_records):
            yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def _consuming(
    service: Service, runtime: Runtime, relay: Relay, max_records: int
) -> AsyncIterator[None]:
    if not service.reactions.topics:
        yield
        return
    worker = Worker(
        service=service.name,
        topics=service.reactions.topics,
        database=runtime.database,
        batch=batch.Batch(runtime.database, service.reactions, new_id=runtime.new_id),
        committer=runtime.committer,
        group=f"peerpath-{runtime.database.name}",
        clock=runtime.clock,
        progress=runtime.progress,
        saved=relay.wake,
        max_records=max_records,
    )
    runtime.progress.expect("reactions", within_s=LOOP_LIMIT_S)
    async with worker.consuming(
        make_broker(runtime.settings.kafka_url, client_id=f"peerpath-{service.name}")
    ):
        yield


async def _count_parked(runtime: Runtime) -> None:
    """Keep the gauge that the alert on parked keys looks at."""
    while True:
        PARKED_KEYS.labels(runtime.name).set(await runtime.database.count(parking.PARKED_KEYS, {}))
        await asyncio.sleep(PARKED_EVERY_S)


async def _measure_outbox(runtime: Runtime) -> None:
    """Keep the gauge of how long the oldest row that is due has waited; apart from the relay, which may hang."""
    while True:
        now = runtime.clock()
        rows = await runtime.database.find(
            outbox.OUTBOX, {"due": {"$lte": now}}, fields=("due",), sort=(("due", 1), ("_id", 1)), limit=1
        )
        age = (now - rows[0]["due"]).total_seconds() if rows else 0.0
        OUTBOX_AGE.labels(runtime.name).set(age)
        await asyncio.sleep(OUTBOX_EVERY_S)


async def _kept_up(loop: Callable[[Runtime], Awaitable[None]], runtime: Runtime) -> None:
    """A loop of the service's own; one that fails is logged and begun again."""
    while True:
        try:
            await loop(runtime)
        except Exception:
            log.exception("loop_failed", loop=loop.__name__)
        await asyncio.sleep(1.0)


def main(service: Service, argv: Sequence[str] | None = None) -> None:
    """The command line of a service."""
    parser = argparse.ArgumentParser(prog=f"python -m services.{service.name}")
    roles = parser.add_subparsers(dest="role", required=True)
    roles.add_parser("api", help="answer HTTP")
    roles.add_parser("worker", help="publish and consume events; HTTP for health and metrics only")
    roles.add_parser("all", help="api and worker in one process")
    roles.add_parser("migrate", help="create topics, collections, indexes and validators, then end")
    park_cli.add_arguments(roles.add_parser("park", help="list, show, retry or discard parked events"))
    options = parser.parse_args(argv)
    role = options.role
    settings = load(service.settings)
    configure_logs(service.name, role, settings.log_level)
    if role == "migrate":
        asyncio.run(apply_migrations(service, settings))
        return
    if role == "park":
        raise SystemExit(asyncio.run(_park(service, settings, options)))
    configure_traces(service.name, settings.otlp_endpoint)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(service, settings, role))


async def _park(service: Service, settings: ServiceSettings, options: argparse.Namespace) -> int:
    async with open_runtime(service, settings) as runtime:
        return await park_cli.run(options, parking_lot(service, runtime))


def parking_lot(service: Service, runtime: Runtime) -> ParkingLot:
    """The parked events of a service, with the reactions that retry them."""
    decisions = batch.Batch(runtime.database, service.reactions, new_id=runtime.new_id)
    return ParkingLot(runtime.database, runtime.committer, decisions, clock=runtime.clock)


async def _serve(service: Service, settings: ServiceSettings, role: str) -> None:
    async with AsyncExitStack() as stack:
        runtime = await stack.enter_async_context(open_runtime(service, settings))
        await _check(service, runtime)
        if role in ("worker", "all"):
            await stack.enter_async_context(working(service, runtime))
        routers = service.routers if role in ("api", "all") else ()
        app = create_app(service.name, routers, runtime)
        server = _Server(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                log_config=None,
                timeout_graceful_shutdown=GRACE_S,
                server_header=False,
            )
        )
        log.info("serving", host=settings.host, port=settings.port)
        spare_the_collector()
        await server.serve()


def spare_the_collector() -> None:
    """Take what start-up made out of the garbage collector's sight, and let it look less often.

    Modules and classes stay for good; walking them again and again took a third of the time of a batch of
    reactions, and its pauses were the slowest answers.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


class _Server(uvicorn.Server):
    """Ends on SIGTERM and SIGINT without raising them again, so that what encloses it is closed in order:

    the consumer leaves its group, the lease is given back, and changes that wait are saved.
    """

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle both signals for the length of the block."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)


async def _check(service: Service, runtime: Runtime) -> None:
    """Refuse to start half-way: what is missing is named with the command that makes it."""
    gone = await missing(runtime.database, service.all_collections, service.migrations)
    if gone:
        raise SystemExit(
            f"database {runtime.database.name} lacks {', '.join(gone)}; "
            f"run: python -m services.{service.name} migrate"
        )
    await check_topics(runtime.settings.kafka_url, service.topics)
    await runtime.issuer.check()
