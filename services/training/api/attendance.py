"""Attendance in a cohort's sessions, and the hours that are signed from it."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.training import queries
from services.training.api.deps import ProgrammesDep
from services.training.api.views.cohort import HoursView, SheetView, SignaturesView
from services.training.domain.attendance import Entry, Presence
from services.training.domain.cohort import Cohort
from services.training.domain.enrolment import Enrolment
from services.training.domain.signing import Signatures, sign
from shared.contracts.envelope import Code, Id
from shared.domain.people import Role
from shared.messaging.work import Work
from shared.web.commands import ActorDep, CommandDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep, shown

router = APIRouter(prefix="/v1/cohorts/{cohort}", tags=["cohorts"])


class EntryBody(BaseModel):
    """How it was; `minutes` only for whoever was there."""

    model_config = ConfigDict(extra="forbid")
    presence: Presence
    minutes: int = Field(default=0, ge=0, le=1_440)

    def entry(self) -> Entry:
        """In the words of the rules."""
        return Entry(presence=self.presence, minutes=self.minutes)


class SheetBody(BaseModel):
    """Person -> how it was. Whoever is left out stays as they are."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "people": {
                        "mentor-ana": {"presence": "present", "minutes": 165},
                        "mentor-ben": {"presence": "excused"},
                    }
                }
            ]
        },
    )
    people: dict[Id, EntryBody] = Field(min_length=1, max_length=300)


class MadeUpBody(BaseModel):
    """Who went through what they had missed, and for how long."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"person": "mentor-ben", "minutes": 120}]}
    )
    person: Id
    minutes: int = Field(ge=1, le=1_440)


class SigningBody(BaseModel):
    """Whose module to sign; left out, or null, for everybody who learns in the cohort."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"people": ["mentor-ana"]}]})
    people: Annotated[list[Id] | None, Field(max_length=300)] = None


_EVERYBODY = SigningBody()


@router.get("/sessions/{session}/attendance", response_model=SheetView)
async def sheet(cohort: Id, session: Code, actor: ActorDep, database: DatabaseDep) -> Response:
    """The sheet of one session, with every correction: for staff of the site."""
    found = await queries.roster(database, cohort, actor)
    return shown(found, SheetView.of(found, session))


@router.put("/sessions/{session}/attendance", response_model=SheetView)
async def fill_in(cohort: Id, session: Code, body: SheetBody, command: CommandDep) -> Response:
    """A trainer's sheet for everybody in one call; what differs from before is kept as a correction."""
    entries = {person: given.entry() for person, given in body.people.items()}
    return await command.change(
        Cohort,
        cohort,
        allow=(Role.TRAINER,),
        do=lambda found: found.fill_in(session, entries, by=command.actor.person, now=command.now),
        view=lambda found: SheetView.of(found, session),
    )


@router.post("/sessions/{session}/made-up", response_model=SheetView)
async def note_made_up(cohort: Id, session: Code, body: MadeUpBody, command: CommandDep) -> Response:
    """A trainer notes that what somebody missed was gone through at another time."""
    return await command.change(
        Cohort,
        cohort,
        allow=(Role.TRAINER,),
        do=lambda found: found.note_made_up(
            session, body.person, minutes=body.minutes, by=command.actor.person, now=command.now
        ),
        view=lambda found: SheetView.of(found, session),
    )


@router.get("/modules/{module}/hours", response_model=HoursView)
async def suggested_hours(cohort: Id, module: Code, actor: ActorDep, database: DatabaseDep) -> Response:
    """What everybody's attendance comes to for one module: for staff of the site."""
    found = await queries.roster(database, cohort, actor)
    return shown(found, HoursView.of(found, module))


@router.post("/modules/{module}/completion", response_model=SignaturesView)
async def sign_module(
    cohort: Id, module: Code, command: CommandDep, programmes: ProgrammesDep, body: SigningBody = _EVERYBODY
) -> Response:
    """A trainer signs a module for everybody who was there, with the hours of their attendance.

    All who can be signed are, together; whoever can't is listed with the reason.
    """
    made: list[Signatures] = []

    async def rule(work: Work) -> Cohort:
        found = await work.load(Cohort, cohort)
        permit(command.actor, found.site, Role.TRAINER)
        command.match(found)
        found.must_teach(module)
        seats = {seat.person: seat.enrolment for seat in found.learners}
        people = list(seats) if body.people is None else body.people
        read = {one: await work.find(Enrolment, seats[one]) for one in dict.fromkeys(people) if one in seats}
        made[:] = [
            sign(
                found,
                module,
                people,
                enrolments={person: enrolment for person, enrolment in read.items() if enrolment},
                programmes=programmes,
                by=command.actor.person,
                now=command.now,
            )
        ]
        return found

    return await command.run(rule, view=lambda found: SignaturesView.of(found, made[0]))
