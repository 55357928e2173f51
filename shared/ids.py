"""New identifiers. Passed in wherever one is needed, so tests decide what they are."""

import secrets
from collections.abc import Callable

from uuid_utils import uuid7

NewId = Callable[[], str]


def new_id() -> str:
    """A UUIDv7 (RFC 9562): unique, and sorts by the time it was made."""
    return str(uuid7())


def new_token() -> str:
    """256 random bits, URL-safe: for addresses that nobody should guess."""
    return secrets.token_urlsafe(32)
