"""From the driver's errors to ours: both drivers raise the same."""

from collections.abc import Mapping
from typing import Any

from bson.errors import BSONError
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)

from shared.storage.errors import AlreadyThere, Refused, Stale, Unavailable

_DUPLICATE = 11000
_WRITE_CONFLICT = 112
_COLLECTION_EXISTS = 48
_WEATHER = frozenset({91, 262, 11600})
"""ShutdownInProgress, ExceededTimeLimit, InterruptedAtShutdown: nothing is wrong with what was asked."""
_TOO_LARGE = frozenset({10334, 17419, 17420})
"""BSONObjectTooLarge, and what an update says whose result would be."""


class translated:  # noqa: N801 - reads as a phrase at its uses
    """Turn the driver's errors into ours; one that we don't know stays as it is."""

    def __init__(self, collection: str) -> None:
        self._collection = collection

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, _: object) -> None:
        if isinstance(problem, (BSONError, OverflowError)):
            # Too large, or no value that MongoDB has; the message may hold the document.
            raise Refused(self._collection, None) from None
        if isinstance(problem, PyMongoError):
            ours = _translate(self._collection, problem)
            if ours is not None:
                raise ours from None if isinstance(ours, Refused) else problem


def _translate(collection: str, problem: PyMongoError) -> Exception | None:
    if problem.has_error_label("UnknownTransactionCommitResult") or isinstance(problem, WTimeoutError):
        return Unavailable(f"{collection}: not known to be saved ({type(problem).__name__})")
    if isinstance(problem, BulkWriteError):
        errors = (problem.details or {}).get("writeErrors") or [{}]
        return _from_write(collection, errors[0].get("code"), errors[0].get("keyPattern"))
    if isinstance(problem, DuplicateKeyError):
        return _from_write(collection, _DUPLICATE, (problem.details or {}).get("keyPattern"))
    if isinstance(problem, (AutoReconnect, ConnectionFailure)):
        return Unavailable(f"{collection}: {problem}")
    if isinstance(problem, OperationFailure):
        found = _from_operation(collection, problem)
        if found is not None:
            return found
    if problem.has_error_label("TransientTransactionError") or problem.has_error_label("RetryableWriteError"):
        return Unavailable(f"{collection}: {problem}")
    return None


def _from_operation(collection: str, problem: OperationFailure) -> Exception | None:
    if problem.code in _WEATHER:
        return _weather(collection, problem.code)
    if problem.code in _TOO_LARGE:
        return Refused(collection, problem.code)
    if problem.code == _COLLECTION_EXISTS:
        return AlreadyThere(collection, "name")
    if problem.code == _WRITE_CONFLICT:
        return Stale(f"{collection}: another transaction holds a document")
    if problem.has_error_label("TransientTransactionError"):
        return Stale(f"{collection}: the server ended the transaction: {problem}")
    return None


def _from_write(collection: str, code: int | None, pattern: Mapping[str, Any] | None) -> Exception:
    if code == _DUPLICATE:
        return AlreadyThere(collection, "+".join(pattern or ("_id",)))
    if code == _WRITE_CONFLICT:
        return Stale(f"{collection}: another transaction holds a document")
    if code in _WEATHER:
        return _weather(collection, code)
    # The driver's own message holds the whole document, which has no business in a log.
    return Refused(collection, code)


def _weather(collection: str, code: int | None) -> Unavailable:
    return Unavailable(f"{collection}: the server is shutting down or over its time limit ({code})")
