"""What a service is made of, and what one of its processes works with. Nothing connects here."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import APIRouter

from shared.clock import Clock, utc_now
from shared.contracts.topics import CONTACTS, TOPICS, Topic
from shared.ids import NewId, new_id
from shared.messaging import batch, classes, lease, outbox, parking, positions, replay
from shared.messaging.parking_lot import ParkingLot
from shared.messaging.projections import Projection
from shared.messaging.reactions import Reactions
from shared.progress import Progress
from shared.settings import ServiceSettings
from shared.storage.mongo import Database
from shared.storage.schema import Collection, Migration
from shared.storage.unit_of_work import Committer
from shared.storage.vault import COLLECTION as KEYS
from shared.storage.vault import Vault
from shared.web import idempotency, throttling
from shared.web import parking as parking_routes
from shared.web.auth import Issuer
from shared.web.edge import Upload

PLATFORM_COLLECTIONS: tuple[Collection, ...] = (
    *outbox.COLLECTIONS,
    positions.COLLECTION,
    batch.COLLECTION,
    lease.COLLECTION,
    idempotency.COLLECTION,
    throttling.COLLECTION,
    *parking.COLLECTIONS,
    replay.COLLECTION,
    KEYS,
)
"""What the shared library keeps in every service's database."""


PLATFORM_MIGRATIONS: tuple[Migration, ...] = (*outbox.MIGRATIONS, *classes.MIGRATIONS)
"""Their numbers are below 100; a service's own begin there."""


@dataclass(kw_only=True)
class Runtime:
    """What a running process works with."""

    name: str
    settings: ServiceSettings
    database: Database
    committer: Committer
    issuer: Issuer
    http: httpx.AsyncClient
    vault: Vault | None = None
    """The keys of the people it keeps sealed text about, if it is a service that does."""
    progress: Progress = field(default_factory=Progress)
    clock: Clock = utc_now
    new_id: NewId = new_id
    needs_kafka: bool = False
    parking: ParkingLot = field(init=False)
    """Set once the runtime is there, because it works with it."""
    on_saved: list[Callable[[], None]] = field(default_factory=list)
    extras: dict[str, Any] = field(default_factory=dict)
    """What a service made for itself at start, such as rules read from files."""

    @property
    def group(self) -> str:
        """The consumer group of this service's workers."""
        return f"peerpath-{self.database.name}"

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
    forms: Sequence[str] = ()
    """What the addresses begin with to which pages of the service's own send a form."""
    uploads: Sequence[Upload] = ()
    """Those of the routes that take a file in place of JSON."""
    reactions: Reactions = field(default_factory=Reactions)
    collections: Sequence[Collection] = ()
    projections: Sequence[Projection] = ()
    """Those of the collections that events alone make, and `replay rebuild` can make anew."""
    migrations: Sequence[Migration] = ()
    loops: Sequence[Callable[[Runtime], Awaitable[None]]] = ()
    """Coroutines of the service's own that run in the worker until cancelled."""
    prepare: Callable[[Runtime], None] | None = None
    """Reads files and builds what routes need into `runtime.extras`; runs once at start, before anything."""
    checks: Sequence[Callable[[Runtime], Awaitable[Sequence[str]]]] = ()
    """What has to hold of the stored data before a process serves; each says in sentences what does not."""

    @property
    def topics(self) -> tuple[Topic, ...]:
        """The topics this service produces to or consumes from."""
        own = (TOPICS[f"peerpath.{self.name}.events"], CONTACTS)
        heard = (TOPICS[name] for name in self.reactions.topics)
        return tuple({topic.name: topic for topic in (*own, *heard)}.values())

    @property
    def all_routers(self) -> tuple[APIRouter, ...]:
        """The service's own routes and those that every service has for its operators."""
        return (*self.routers, parking_routes.router)

    @property
    def all_collections(self) -> tuple[Collection, ...]:
        """The service's own collections and those of the shared library."""
        return (*PLATFORM_COLLECTIONS, *self.collections)

    @property
    def all_migrations(self) -> tuple[Migration, ...]:
        """The service's own migrations and those of the shared library."""
        return (*PLATFORM_MIGRATIONS, *self.migrations)
