"""What recruitment is sent about interviews and the times offered for them."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from services.recruitment.domain.appointment import LARGEST_PANEL, Link, Where
from services.recruitment.domain.person import TimeZone
from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.recruitment import Absent

_WHERE = {"place": "Room 2, Park Street 5", "link": None, "time_zone": "Europe/London"}
_WHEN = {"starts": "2026-03-09T15:00:00Z", "minutes": 45}
_PANEL = ["leeds-ines", "leeds-ivo"]


def _example(value: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [value]})


class WhereBody(BaseModel):
    """Where it is held, or how to join it, and the clock of that place; for those who come to it."""

    model_config = ConfigDict(extra="forbid")

    place: str | None = Field(default=None, min_length=1, max_length=300)
    link: Link | None = None
    time_zone: TimeZone = "UTC"

    def where(self) -> Where:
        """As the domain keeps it."""
        return Where(place=self.place, link=self.link, time_zone=self.time_zone)


class InterviewBody(WhereBody):
    """An appointment with a panel, ahead or held in the last days."""

    model_config = _example({**_WHEN, "panel": _PANEL, **_WHERE})

    starts: Moment
    minutes: int
    panel: list[Id] = Field(max_length=LARGEST_PANEL)


class MoveBody(BaseModel):
    """Another time for the same interview; without `where` the place stays as it is."""

    model_config = _example({**_WHEN, "where": _WHERE})

    starts: Moment
    minutes: int
    where: WhereBody | None = None


class PanelBody(BaseModel):
    """Everybody who interviews from now on."""

    model_config = _example({"panel": _PANEL})

    panel: list[Id] = Field(max_length=LARGEST_PANEL)


class MissedBody(BaseModel):
    """Which side could not come. It is not kept against anybody, and why is not asked."""

    model_config = _example({"absent": "candidate"})

    absent: Absent


class BookingBody(BaseModel):
    """The offered time that is booked."""

    model_config = _example({"slot": "0198f2c0-0000-7000-8000-000000000003"})

    slot: Id


class TimesBody(BaseModel):
    """Which times would suit, in any words."""

    model_config = _example({"times": "Weekday evenings, or any Saturday."})

    times: str = Field(max_length=1000)


class SlotBody(WhereBody):
    """A time that is offered; an interviewer names themself alone, and others can join."""

    model_config = _example({"site": "leeds", "programme": "core", **_WHEN, "panel": _PANEL, **_WHERE})

    site: Id
    programme: Code
    starts: Moment
    minutes: int
    panel: list[Id] = Field(max_length=LARGEST_PANEL)


class ScorecardBody(BaseModel):
    """One interviewer's scores, for every criterion of the interview."""

    model_config = _example(
        {"scores": {"empathy": 4, "boundaries": 3}, "notes": "Warm, clear, and knows where to stop."}
    )

    scores: dict[Code, StrictInt] = Field(max_length=50)
    notes: str | None = Field(default=None, max_length=4000)
