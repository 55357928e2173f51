"""Collections, indexes and validators, declared as data and applied by `migrate`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from pymongo import IndexModel

from shared.domain.aggregate import Aggregate
from shared.storage.errors import AlreadyThere
from shared.storage.mongo import Database

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Index:
    """One index. `keys` as in MongoDB: field and 1 or -1; `expire_after_s` makes it a TTL index."""

    keys: Sequence[tuple[str, int]]
    unique: bool = False
    expire_after_s: int | None = None
    where: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        """MongoDB's own naming: `site_1_stage_1`."""
        return "_".join(f"{field}_{direction}" for field, direction in self.keys)

    def model(self) -> IndexModel:
        """The driver's form of it."""
        options: dict[str, Any] = {"name": self.name, "unique": self.unique}
        if self.expire_after_s is not None:
            options["expireAfterSeconds"] = self.expire_after_s
        if self.where is not None:
            options["partialFilterExpression"] = dict(self.where)
        return IndexModel(list(self.keys), **options)


@dataclass(frozen=True, kw_only=True)
class Collection:
    """One collection: `required` maps fields every document has to their BSON types."""

    name: str
    indexes: Sequence[Index] = ()
    required: Mapping[str, str | list[str]] | None = None

    def validator(self) -> dict[str, Any]:
        """The MongoDB `$jsonSchema` validator: required fields and their types, open for the rest."""
        fields = dict(self.required or {})
        schema: dict[str, Any] = {"bsonType": "object"}
        if fields:
            schema["required"] = sorted(fields)
            schema["properties"] = {name: {"bsonType": kind} for name, kind in fields.items()}
        return {"$jsonSchema": schema}


async def _nothing(_: Database) -> None:
    """A step whose change is another."""


@dataclass(frozen=True, kw_only=True)
class Migration:
    """A numbered step that changes data. `run` must be safe to run again after a crash half-way.

    One that `seals` a kind of aggregate seals what is stored of it in plain form, and runs nothing else.
    """

    number: int
    what: str
    run: Callable[[Database], Awaitable[None]] = _nothing
    seals: type[Aggregate] | None = None


def aggregates(name: str, /, *indexes: Index, **required: str | list[str]) -> Collection:
    """A collection of aggregates: every document has a string id, a site and a version."""
    fields: dict[str, str | list[str]] = {"_id": "string", "site": "string", "version": ["int", "long"]}
    return Collection(name=name, indexes=indexes, required={**fields, **required})


async def migrate(
    database: Database,
    collections: Sequence[Collection],
    migrations: Sequence[Migration],
    *,
    now: datetime,
    seal: Callable[[type[Aggregate]], Awaitable[None]] | None = None,
) -> None:
    """Bring a database to the declared shape; does nothing where it already has it. `seal` seals what is stored.

    Safe to run from several processes at once: every step is idempotent.
    """
    there = set(await database.collections())
    declared = (*collections, Collection(name="migrations"))
    # At once: twenty-five new collections take half as long as one after the other (0.15 s, 0.27 s).
    shaping = (_shape(database, one, exists=one.name in there) for one in declared)
    for problem in await asyncio.gather(*shaping, return_exceptions=True):
        if problem is not None:
            raise problem
    done = {row["_id"] for row in await database.find("migrations", {})}
    for step in sorted(migrations, key=lambda migration: migration.number):
        if step.number not in done:
            log.info("migration", number=step.number, what=step.what)
            await step.run(database)
            if step.seals is not None:
                assert seal is not None, "a service with sealed text takes SealingSettings"
                await seal(step.seals)
            await database.change_one(
                "migrations", {"_id": step.number}, {"$set": {"what": step.what, "at": now}}, upsert=True
            )


async def missing(
    database: Database, collections: Sequence[Collection], migrations: Sequence[Migration]
) -> list[str]:
    """Declared collections, indexes and migrations that the database does not have; empty after `migrate`."""
    there = set(await database.collections())
    gone = [collection.name for collection in collections if collection.name not in there]
    for collection in collections:
        if collection.name in there and collection.indexes:
            built = await database.indexes(collection.name)
            gone += [f"{collection.name}.{one.name}" for one in collection.indexes if one.name not in built]
    done = {row["_id"] for row in await database.find("migrations", {})}
    return gone + [f"migration {step.number}" for step in migrations if step.number not in done]


async def _shape(database: Database, collection: Collection, *, exists: bool) -> None:
    if not exists:
        with suppress(AlreadyThere):  # Another process was quicker.
            await database.create_collection(collection.name)
    await database.command({"collMod": collection.name, "validator": collection.validator()})
    if collection.indexes:
        await database.create_indexes(collection.name, [index.model() for index in collection.indexes])
