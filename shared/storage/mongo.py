"""The one file that knows which MongoDB driver is in use.

Motor is what the platform runs on; PyMongo's own async client is its successor with almost the same API. The
storage and messaging suites run on both. Everything else talks to `Database`.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC
from functools import partial
from typing import Any, Literal, Protocol, TypeVar

from bson import decode, encode
from bson.codec_options import CodecOptions, TypeRegistry
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.results import BulkWriteResult
from pymongo.write_concern import WriteConcern

from shared.domain.sealed import Sealed
from shared.steps import Step, reached
from shared.storage import blocking
from shared.storage.blocking import COMMIT_WITHIN_S, TRANSACTION, Document, Operation, Part, Query, Times
from shared.storage.reads import SharedReads
from shared.storage.translation import translated

__all__ = ["Database", "Document", "Driver", "Operation", "Query", "Reads", "Session", "as_stored", "connect"]

Driver = Literal["motor", "pymongo"]
Session = Any
T = TypeVar("T")


def _sealed_bytes(value: Any) -> Any:
    """What is stored of a sealed part; whatever else has no form in BSON is refused by the driver as before."""
    return value.sealed if isinstance(value, Sealed) and value.sealed is not None else value


_OPTIONS: CodecOptions[Document] = CodecOptions(
    tz_aware=True, tzinfo=UTC, type_registry=TypeRegistry(fallback_encoder=_sealed_bytes)
)


class Reads(Protocol):
    """Where a decision finds documents: a database, or what a replay has made of it so far."""

    async def find_own(self, collection: str, where: Mapping[str, Any], *, limit: int = 0) -> list[Document]:
        """All documents that match, with everything that this process has saved."""
        ...


def as_stored(document: Document) -> Document:
    """A document as it would come back from the database: tuples are lists, enumerations texts."""
    return decode(encode(document, codec_options=_OPTIONS), codec_options=_OPTIONS)


class Database:
    """One service's database. Reads are of majority-committed data; writes wait for a majority."""

    def __init__(self, client: Any, name: str, driver: Driver) -> None:
        self._client = client
        self._driver = driver
        self.name = name
        self._raw = client.get_database(
            name,
            codec_options=_OPTIONS,
            read_concern=ReadConcern("majority"),
            write_concern=WriteConcern("majority", wtimeout=15_000),
        )
        self._collections: dict[str, Any] = {}
        self._committed: Times | None = None
        """When our latest commit was."""
        self._reads = SharedReads(lambda collection, ids: self.find(collection, {"_id": {"$in": list(ids)}}))

    async def get(self, collection: str, id: str | bytes) -> Document | None:
        """The document with this id, or None; those asked for at the same time cost one round trip together."""
        return await self._reads.get(collection, id)

    async def find(
        self,
        collection: str,
        where: Mapping[str, Any],
        *,
        fields: Sequence[str] | Mapping[str, Any] | None = None,
        sort: Sequence[tuple[str, int]] = (),
        limit: int = 0,
    ) -> list[Document]:
        """All documents that match, at most `limit` (0 for no limit); `fields` as in MongoDB's projections."""
        query = Query(where=where, fields=fields, sort=sort, limit=limit)
        if self._driver == "motor":
            return await _in_thread(blocking.find, self._blocking(collection), query)
        return await self._find(collection, query)

    async def _find(self, collection: str, query: Query, session: Session = None) -> list[Document]:
        with translated(collection):
            found: list[Document] = (
                await self._raw[collection].find(session=session, **query.arguments).to_list(None)
            )
            return found

    async def find_one(
        self, collection: str, where: Mapping[str, Any], *, session: Session = None
    ) -> Document | None:
        """The one document that matches, or None."""
        with translated(collection):
            found: Document | None = await self._raw[collection].find_one(where, session=session)
            return found

    async def count(self, collection: str, where: Mapping[str, Any], *, limit: int = 0) -> int:
        """How many documents match; counts no further than `limit` when one is given."""
        with translated(collection):
            bounds = {"limit": limit} if limit else {}
            return int(await self._raw[collection].count_documents(where, **bounds))

    async def estimate(self, collection: str) -> int:
        """How many documents there are by the server's own count: costs nothing, and may be off after a crash."""
        return int((await self.command({"count": collection}))["n"])

    async def bulk_write(
        self,
        collection: str,
        operations: Sequence[Operation],
        *,
        ordered: bool = True,
        session: Session = None,
    ) -> BulkWriteResult:
        """Many writes in one round trip.

        Raises:
            AlreadyThere: a unique index refused one of them.
            Stale: another transaction holds one of the documents.
            Unavailable: the database can't be reached.
        """
        with translated(collection):
            result: BulkWriteResult = await self._raw[collection].bulk_write(
                list(operations), ordered=ordered, session=session
            )
            return result

    async def change_one(
        self, collection: str, where: Mapping[str, Any], update: Any, *, upsert: bool = False
    ) -> Document | None:
        """Update one document in place and return it as it is afterwards, or None where nothing matched."""
        with translated(collection):
            changed: Document | None = await self._raw[collection].find_one_and_update(
                where, update, upsert=upsert, return_document=True
            )
            return changed

    async def aggregate(self, collection: str, pipeline: Sequence[Mapping[str, Any]]) -> list[Document]:
        """What a pipeline of MongoDB's stages comes to."""
        with translated(collection):
            cursor = self._raw[collection].aggregate(list(pipeline))
            if self._driver == "pymongo":
                cursor = await cursor
            found: list[Document] = await cursor.to_list(None)
            return found

    async def delete(self, collection: str, where: Mapping[str, Any]) -> int:
        """Delete what matches; returns how many."""
        with translated(collection):
            return int((await self._raw[collection].delete_many(where)).deleted_count)

    async def command(self, command: Mapping[str, Any]) -> Document:
        """Run a database command, for migrations, health checks and query plans."""
        with translated(str(next(iter(command.values())))):
            answer: Document = await self._raw.command(command)
            return answer

    async def transaction(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Run `work` in one transaction with majority write concern; its writes take the session.

        A commit whose answer is lost is asked again, which MongoDB makes safe.

        Raises:
            Stale, AlreadyThere, Unavailable: nothing was saved, or (Unavailable, after a lost answer to the
                commit) it is not known; guards and idempotency keys make trying again safe.
        """
        async with self._session() as session:
            begun = session.start_transaction(**TRANSACTION)
            if self._driver == "pymongo":
                await begun
            try:
                result = await work(session)
            except BaseException:
                await _abort(session)
                raise
            reached(Step.BEFORE_COMMIT)
            with translated(self.name):
                await _commit(session)
            reached(Step.AFTER_COMMIT)
            self._committed = (session.cluster_time, session.operation_time)
            return result

    async def save(self, parts: Sequence[Part]) -> None:
        """Many writes to many collections in one transaction, or none of them.

        Raises:
            Stale: fewer documents were met than must be, or another transaction holds one.
            AlreadyThere: a unique index refused one.
            Refused: the database will never take one.
            Unavailable: not known to be saved.
        """
        if self._driver == "motor":
            self._committed = await _in_thread(
                blocking.save, self._client.delegate, self._raw.delegate, parts
            )
            return

        async def work(session: Session) -> None:
            for part in parts:
                reached(Step.BEFORE_INSERT)
                part.check(await self.bulk_write(part.collection, part.operations, session=session))
                reached(Step.AFTER_INSERT)

        await self.transaction(work)

    async def find_own(self, collection: str, where: Mapping[str, Any], *, limit: int = 0) -> list[Document]:
        """Like `find`, and what this process has committed is surely in it.

        Just after a failover the new primary may serve majority reads that lack a write which was acknowledged to us;
        a causally consistent session makes it wait for that one.
        """
        after = self._committed
        if after is None:
            return await self.find(collection, where, limit=limit)
        query = Query(where=where, limit=limit)
        if self._driver == "motor":
            raw = self._blocking(collection)
            return await _in_thread(blocking.find_after, self._client.delegate, raw, query, after)
        async with self._session(causal_consistency=True) as session:
            session.advance_cluster_time(after[0])
            session.advance_operation_time(after[1])
            return await self._find(collection, query, session)

    async def snapshot(self, collection: str, *queries: Query) -> list[list[Document]]:
        """What each query matches, with every document as of the same instant, however long the reading takes."""
        if self._driver == "motor":
            raw = self._blocking(collection)
            return await _in_thread(blocking.snapshot, self._client.delegate, raw, queries)
        async with self._session(snapshot=True) as session:
            return [await self._find(collection, query, session) for query in queries]

    def _blocking(self, collection: str) -> Any:
        """The blocking collection that Motor itself wraps; made once, which costs as much as using it."""
        if collection not in self._collections:
            self._collections[collection] = self._raw.delegate[collection]
        return self._collections[collection]

    @asynccontextmanager
    async def watch_inserts(self, collection: str) -> AsyncIterator[Any]:
        """A change stream of inserts; `next()` waits for the next one, and raises when the stream is lost."""
        stream = self._raw[collection].watch(
            [{"$match": {"operationType": "insert"}}, {"$project": {"_id": 1}}], max_await_time_ms=1000
        )
        if self._driver == "pymongo":
            stream = await stream
        async with stream:
            yield stream

    async def collections(self) -> list[str]:
        """Names of the collections that exist."""
        with translated(self.name):
            return sorted(await self._raw.list_collection_names())

    async def create_collection(self, name: str, **options: Any) -> None:
        """Create a collection; see MongoDB's `create` for the options."""
        with translated(name):
            # The driver's own check would race with another process and answer with an error of its own.
            await self._raw.create_collection(name, check_exists=False, **options)

    async def create_indexes(self, collection: str, indexes: Sequence[Any]) -> None:
        """Create indexes (`pymongo.IndexModel`) that are not there yet."""
        with translated(collection):
            await self._raw[collection].create_indexes(list(indexes))

    async def indexes(self, collection: str) -> frozenset[str]:
        """Names of the indexes that exist."""
        with translated(collection):
            return frozenset(await self._raw[collection].index_information())

    async def drop_indexes(self, collection: str, names: Sequence[str]) -> None:
        """Drop those of these indexes that are there."""
        for name in frozenset(names) & await self.indexes(collection):
            await self.command({"dropIndexes": collection, "index": name})

    async def drop(self) -> None:
        """Delete the whole database; for tests."""
        with translated(self.name):
            await self._client.drop_database(self.name)

    async def ping(self) -> None:
        """Raises Unavailable unless a primary answers."""
        with translated(self.name):
            await self._client.get_database(self.name).command("ping")

    @asynccontextmanager
    async def _session(self, **options: Any) -> AsyncIterator[Session]:
        with translated(self.name):
            session = self._client.start_session(**options)
            if self._driver == "motor":
                session = await session
        async with session:
            yield session


@asynccontextmanager
async def connect(
    url: str, name: str, *, driver: Driver = "motor", listeners: Sequence[Any] = (), wait_ms: int = 5_000
) -> AsyncIterator[Database]:
    """Open a client for one database. No connection is made before the first operation.

    `listeners` are `pymongo.monitoring` listeners, for counting round trips; `wait_ms` is how long an operation
    looks for a primary before it is Unavailable.
    """
    options: dict[str, Any] = {
        "appname": f"peerpath-{name}",
        "retryWrites": True,
        "serverSelectionTimeoutMS": wait_ms,
        "socketTimeoutMS": 30_000,
        "event_listeners": list(listeners),
    }
    if driver == "motor":
        motor: Any = AsyncIOMotorClient(url, **options)
        try:
            yield Database(motor, name, driver)
        finally:
            # It says goodbye to the server, which may be silent, and would hold up the event loop meanwhile.
            await _in_thread(motor.close)
    else:
        async with AsyncMongoClient[Document](url, **options) as client:
            yield Database(client, name, driver)


async def _in_thread(work: Callable[..., T], *args: Any, **options: Any) -> T:
    return await asyncio.get_running_loop().run_in_executor(None, partial(work, *args, **options))


async def _commit(session: Session) -> None:
    deadline = time.monotonic() + COMMIT_WITHIN_S
    while True:
        try:
            await session.commit_transaction()
        except PyMongoError as problem:
            unknown = problem.has_error_label("UnknownTransactionCommitResult")
            if not unknown or time.monotonic() > deadline:
                raise
        else:
            return


async def _abort(session: Session) -> None:
    # The server ends a transaction nobody comes back to by itself; the first error is the one to see.
    with suppress(PyMongoError):
        await session.abort_transaction()
