"""What recruitment answers about waiting lists and appeals."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from services.recruitment.domain.appeal import Appeal
from services.recruitment.domain.intake import Intake
from services.recruitment.domain.move import Move
from services.recruitment.domain.offer import ProgrammeOffer
from shared.contracts.envelope import Moment
from shared.contracts.recruitment import AppealOutcome


def _example(value: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [value]})


class AppealView(BaseModel):
    """The last appeal, in codes and times."""

    made: Moment
    decide_by: Moment
    outcome: AppealOutcome | None
    decided_by: str | None

    @classmethod
    def of(cls, appeal: Appeal) -> Self:
        """From the aggregate's part, opened."""
        ruling = appeal.ruling
        return cls(
            made=appeal.at,
            decide_by=appeal.decide_by,
            outcome=ruling.outcome if ruling else None,
            decided_by=ruling.by if ruling else None,
        )


class MoveView(BaseModel):
    """That an application went from one site to another, and how it is known that the person agreed."""

    at: Moment
    by: str
    from_site: str
    to_site: str
    consent: str | None

    @classmethod
    def of(cls, move: Move) -> Self:
        """From the aggregate's part."""
        said = move.text.read() if move.text else None
        return cls(
            **move.model_dump(include={"at", "by", "from_site", "to_site"}),
            consent=said.consent if said else None,
        )


class WaitingRow(BaseModel):
    """Somebody in the line; `since` is when it was decided that they wait."""

    position: int
    candidate: str
    person: str
    since: Moment


class WaitingView(BaseModel):
    """The whole line in its order, at most a thousand people, and how many places there are.

    It is one record, so its ETag stands for the order that was read.
    """

    model_config = _example(
        {
            "site": "leeds",
            "programme": "core",
            "capacity": 24,
            "taken": 24,
            "free": 0,
            "items": [
                {
                    "position": 1,
                    "candidate": "0198f2c0-0000-7000-8000-000000000001",
                    "person": "0198f2c0-0000-7000-8000-000000000002",
                    "since": "2026-03-12T10:00:00Z",
                }
            ],
        }
    )

    site: str
    programme: str
    capacity: int | None
    taken: int
    free: int | None
    items: list[WaitingRow]

    @classmethod
    def of(cls, intake: Intake, offer: ProgrammeOffer, *, waits: dict[str, tuple[str, datetime]]) -> Self:
        """From the aggregate; `waits` is for each candidate who it is, and since when they wait."""
        rows = [
            WaitingRow(position=position, candidate=one, person=waits[one][0], since=waits[one][1])
            for position, one in enumerate(intake.waiting, start=1)
            if one in waits
        ]
        return cls(
            site=intake.site,
            programme=intake.programme,
            capacity=offer.capacity,
            taken=len(intake.places),
            free=intake.free(offer),
            items=rows,
        )


class PositionView(BaseModel):
    """Where somebody is in the line now, of how many."""

    model_config = _example({"candidate": "0198f2c0-0000-7000-8000-000000000001", "position": 1, "of": 7})

    candidate: str
    position: int | None
    of: int
