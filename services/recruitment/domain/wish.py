"""The times that would suit a candidate, where none of those on offer does."""

from pydantic import Field

from shared.contracts.envelope import Moment
from shared.domain.aggregate import Value
from shared.domain.sealed import Sealed


class TimesText(Value):
    """What they wrote; for the coordinators and the person only."""

    times: str = Field(max_length=1000)


class TimesWish(Value):
    """What they asked for, and when; gone once a time is booked."""

    at: Moment
    text: Sealed[TimesText]
