"""Several steps in one hop to a thread, for Motor.

Motor runs PyMongo's blocking client in threads, with a hop there and back for each step. A transaction has five steps
and more; taken one by one, the hops cost more than the steps. Here they are taken together, on the client that Motor
itself wraps.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pymongo import DeleteMany, DeleteOne, InsertOne, ReplaceOne, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.results import BulkWriteResult
from pymongo.write_concern import WriteConcern

from shared.steps import Step, reached
from shared.storage.errors import Stale
from shared.storage.translation import translated

Document = dict[str, Any]
Operation = InsertOne[Document] | ReplaceOne[Document] | UpdateOne | DeleteOne | DeleteMany
Times = tuple[Any, Any]
"""Cluster time and operation time of a session."""

COMMIT_WITHIN_S = 20.0
TRANSACTION: Mapping[str, Any] = {
    "read_concern": ReadConcern("local"),
    "write_concern": WriteConcern("majority", wtimeout=15_000),
}


@dataclass(frozen=True, kw_only=True)
class Part:
    """Writes to one collection, of which so many must meet a document."""

    collection: str
    operations: Sequence[Operation]
    must_meet: int = 0

    def check(self, result: BulkWriteResult) -> None:
        """Raises Stale where fewer did."""
        met = result.matched_count + result.deleted_count
        if met < self.must_meet:
            raise Stale(f"{self.collection}: {self.must_meet - met} document(s) changed meanwhile")


def save(client: Any, database: Any, parts: Sequence[Part]) -> Times:
    """All parts in one transaction; returns the times of its commit."""
    with translated(database.name), client.start_session() as session:
        session.start_transaction(**TRANSACTION)
        try:
            for part in parts:
                with translated(part.collection):
                    raw = database[part.collection]
                    reached(Step.BEFORE_INSERT)
                    part.check(raw.bulk_write(list(part.operations), session=session))
                    reached(Step.AFTER_INSERT)
        except BaseException:
            with suppress(PyMongoError):
                session.abort_transaction()
            raise
        reached(Step.BEFORE_COMMIT)
        _commit(session)
        reached(Step.AFTER_COMMIT)
        return session.cluster_time, session.operation_time


@dataclass(frozen=True, kw_only=True)
class Query:
    """What to find: as the arguments of `Database.find`."""

    where: Mapping[str, Any]
    fields: Sequence[str] | Mapping[str, int] | None = None
    sort: Sequence[tuple[str, int]] = ()
    limit: int = 0

    @property
    def arguments(self) -> dict[str, Any]:
        """As PyMongo's `find` takes them."""
        return {
            "filter": self.where,
            "projection": self.fields,
            "sort": list(self.sort) or None,
            "limit": self.limit,
            # One round trip for what a batch reads: the driver's own default would stop at 101 documents.
            "batch_size": self.limit or 10_000,
        }


def find(collection: Any, query: Query) -> list[Document]:
    """All documents that match."""
    with translated(collection.name):
        return list(collection.find(**query.arguments))


def find_after(client: Any, collection: Any, query: Query, times: Times) -> list[Document]:
    """All documents that match, with everything that was committed by then."""
    with translated(collection.name), client.start_session(causal_consistency=True) as session:
        session.advance_cluster_time(times[0])
        session.advance_operation_time(times[1])
        return list(collection.find(session=session, **query.arguments))


def snapshot(client: Any, collection: Any, queries: Sequence[Query]) -> list[list[Document]]:
    """What each query matches, all as of one instant."""
    with translated(collection.name), client.start_session(snapshot=True) as session:
        return [list(collection.find(session=session, **query.arguments)) for query in queries]


def _commit(session: ClientSession) -> None:
    deadline = time.monotonic() + COMMIT_WITHIN_S
    while True:
        try:
            session.commit_transaction()
        except PyMongoError as problem:
            unknown = problem.has_error_label("UnknownTransactionCommitResult")
            if not unknown or time.monotonic() > deadline:
                raise
        else:
            return
