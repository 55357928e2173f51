"""What the pipeline answers: codes, times and names, nothing that was told in confidence."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.offer import ProgrammeOffer
from services.recruitment.domain.stage import Stage
from services.recruitment.domain.targets import Targets
from services.recruitment.domain.waiting import days_in_stage, what_is_next
from services.recruitment.pipeline import StageCount
from shared.contracts.envelope import Moment


def _example(value: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [value]})


class PipelineView(BaseModel):
    """Somebody in the pipeline: how long they have been where they are, and what is missing next."""

    model_config = _example(
        {
            "candidate": "0198f2c0-0000-7000-8000-000000000001",
            "person": "0198f2c0-0000-7000-8000-000000000002",
            "name": "Robin Adeyemi",
            "site": "leeds",
            "programme": "core",
            "stage": "interviewing",
            "stage_since": "2026-03-02T09:00:00Z",
            "days_in_stage": 23,
            "target_days": 21,
            "overdue": True,
            "applied": "2026-02-20T10:30:00Z",
            "next": "1 of 2 scorecards are in; wait for the rest, or set the interview anew.",
        }
    )

    candidate: str
    person: str
    name: str | None = Field(description="For the coordinators of the site.")
    site: str
    programme: str
    stage: Stage
    stage_since: Moment
    days_in_stage: int
    target_days: int | None
    overdue: bool
    applied: Moment
    next: str | None = Field(description="What a coordinator can do; null where nothing is open.")

    @classmethod
    def of(
        cls, candidate: Candidate, *, name: str | None, offer: ProgrammeOffer, targets: Targets, now: datetime
    ) -> Self:
        """From the aggregate, with the target of its programme."""
        programme, stage, since = candidate.programme, candidate.stage, candidate.stage_since
        return cls(
            candidate=candidate.id,
            person=candidate.person,
            name=name,
            site=candidate.site,
            programme=programme,
            stage=stage,
            stage_since=since,
            days_in_stage=days_in_stage(candidate, now),
            target_days=targets.days(programme, stage),
            overdue=targets.is_missed(programme, stage, since=since, now=now),
            applied=candidate.applied,
            next=what_is_next(candidate, offer, now),
        )


class StageCountView(BaseModel):
    """A stage; days only where it is open, targets only within a programme."""

    stage: Stage
    count: int
    median_days: int | None
    oldest_days: int | None
    over_target: int | None


class CountsView(BaseModel):
    """How many are in each stage."""

    model_config = _example(
        {
            "site": "leeds",
            "programme": "core",
            "stages": [
                {"stage": "applied", "count": 14, "median_days": 6, "oldest_days": 19, "over_target": 2}
            ],
        }
    )

    site: str
    programme: str | None
    stages: list[StageCountView]

    @classmethod
    def of(cls, site: str, programme: str | None, counted: Iterable[StageCount]) -> Self:
        """From what was counted."""
        stages = [StageCountView.model_validate(vars(one)) for one in counted]
        return cls(site=site, programme=programme, stages=stages)
