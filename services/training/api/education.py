"""Continuing education: courses a person reports, approved or returned by a trainer."""

from datetime import date

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.training import queries
from services.training.api.deps import ProgrammesDep
from services.training.api.views.submissions import EducationsView
from services.training.domain.education import LONGEST_COURSE, EducationDraft
from services.training.domain.enrolment import Enrolment
from shared.contracts.envelope import Code, Id
from shared.domain.people import Role
from shared.web.commands import ActorDep, CommandDep
from shared.web.queries import DatabaseDep, VaultDep, one, shown

router = APIRouter(prefix="/v1/enrolments/{enrolment}/education", tags=["education"])


class EducationBody(BaseModel):
    """A course; `corrects` is an entry that was returned or approved, whose place it takes."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "title": "Dual relationships in small towns",
                    "provider": "state-academy",
                    "day": "2026-05-09",
                    "hours": 3,
                    "bucket": "ethics",
                }
            ]
        },
    )
    title: str = Field(min_length=1, max_length=200)
    provider: Code
    day: date = Field(ge=date(1950, 1, 1), le=date(2199, 12, 31))
    hours: float = Field(gt=0, le=LONGEST_COURSE, allow_inf_nan=False)
    bucket: Code
    corrects: Id | None = None


class ReasonBody(BaseModel):
    """Why it comes back."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"reason": "Please give the last day of the course."}]},
    )
    reason: str = Field(min_length=1, max_length=2_000)


@router.get("", response_model=EducationsView)
async def education(enrolment: Id, actor: ActorDep, database: DatabaseDep, vault: VaultDep) -> Response:
    """A person's courses: for themself, trainers, and certifiers who look at the evidence."""
    found = await one(database, Enrolment, enrolment, actor, allow=queries.EVIDENCE, own="person")
    await vault.open(found.education)
    return shown(found, EducationsView.of(found, with_text=True))


@router.post("", status_code=201, response_model=EducationsView)
async def submit_education(enrolment: Id, body: EducationBody, command: CommandDep) -> Response:
    """The person reports a course."""
    id = command.new_id()
    return await command.change(
        Enrolment,
        enrolment,
        allow=(),
        own="person",
        do=lambda found: found.submit_education(EducationDraft(**body.model_dump()), id=id, now=command.now),
        view=EducationsView.of,
        status=201,
    )


@router.post("/{entry}/approval", response_model=EducationsView)
async def approve_education(
    enrolment: Id, entry: Id, command: CommandDep, programmes: ProgrammesDep
) -> Response:
    """A trainer approves a course; its hours count."""
    return await command.change(
        Enrolment,
        enrolment,
        allow=(Role.TRAINER,),
        do=lambda found: found.approve_education(
            entry, by=command.actor.person, programme=found.rules(programmes), now=command.now
        ),
        view=EducationsView.of,
    )


@router.post("/{entry}/return", response_model=EducationsView)
async def return_education(enrolment: Id, entry: Id, body: ReasonBody, command: CommandDep) -> Response:
    """A trainer returns a course, and says why."""
    return await command.change(
        Enrolment,
        enrolment,
        allow=(Role.TRAINER,),
        do=lambda found: found.return_education(
            entry, reason=body.reason, by=command.actor.person, now=command.now
        ),
        view=EducationsView.of,
    )
