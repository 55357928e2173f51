"""The one file that knows which MongoDB driver is in use.

Motor is what the platform runs on; PyMongo's own async client is its successor with almost the same API. The
storage and messaging suites run on both. Everything else talks to `Database`.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC
from typing import Any, Literal, TypeVar

from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import AsyncMongoClient, DeleteMany, DeleteOne, InsertOne, ReplaceOne, UpdateOne
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)
from pymongo.read_concern import ReadConcern
from pymongo.results import BulkWriteResult
from pymongo.write_concern import WriteConcern

from shared.storage.errors import AlreadyThere, Refused, Stale, Unavailable
from shared.storage.reads import SharedReads

Driver = Literal["motor", "pymongo"]
Document = dict[str, Any]
Operation = InsertOne[Document] | ReplaceOne[Document] | UpdateOne | DeleteOne | DeleteMany
Session = Any
T = TypeVar("T")

_DUPLICATE = 11000
_WRITE_CONFLICT = 112
_COLLECTION_EXISTS = 48
_COMMIT_WITHIN_S = 20.0
_WEATHER = frozenset({91, 262, 11600})
"""ShutdownInProgress, ExceededTimeLimit, InterruptedAtShutdown: nothing is wrong with what was asked."""
_OPTIONS: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)


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
        self._reads = SharedReads(lambda collection, ids: self.find(collection, {"_id": {"$in": list(ids)}}))

    async def get(self, collection: str, id: str) -> Document | None:
        """The document with this id, or None; those asked for at the same time cost one round trip together."""
        return await self._reads.get(collection, id)

    async def find(
        self,
        collection: str,
        where: Mapping[str, Any],
        *,
        fields: Sequence[str] | None = None,
        sort: Sequence[tuple[str, int]] = (),
        limit: int = 0,
        session: Session = None,
    ) -> list[Document]:
        """All documents that match, at most `limit` (0 for no limit)."""
        with _translated(collection):
            cursor = self._raw[collection].find(where, projection=fields, limit=limit, session=session)
            if sort:
                cursor = cursor.sort(list(sort))
            # One round trip for what a batch reads: the driver's own default would stop at 101 documents.
            found: list[Document] = await cursor.batch_size(limit or 10_000).to_list(None)
            return found

    async def find_one(
        self, collection: str, where: Mapping[str, Any], *, session: Session = None
    ) -> Document | None:
        """The one document that matches, or None."""
        with _translated(collection):
            found: Document | None = await self._raw[collection].find_one(where, session=session)
            return found

    async def count(self, collection: str, where: Mapping[str, Any], *, limit: int = 0) -> int:
        """How many documents match; counts no further than `limit` when one is given."""
        with _translated(collection):
            bounds = {"limit": limit} if limit else {}
            return int(await self._raw[collection].count_documents(where, **bounds))

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
        with _translated(collection):
            result: BulkWriteResult = await self._raw[collection].bulk_write(
                list(operations), ordered=ordered, session=session
            )
            return result

    async def change_one(
        self, collection: str, where: Mapping[str, Any], update: Any, *, upsert: bool = False
    ) -> Document | None:
        """Update one document in place and return it as it is afterwards, or None where nothing matched."""
        with _translated(collection):
            changed: Document | None = await self._raw[collection].find_one_and_update(
                where, update, upsert=upsert, return_document=True
            )
            return changed

    async def delete(self, collection: str, where: Mapping[str, Any]) -> int:
        """Delete what matches; returns how many."""
        with _translated(collection):
            return int((await self._raw[collection].delete_many(where)).deleted_count)

    async def command(self, command: Mapping[str, Any]) -> Document:
        """Run a database command, for migrations, health checks and query plans."""
        with _translated(str(next(iter(command.values())))):
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
            begun = session.start_transaction(
                read_concern=ReadConcern("local"), write_concern=WriteConcern("majority", wtimeout=15_000)
            )
            if self._driver == "pymongo":
                await begun
            try:
                result = await work(session)
            except BaseException:
                await _abort(session)
                raise
            with _translated(self.name):
                await _commit(session)
            return result

    async def snapshot(self, collection: str, where: Mapping[str, Any], **options: Any) -> list[Document]:
        """Like `find`, with every document as of the same instant, however long the read takes."""
        async with self._session(snapshot=True) as session:
            return await self.find(collection, where, session=session, **options)

    @asynccontextmanager
    async def watch_inserts(self, collection: str) -> AsyncIterator[Any]:
        """A change stream of inserts; `next()` waits for the next one, and raises when the stream is lost."""
        stream = self._raw[collection].watch(
            [{"$match": {"operationType": "insert"}}], max_await_time_ms=1000
        )
        if self._driver == "pymongo":
            stream = await stream
        async with stream:
            yield stream

    async def collections(self) -> list[str]:
        """Names of the collections that exist."""
        with _translated(self.name):
            return sorted(await self._raw.list_collection_names())

    async def create_collection(self, name: str, **options: Any) -> None:
        """Create a collection; see MongoDB's `create` for the options."""
        with _translated(name):
            await self._raw.create_collection(name, **options)

    async def create_indexes(self, collection: str, indexes: Sequence[Any]) -> None:
        """Create indexes (`pymongo.IndexModel`) that are not there yet."""
        with _translated(collection):
            await self._raw[collection].create_indexes(list(indexes))

    async def drop(self) -> None:
        """Delete the whole database; for tests."""
        with _translated(self.name):
            await self._client.drop_database(self.name)

    async def ping(self) -> None:
        """Raises Unavailable unless a primary answers."""
        with _translated(self.name):
            await self._client.get_database(self.name).command("ping")

    @asynccontextmanager
    async def _session(self, **options: Any) -> AsyncIterator[Session]:
        with _translated(self.name):
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
            motor.close()
    else:
        async with AsyncMongoClient[Document](url, **options) as client:
            yield Database(client, name, driver)


