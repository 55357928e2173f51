"""Documents that somebody else is just changing: a real transaction of MongoDB's holds them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pymongo import UpdateOne

from shared.messaging.outbox import OUTBOX
from shared.storage.mongo import Database, Document


@asynccontextmanager
async def held(
    database: Database, rows: Sequence[Document], *, collection: str = OUTBOX
) -> AsyncIterator[None]:
    """Rows that can be read but not changed: a transaction of ours has touched them, and is not over yet."""
    over = asyncio.Event()
    holding = asyncio.Event()

    async def hold(session: Any) -> None:
        touch = [UpdateOne({"_id": one["_id"]}, {"$set": {"touched": True}}) for one in rows]
        await database.bulk_write(collection, touch, session=session)
        holding.set()
        await over.wait()
        raise NothingSaved

    task = asyncio.create_task(database.transaction(hold))
    try:
        await asyncio.wait((task, asyncio.create_task(holding.wait())), return_when=asyncio.FIRST_COMPLETED)
        yield
    finally:
        over.set()
        with pytest.raises(NothingSaved):
            await task


class NothingSaved(Exception):
    """Ends a transaction that was only there to hold its documents."""
