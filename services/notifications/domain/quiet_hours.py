"""When an e-mail that can wait may be sent: never at night where the recipient lives."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

QUIET_FROM = time(21)
QUIET_UNTIL = time(8)
"""Local wall-clock times; at 08:00 sharp it is day again."""


def zone_of(name: str) -> ZoneInfo:
    """The IANA time zone of this name; UTC where there is none: a wrong name may delay, never lose."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def is_quiet(moment: datetime, zone: ZoneInfo) -> bool:
    """Is it between 21:00 and 08:00 on the recipient's clock?"""
    local = moment.astimezone(zone).time()
    return local >= QUIET_FROM or local < QUIET_UNTIL


def next_decent_moment(moment: datetime, zone: ZoneInfo) -> datetime:
    """`moment` itself by day; at night the coming 08:00 of the recipient's clock, in UTC.

    Counted on the wall clock, not in hours: the night before summer time is an hour shorter.
    """
    if not is_quiet(moment, zone):
        return moment
    local = moment.astimezone(zone)
    day = local.date() + timedelta(days=1) if local.time() >= QUIET_FROM else local.date()
    return datetime.combine(day, QUIET_UNTIL, tzinfo=zone).astimezone(UTC)
