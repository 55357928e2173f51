"""The time. Passed in wherever it is needed, so tests decide what it is."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Now, aware and cut to milliseconds: what MongoDB keeps, so a value read back equals the one written."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
