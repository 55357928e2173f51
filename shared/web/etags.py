"""Versions as HTTP knows them: entity tags, and `If-Match` (RFC 9110, 8.8.3 and 13.1.1)."""

import re

from shared.domain.aggregate import Aggregate

MATCH_HEADER = "If-Match"
MATCH_LIMIT = 400


_TAGS = re.compile(r'(?:W/)?"[^"]*"')


def etag(version: int) -> str:
    """The entity tag of a version."""
    return f'"{version}"'


def holds(if_match: str, aggregate: Aggregate | None) -> bool:
    """Is the aggregate at one of the versions that the header names? `*` is any, as long as it is there.

    A weak tag never matches: it says that two versions are alike, not that they are the same.
    """
    if aggregate is None:
        return False
    return if_match.strip() == "*" or etag(aggregate.version) in _TAGS.findall(if_match)
