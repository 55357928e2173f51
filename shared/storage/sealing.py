"""Sealing what was stored in plain form before its part of the aggregate became a sealed one."""

import asyncio
from contextlib import suppress

from shared.domain.aggregate import Aggregate
from shared.storage.errors import Stale
from shared.storage.mongo import Database, Document
from shared.storage.unit_of_work import Change, Committer, Sealer, Write, running, to_seal

AT_ONCE = 200


async def seal_stored(database: Database, sealer: Sealer, kind: type[Aggregate]) -> None:
    """Seal every aggregate of a kind; passes over those that are. Safe beside processes that change them."""
    last = ""
    async with running(Committer(database, sealer=sealer)) as committer:
        while rows := await database.find(
            kind.collection, {"_id": {"$gt": last}}, sort=(("_id", 1),), limit=AT_ONCE
        ):
            await asyncio.gather(*(_seal_one(database, committer, kind, row) for row in rows))
            last = rows[-1]["_id"]


async def _seal_one(database: Database, committer: Committer, kind: type[Aggregate], row: Document) -> None:
    found: Document | None = row
    while found is not None:
        aggregate = kind.rebuild(found)
        parts = to_seal(aggregate)
        if not parts:
            return
        aggregate.version += 1
        write = Write.replace(kind.collection, aggregate.document(), expected=found["version"])
        with suppress(Stale):
            await committer.commit(Change(writes=(write,), to_seal=tuple(parts)))
            return
        found = await database.get(kind.collection, row["_id"])
