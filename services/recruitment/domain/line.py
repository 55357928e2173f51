"""What people did about somebody's place, or their position in the line for one, and why."""

from pydantic import Field

from shared.contracts.envelope import Id, Moment
from shared.domain.aggregate import Value
from shared.domain.sealed import Sealed


class ReleaseText(Value):
    """Why a place is not needed any more; for the coordinators and the person."""

    reason: str = Field(min_length=1, max_length=2000)


class Release(Value):
    """Somebody who was accepted needs the place no longer."""

    by: Id
    at: Moment
    text: Sealed[ReleaseText]


class LineChangeText(Value):
    """Why somebody's position was changed; for the coordinators."""

    reason: str = Field(min_length=1, max_length=2000)


class LineChange(Value):
    """A coordinator moved somebody in the waiting list."""

    by: Id
    at: Moment
    position: int
    text: Sealed[LineChangeText]
