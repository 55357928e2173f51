"""A day and the hours somebody reports for it."""

from datetime import date, datetime, timedelta

from shared.domain.errors import Invalid

_EARLIEST_ZONE = timedelta(hours=14)
"""Where a day begins first: a date that has begun somewhere is no date to come."""


def must_be_possible(hours: float, day: date, *, at_most: float, now: datetime) -> None:
    """More than 0 hours in quarters, on a day that has begun.

    Raises Invalid `hours_out_of_range`, `day_in_future`.
    """
    if not 0 < hours <= at_most or not (hours * 4).is_integer():
        raise Invalid(
            "hours_out_of_range",
            f"Please give from 0.25 to {at_most:g} hours, rounded to a quarter of an hour, such as 1.25 or 1.5.",
        )
    if day > (now + _EARLIEST_ZONE).date():
        raise Invalid("day_in_future", f"{day.isoformat()} is still to come. Please report it afterwards.")
