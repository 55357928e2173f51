"""What recruitment is sent about appeals, moves and places."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.envelope import Id
from shared.contracts.recruitment import AppealOutcome


def _example(value: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [value]})


class AppealBody(BaseModel):
    """How the person sees it, in their own words."""

    model_config = _example(
        {"words": "I have had more time for this since spring, and would like to show it."}
    )

    words: str = Field(min_length=1, max_length=4000)


class RulingBody(BaseModel):
    """What somebody else decided about an appeal, and why."""

    model_config = _example({"outcome": "upheld", "reason": "The reference that was missing has come in."})

    outcome: AppealOutcome
    reason: str = Field(min_length=1, max_length=2000)


class MoveBody(BaseModel):
    """Where an application goes on; a coordinator says how they know that the person agrees."""

    model_config = _example(
        {"site": "york", "consent": "Robin moves house in May and asked for it by phone."}
    )

    site: Id
    consent: str | None = Field(default=None, max_length=2000)


class PositionBody(BaseModel):
    """Where somebody is in the waiting list from now on, from 1, and why."""

    model_config = _example({"position": 1, "reason": "Was first before the list was entered here."})

    position: int
    reason: str = Field(min_length=1, max_length=2000)


class ReleaseBody(BaseModel):
    """Why somebody who was accepted needs the place no longer."""

    model_config = _example({"reason": "Took up a job, and will not begin the training."})

    reason: str = Field(min_length=1, max_length=2000)
