"""What recruitment answers about the times offered for interviews."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from services.recruitment.domain.appointment import Where
from services.recruitment.domain.slot import Slot, SlotState
from shared.contracts.envelope import Moment

_WHERE = {"place": "Room 2, Park Street 5", "link": None, "time_zone": "Europe/London"}
_SLOT = "0198f2c0-0000-7000-8000-000000000003"


def _example(value: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [value]})


class FreeSlotView(BaseModel):
    """A time that can be booked: when, how long, and on whose clock to show it."""

    model_config = _example(
        {
            "slot": _SLOT,
            "starts": "2026-03-09T15:00:00Z",
            "minutes": 45,
            "place": "Room 2, Park Street 5",
            "online": False,
            "time_zone": "Europe/London",
        }
    )

    slot: str
    starts: Moment
    minutes: int
    place: str | None
    online: bool
    time_zone: str

    @classmethod
    def of(cls, slot: Slot) -> Self:
        """From the aggregate; the link is told once it is booked."""
        return cls(
            slot=slot.id,
            starts=slot.starts,
            minutes=slot.minutes,
            place=slot.where.place,
            online=slot.where.link is not None,
            time_zone=slot.where.time_zone,
        )


class SlotView(BaseModel):
    """An offered time as the staff of its site see it."""

    model_config = _example(
        {
            "slot": _SLOT,
            "site": "leeds",
            "programme": "core",
            "starts": "2026-03-09T15:00:00Z",
            "minutes": 45,
            "panel": ["leeds-ines", "leeds-ivo"],
            "where": _WHERE,
            "offered_by": "leeds-carla",
            "state": "free",
            "candidate": None,
            "version": 1,
        }
    )

    slot: str
    site: str
    programme: str
    starts: Moment
    minutes: int
    panel: list[str]
    where: Where
    offered_by: str
    state: SlotState
    candidate: str | None
    version: int

    @classmethod
    def of(cls, slot: Slot) -> Self:
        """From the aggregate."""
        return cls(slot=slot.id, **slot.model_dump(exclude={"id", "last_event"}))
