"""Enrolments: reading them, learning, statements and support."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.training import queries
from services.training.api.deps import NowDep, ProgrammesDep
from services.training.api.views.enrolment import EnrolmentSummary, EnrolmentView, PlanView, ReadinessView
from services.training.domain.enrolment import Enrolment
from shared.contracts.envelope import Code, Id
from shared.domain.people import Role
from shared.web.commands import ActorDep, CommandDep
from shared.web.queries import DatabaseDep, Page, PagingDep, VaultDep, page, shown

router = APIRouter(prefix="/v1", tags=["enrolments"])

SUPPORT = (Role.TRAINER, Role.COORDINATOR)
"""Who may pause and resume for somebody, such as on the phone."""


class ProgressBody(BaseModel):
    """`minutes` are those since the last report."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"percent": 40, "minutes": 55}]}
    )
    percent: int = Field(ge=0, le=100)
    minutes: int = Field(ge=0, le=1_440)


class CompletionBody(BaseModel):
    """The training hours the module took."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"hours": 8}]})
    hours: float = Field(gt=0, le=500, allow_inf_nan=False)


class AttestationBody(BaseModel):
    """A statement and the version that was read."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"code": "code_of_ethics", "version": "1"}]},
    )
    code: Code
    version: str = Field(min_length=1, max_length=40)


@router.get("/enrolments")
async def list_enrolments(
    actor: ActorDep,
    database: DatabaseDep,
    paging: PagingDep,
    site: Annotated[Id | None, Query()] = None,
    ready: Annotated[
        bool | None,
        Query(description="Those that wait for a certifier's decision, or (false) lack something."),
    ] = None,
) -> Page[EnrolmentSummary]:
    """Enrolments at the reader's sites."""
    where = queries.enrolments_of_sites(actor, site=site, ready=ready)
    return await page(database, Enrolment.collection, where, paging, view=EnrolmentSummary.of_row)


@router.get("/me/enrolments")
async def own_enrolments(actor: ActorDep, database: DatabaseDep, paging: PagingDep) -> Page[EnrolmentSummary]:
    """The reader's own enrolments."""
    where = {"person": actor.person}
    return await page(database, Enrolment.collection, where, paging, view=EnrolmentSummary.of_row)


@router.get("/enrolments/{enrolment}", response_model=EnrolmentView)
async def enrolment(
    enrolment: Id, actor: ActorDep, database: DatabaseDep, vault: VaultDep, programmes: ProgrammesDep
) -> Response:
    """One enrolment: for the person, staff of the site and the supervisor."""
    found = await queries.enrolment(database, enrolment, actor)
    await vault.open(*found.learning.assessments, *found.moves)
    reasons = actor.person == found.person or actor.holds(found.site, *queries.STAFF)
    view = EnrolmentView.of(found, found.rules(programmes), reader=actor.person, reasons=reasons)
    return shown(found, view)


@router.get("/enrolments/{enrolment}/plan", response_model=PlanView)
async def plan(
    enrolment: Id, actor: ActorDep, database: DatabaseDep, programmes: ProgrammesDep, now: NowDep
) -> Response:
    """What is done, what is next, what is blocked and why."""
    found = await queries.enrolment(database, enrolment, actor)
    help_asked = await queries.help_asked(database, found, reader=actor.person)
    plan = found.plan(found.rules(programmes), now=now, help_asked=help_asked)
    return shown(found, PlanView(enrolment=found.id, plan=plan))


@router.get("/enrolments/{enrolment}/readiness", response_model=ReadinessView)
async def readiness(
    enrolment: Id, actor: ActorDep, database: DatabaseDep, programmes: ProgrammesDep, now: NowDep
) -> Response:
    """Every requirement for the certificate, with its evidence."""
    found = await queries.enrolment(database, enrolment, actor)
    name = await queries.name_of(database, found.person)
    return shown(found, ReadinessView.of(found, found.rules(programmes), name=name, now=now))


@router.post("/enrolments/{enrolment}/modules/{module}/progress", response_model=EnrolmentView)
async def report_progress(
    enrolment: Id, module: Code, body: ProgressBody, command: CommandDep, programmes: ProgrammesDep
) -> Response:
    """The person's own progress in a module; it never goes back."""
    return await command.change(
        Enrolment,
        enrolment,
        allow=(),
        own="person",
        do=lambda found: found.report_progress(
            module, percent=body.percent, minutes=body.minutes, programme=found.rules(programmes)
        ),
        view=lambda found: EnrolmentView.of(found, found.rules(programmes)),
    )


@router.post("/enrolments/{enrolment}/modules/{module}/completion", response_model=EnrolmentView)
async def complete_module(
    enrolment: Id, module: Code, body: CompletionBody, command: CommandDep, programmes: ProgrammesDep
) -> Response:
    """A trainer signs a module as completed."""
    return await command.change(
        Enrolment,
        enrolment,
        allow=(Role.TRAINER,),
        do=lambda found: found.complete_module(
            module,
            hours=body.hours,
            by=command.actor.person,
            programme=found.rules(programmes),
            now=command.now,
        ),
        view=lambda found: EnrolmentView.of(found, found.rules(programmes)),
    )


@router.post("/enrolments/{enrolment}/attestations", response_model=EnrolmentView)
async def attest(
    enrolment: Id, body: AttestationBody, command: CommandDep, programmes: ProgrammesDep
) -> Response:
    """The person signs a statement, such as the code of ethics."""
    return await command.change(
        Enrolment,
        enrolment,
        allow=(),
        own="person",
        do=lambda found: found.attest(
            body.code,
            body.version,
            by=command.actor.person,
            programme=found.rules(programmes),
            now=command.now,
        ),
        view=lambda found: EnrolmentView.of(found, found.rules(programmes)),
    )


@router.post("/enrolments/{enrolment}/pause", response_model=EnrolmentView)
async def pause(enrolment: Id, command: CommandDep, programmes: ProgrammesDep) -> Response:
    """Let the training rest; nobody has to say why."""
    return await command.change(
        Enrolment,
        enrolment,
        allow=SUPPORT,
        own="person",
        do=lambda found: found.pause(by=command.actor.person, now=command.now),
        view=lambda found: EnrolmentView.of(found, found.rules(programmes)),
    )


@router.post("/enrolments/{enrolment}/resume", response_model=EnrolmentView)
async def resume(enrolment: Id, command: CommandDep, programmes: ProgrammesDep) -> Response:
    """Go on where the training stopped."""
    return await command.change(
        Enrolment,
        enrolment,
        allow=SUPPORT,
        own="person",
        do=lambda found: found.resume(by=command.actor.person),
        view=lambda found: EnrolmentView.of(found, found.rules(programmes)),
    )
