"""Quiet hours on the recipient's own clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.quiet_hours import is_quiet, next_decent_moment, zone_of

YEARS = datetime(2025, 1, 1, tzinfo=UTC)
MADRID = ZoneInfo("Europe/Madrid")

# Madrid, UTC hour by hour -> when it may go out, in UTC. In spring the clock jumps from 02:00 to 03:00 at
# 01:00 UTC on 29 March 2026, in autumn back from 03:00 to 02:00 at 01:00 UTC on 25 October 2026.
SPRING = [
    ("28T18:00", "28T18:00"),  # 19:00 there
    ("28T19:00", "28T19:00"),  # 20:00
    ("28T19:59", "28T19:59"),  # 20:59
    ("28T20:00", "29T06:00"),  # 21:00, quiet until 08:00 summer time
    ("28T21:00", "29T06:00"),
    ("28T22:00", "29T06:00"),
    ("28T23:00", "29T06:00"),  # midnight
    ("29T00:00", "29T06:00"),  # 01:00
    ("29T01:00", "29T06:00"),  # 03:00, an hour has been skipped
    ("29T02:00", "29T06:00"),
    ("29T03:00", "29T06:00"),
    ("29T04:00", "29T06:00"),
    ("29T05:00", "29T06:00"),  # 07:00
    ("29T06:00", "29T06:00"),  # 08:00
    ("29T18:59", "29T18:59"),  # 20:59
    ("29T19:00", "30T06:00"),  # 21:00
]
AUTUMN = [
    ("24T18:00", "24T18:00"),  # 20:00 there
    ("24T19:00", "25T07:00"),  # 21:00, quiet until 08:00 winter time
    ("24T20:00", "25T07:00"),
    ("24T21:00", "25T07:00"),
    ("24T22:00", "25T07:00"),  # midnight
    ("24T23:00", "25T07:00"),
    ("25T00:00", "25T07:00"),  # 02:00, for the first time
    ("25T01:00", "25T07:00"),  # 02:00 again
    ("25T02:00", "25T07:00"),
    ("25T03:00", "25T07:00"),
    ("25T04:00", "25T07:00"),
    ("25T05:00", "25T07:00"),
    ("25T06:00", "25T07:00"),  # 07:00
    ("25T07:00", "25T07:00"),  # 08:00
    ("25T19:59", "25T19:59"),  # 20:59
    ("25T20:00", "26T07:00"),  # 21:00
]


def in_utc(month: str, day_and_time: str) -> datetime:
    return datetime.fromisoformat(f"2026-{month}-{day_and_time}").replace(tzinfo=UTC)


@pytest.mark.parametrize(("moment", "expected"), SPRING)
def test_the_night_before_summer_time(moment: str, expected: str) -> None:
    """The night that lacks an hour ends at 08:00 on the new clock."""
    assert next_decent_moment(in_utc("03", moment), MADRID) == in_utc("03", expected)


@pytest.mark.parametrize(("moment", "expected"), AUTUMN)
def test_the_night_before_winter_time(moment: str, expected: str) -> None:
    """The night that has an hour twice ends at 08:00 on the new clock."""
    assert next_decent_moment(in_utc("10", moment), MADRID) == in_utc("10", expected)


@given(
    moment=st.integers(0, 5 * 365 * 24 * 60).map(lambda minutes: YEARS + timedelta(minutes=minutes)),
    zone=st.sampled_from(
        ["UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Cairo"]
    ),
)
def test_it_is_never_early_never_at_night_and_never_long(moment: datetime, zone: str) -> None:
    """Anywhere and at any time the moment found is by day, not before, and within half a day."""
    there = zone_of(zone)
    found = next_decent_moment(moment, there)

    assert not is_quiet(found, there)
    assert moment <= found <= moment + timedelta(hours=12)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Europe"])
def test_an_unknown_zone_is_utc(name: str) -> None:
    """A time zone nobody knows is taken as UTC, so the message still goes out."""
    assert zone_of(name) == ZoneInfo("UTC")
