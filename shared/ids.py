"""New identifiers. Passed in wherever one is needed, so tests decide what they are."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from uuid_utils import uuid7

NewId = Callable[[], str]


def new_id() -> str:
    """A UUIDv7 (RFC 9562): unique, and sorts by the time it was made."""
    return str(uuid7())


def moment_of(id: str) -> datetime:
    """When a UUIDv7 was made, to the millisecond, by the clock of whoever made it."""
    return datetime.fromtimestamp(_milliseconds(id) / 1000, UTC)


def id_after(last: str) -> str:
    """A new UUIDv7 that sorts behind `last`, whatever the clock says."""
    return str(uuid7(nanoseconds=(_milliseconds(last) + 1) * 1_000_000))


def _milliseconds(id: str) -> int:
    return UUID(id).int >> 80


def new_token() -> str:
    """256 random bits, URL-safe: for addresses that nobody should guess."""
    return secrets.token_urlsafe(32)
