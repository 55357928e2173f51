"""Cohorts: scheduling, changing and cancelling them."""

from collections.abc import Sequence

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.training.api.deps import ProgrammesDep
from services.training.api.views import cohort_examples as examples
from services.training.api.views.cohort import CohortView
from services.training.domain.certificate import Certificate, certificate_id
from services.training.domain.cohort import Cohort
from services.training.domain.enrolment import enrolment_id
from services.training.domain.session import SessionPlan
from shared.contracts.envelope import Code, Id
from shared.contracts.training import CancellationReason
from shared.domain.people import Role
from shared.messaging.work import Work
from shared.web.commands import Command, CommandDep
from shared.web.policy import permit

router = APIRouter(prefix="/v1", tags=["cohorts"])

PLANNERS = (Role.TRAINER, Role.COORDINATOR)
"""Who schedules, changes and cancels cohorts, and may join and leave for somebody, such as on the phone."""


class SessionBody(SessionPlan):
    """One session as it is to be, as a whole."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.SESSION]})


class CohortBody(BaseModel):
    """A cohort as it is planned; without `programme_version` under the one in force."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.PLAN]})
    site: Id
    programme: Code
    programme_version: int | None = Field(default=None, ge=1)
    modules: list[Code] = Field(min_length=1, max_length=40)
    language: Code = Field(description="An ISO 639-1 code.")
    time_zone: str = Field(
        max_length=64, description="An IANA name: of the place, for display and calendars."
    )
    capacity: int = Field(ge=1, le=100)
    accessibility: str = Field(
        default="", max_length=1_000, description="About the place, not about a person."
    )
    sessions: list[SessionBody] = Field(min_length=1, max_length=60)


class CapacityBody(BaseModel):
    """How many places there are."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"capacity": 14}]})
    capacity: int = Field(ge=1, le=100)


class CancellationBody(BaseModel):
    """Why, and if you like a few words for those concerned, which are in no event and no e-mail."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"reason": "place_unavailable", "message": "A pipe broke. New dates follow this week."}
            ]
        },
    )
    reason: CancellationReason
    message: str = Field(default="", max_length=1_000)


@router.post("/cohorts", status_code=201, response_model=CohortView)
async def schedule(body: CohortBody, command: CommandDep, programmes: ProgrammesDep) -> Response:
    """A trainer or coordinator of the site schedules a cohort."""
    id, by = command.new_id(), command.actor.person
    permit(command.actor, body.site, *PLANNERS)
    programme = programmes.find(body.programme, version=body.programme_version, now=command.now)
    facts = body.model_dump(include={"site", "language", "time_zone", "capacity", "accessibility"})

    async def rule(work: Work) -> Cohort:
        command.match(None)
        certified = await _certified(work, body.sessions, site=body.site, programme=programme.code)
        cohort = Cohort.convene(
            body.sessions,
            id=id,
            programme=programme,
            certified=certified,
            by=by,
            now=command.now,
            modules=tuple(body.modules),
            **facts,
        )
        work.add(cohort)
        return cohort

    return await command.run(rule, view=lambda made: _answer(made, command), status=201)


@router.put("/cohorts/{cohort}/sessions/{session}", response_model=CohortView)
async def change_session(
    cohort: Id, session: Code, body: SessionBody, command: CommandDep, programmes: ProgrammesDep
) -> Response:
    """Move a session, give it another trainer or another place; everybody concerned is told what changed."""

    async def rule(work: Work) -> Cohort:
        found = await work.load(Cohort, cohort)
        permit(command.actor, found.site, *PLANNERS)
        command.match(found)
        programme = programmes.version(found.programme, found.programme_version)
        found.change_session(
            session,
            body,
            programme=programme,
            certified=await _certified(work, [body], site=found.site, programme=programme.code),
            by=command.actor.person,
            now=command.now,
        )
        return found

    return await command.run(rule, view=lambda found: _answer(found, command))


@router.put("/cohorts/{cohort}/capacity", response_model=CohortView)
async def change_capacity(cohort: Id, body: CapacityBody, command: CommandDep) -> Response:
    """More places, which those who wait get at once, or fewer, as long as nobody loses theirs."""
    return await command.change(
        Cohort,
        cohort,
        allow=PLANNERS,
        do=lambda found: found.change_capacity(body.capacity, by=command.actor.person, now=command.now),
        view=lambda found: _answer(found, command),
    )


@router.post("/cohorts/{cohort}/cancellation", response_model=CohortView)
async def cancel(cohort: Id, body: CancellationBody, command: CommandDep) -> Response:
    """Cancel what is still to come, with a reason; everybody concerned is told."""
    return await command.change(
        Cohort,
        cohort,
        allow=PLANNERS,
        do=lambda found: found.call_off(body.reason, body.message, by=command.actor.person, now=command.now),
        view=lambda found: _answer(found, command),
    )


def _answer(cohort: Cohort, command: Command) -> CohortView:
    return CohortView.read_by(cohort, command.actor.person, staff=True, now=command.now, kept=True)


async def _certified(
    work: Work, sessions: Sequence[SessionPlan], *, site: str, programme: str
) -> frozenset[str]:
    """The mentors to be shadowed whose certificate, of this programme at this site, is valid on the day."""
    dates = {session.mentor: session.starts for session in sorted(sessions, key=lambda one: one.starts)}
    found: set[str] = set()
    for mentor, last in dates.items():
        held = mentor and await work.find(Certificate, certificate_id(enrolment_id(mentor, programme)))
        if mentor and held and held.site == site and held.status(last).is_certified:
            found.add(mentor)
    return frozenset(found)
