"""The notifications service of a test: at noon, with a mail server."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from services.notifications.service import SERVICE
from shared.domain.aggregate import Aggregate
from shared.storage.unit_of_work import Change, Write
from tests.notifications.builders import NOON
from tests.notifications.mailbox import Mailbox, mail_server
from tests.support.running import Started, started
from tests.support.stack import Stack


class Watch:
    """The time, where a test says it is."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **length: float) -> None:
        self.now += timedelta(**length)


@asynccontextmanager
async def notifications(
    stack: Stack, *, work: bool = True, watch: Watch | None = None, **settings: Any
) -> AsyncIterator[tuple[Started, Mailbox]]:
    """The service and its mail server; without `work`, only its API."""
    with mail_server() as mailbox:
        values = {"smtp_port": mailbox.port, **settings}
        async with started(SERVICE, stack, work=work, clock=watch or Watch(), **values) as app:
            await _keep_everything(app)
            yield app, mailbox


async def _keep_everything(app: Started) -> None:
    # A test's clock stands at some noon; the database's own goes on, and would delete what that makes old.
    for collection in SERVICE.collections:
        for index in collection.indexes:
            if index.expire_after_s:
                await app.database.command({"dropIndexes": collection.name, "index": index.name})


async def save(app: Started, aggregates: Iterable[Aggregate]) -> None:
    """Put aggregates into the service's database as if they had come about there."""
    writes = []
    for aggregate in aggregates:
        aggregate.version = aggregate.version or 1
        writes.append(Write.insert(aggregate.collection, aggregate.document()))
    await app.runtime.committer.commit(Change(writes=tuple(writes)))