async def _commit(session: Session) -> None:
    deadline = time.monotonic() + _COMMIT_WITHIN_S
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


class _translated:  # noqa: N801 - reads as a phrase at its uses
    """Turn the driver's errors into ours."""

    def __init__(self, collection: str) -> None:
        self._collection = collection

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, _: object) -> None:
        if isinstance(problem, PyMongoError):
            ours = _translate(self._collection, problem)
            if ours is not None:
                raise ours from None if isinstance(ours, Refused) else problem


def _translate(collection: str, problem: PyMongoError) -> Exception | None:
    if problem.has_error_label("UnknownTransactionCommitResult") or isinstance(problem, WTimeoutError):
        return Unavailable(f"{collection}: not known to be saved ({type(problem).__name__})")
    if isinstance(problem, BulkWriteError):
        errors = (problem.details or {}).get("writeErrors") or [{}]
        return _from_code(collection, errors[0].get("code"), errors[0].get("keyPattern"))
    if isinstance(problem, DuplicateKeyError):
        return _from_code(collection, _DUPLICATE, (problem.details or {}).get("keyPattern"))
    if isinstance(problem, OperationFailure) and problem.code in _WEATHER:
        return Unavailable(
            f"{collection}: the server is shutting down or over its time limit ({problem.code})"
        )
    if isinstance(problem, (AutoReconnect, ConnectionFailure)):
        return Unavailable(f"{collection}: {problem}")
    if isinstance(problem, OperationFailure) and problem.code == _COLLECTION_EXISTS:
        return AlreadyThere(collection, "name")
    if isinstance(problem, OperationFailure) and problem.code == _WRITE_CONFLICT:
        return Stale(f"{collection}: another transaction holds a document")
    if isinstance(problem, OperationFailure) and problem.has_error_label("TransientTransactionError"):
        return Stale(f"{collection}: the server ended the transaction: {problem}")
    if problem.has_error_label("TransientTransactionError") or problem.has_error_label("RetryableWriteError"):
        return Unavailable(f"{collection}: {problem}")
    return None


def _from_code(collection: str, code: int | None, pattern: Mapping[str, Any] | None) -> Exception | None:
    if code == _DUPLICATE:
        return AlreadyThere(collection, "+".join(pattern or ("_id",)))
    if code == _WRITE_CONFLICT:
        return Stale(f"{collection}: another transaction holds a document")
    if code in _WEATHER:
        return Unavailable(f"{collection}: the server is shutting down or over its time limit ({code})")
    # The driver's own message holds the whole document, which has no business in a log.
    return Refused(collection, code)
