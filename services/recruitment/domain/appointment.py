"""When and where an interview is, and what became of it: the parts of a round."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from services.recruitment.domain.person import TimeZone
from shared.contracts.envelope import Id, Moment
from shared.domain.aggregate import Value
from shared.domain.errors import Invalid

AHEAD_AT_MOST = timedelta(days=730)
HELD_AT_MOST = timedelta(days=7)
"""How long after it began an interview can still be noted down."""
LONGEST_MINUTES = 480
SMALLEST_PANEL = 2
LARGEST_PANEL = 10
NOTICE = timedelta(hours=24)
"""How long before it begins a candidate can still book, move or call off by themself, and everybody is reminded: who
sits on a panel learns of a change by e-mail, and is not to find it on the day. A coordinator can at any time."""

Link = Annotated[str, StringConstraints(pattern=r"^https://[^\s]+$", max_length=500)]


class Where(Value):
    """Where an interview is held, or how to join it, for those who come to it; in no event and no list.

    `time_zone` is the clock of the place, for whoever has none of their own here.
    """

    place: str | None = Field(default=None, min_length=1, max_length=300)
    link: Link | None = None
    time_zone: TimeZone = "UTC"


class State(StrEnum):
    """What a round is: `set` until something else became of it. Whether it was held is told by its cards."""

    SET = "set"
    CANCELLED = "cancelled"
    MISSED = "missed"


class StepKind(StrEnum):
    """What changed about a round."""

    MOVED = "moved"
    PANEL_CHANGED = "panel_changed"
    STEPPED_BACK = "stepped_back"
    CANCELLED = "cancelled"
    MISSED = "missed"


class Step(Value):
    """One change of a round: what it was before, and who changed it when."""

    kind: StepKind
    by: Id
    at: Moment
    starts: Moment
    minutes: int
    panel: tuple[Id, ...]


def must_be_possible(starts: datetime, minutes: int, *, earliest: datetime, now: datetime) -> None:
    """Can an interview be at this time?

    Raises:
        Invalid: `interview_in_the_past`, `interview_too_far_ahead` or `interview_length_out_of_range`.
    """
    if starts < earliest:
        raise Invalid(
            "interview_in_the_past",
            f"An interview begins after {earliest:%Y-%m-%d %H:%M} UTC. One that was held is noted within "
            f"{HELD_AT_MOST.days} days, by setting it; any other begins at a time ahead.",
        )
    if starts > now + AHEAD_AT_MOST:
        raise Invalid(
            "interview_too_far_ahead", "An interview starts within two years; choose an earlier time."
        )
    if not 0 < minutes <= LONGEST_MINUTES:
        raise Invalid(
            "interview_length_out_of_range", f"An interview takes from 1 to {LONGEST_MINUTES} minutes."
        )


def seated(panel: tuple[str, ...]) -> tuple[str, ...]:
    """The panel, each person once. Raises Invalid `panel_too_small`."""
    people = tuple(dict.fromkeys(panel))
    if len(people) < SMALLEST_PANEL:
        raise Invalid("panel_too_small", "A panel is at least two different people; name one more.")
    return people
