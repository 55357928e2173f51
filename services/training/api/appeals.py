"""Appeals against decisions about certificates: made by the person, decided by another certifier."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.training import queries
from services.training.api.deps import ProgrammesDep
from services.training.api.views.appeal import AppealView
from services.training.domain.appeal import Appeal, Outcome
from services.training.domain.appealing import (
    appeal_against_return,
    appeal_against_standing,
    decide_on_return,
    decide_on_standing,
)
from services.training.domain.certificate import Certificate
from services.training.domain.enrolment import Enrolment
from shared.contracts.envelope import Id
from shared.contracts.training import AppealedDecision
from shared.domain.errors import Conflict
from shared.domain.people import Role
from shared.messaging.work import Work
from shared.web.commands import ActorDep, CommandDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep, Page, PagingDep, VaultDep, page, shown

router = APIRouter(prefix="/v1", tags=["appeals"])


class AppealBody(BaseModel):
    """What should be looked at again, in the person's own words."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"words": "I was ill in March, and my supervisor can confirm it."}]},
    )
    words: str = Field(min_length=1, max_length=4_000)


class AppealDecisionBody(BaseModel):
    """`upheld` undoes the decision it was against; `dismissed` lets it stand. Either has a reason."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"outcome": "upheld", "reason": "The illness explains the gap."}]},
    )
    outcome: Outcome
    reason: str = Field(min_length=1, max_length=2_000)


@router.post("/certificates/{certificate}/appeal", status_code=201, response_model=AppealView)
async def appeal_standing(
    certificate: Id, body: AppealBody, command: CommandDep, programmes: ProgrammesDep
) -> Response:
    """The person appeals against the suspension or revocation of their certificate."""

    async def rule(work: Work) -> Appeal:
        found = await work.load(Certificate, certificate)
        permit(command.actor, found.site, person=found.person)
        command.match(found)
        enrolment = await work.load(Enrolment, found.enrolment)
        appeal = appeal_against_standing(
            found,
            words=body.words,
            by=command.actor,
            clocks=enrolment.rules(programmes).certification.clocks,
            now=command.now,
        )
        return await _new(appeal, work)

    return await command.run(rule, view=AppealView.of, status=201)


@router.post("/enrolments/{enrolment}/appeal", status_code=201, response_model=AppealView)
async def appeal_return(
    enrolment: Id, body: AppealBody, command: CommandDep, programmes: ProgrammesDep
) -> Response:
    """The person appeals against a certifier's giving back what waited for a decision."""

    async def rule(work: Work) -> Appeal:
        found = await work.load(Enrolment, enrolment)
        permit(command.actor, found.site, person=found.person)
        command.match(found)
        appeal = appeal_against_return(
            found,
            words=body.words,
            by=command.actor,
            clocks=found.rules(programmes).certification.clocks,
            now=command.now,
        )
        return await _new(appeal, work)

    return await command.run(rule, view=AppealView.of, status=201)


@router.get("/appeals")
async def list_appeals(
    actor: ActorDep,
    database: DatabaseDep,
    paging: PagingDep,
    *,
    site: Annotated[Id | None, Query()] = None,
    open: Annotated[
        bool | None, Query(description="Those that wait for a decision, or those decided.")
    ] = None,
) -> Page[AppealView]:
    """Appeals at the sites where the reader certifies."""
    where = queries.appeals_of_sites(actor, site=site, open=open)
    return await page(
        database, Appeal.collection, where, paging, view=lambda row: AppealView.of(Appeal.rebuild(row))
    )


@router.get("/appeals/{appeal}", response_model=AppealView)
async def get_appeal(appeal: Id, actor: ActorDep, database: DatabaseDep, vault: VaultDep) -> Response:
    """One appeal with what was written: for the person, and those who decide."""
    found = await queries.appeal(database, appeal, actor)
    await vault.open(found)
    return shown(found, AppealView.of(found, with_text=True))


@router.post("/appeals/{appeal}/decision", response_model=AppealView)
async def decide_appeal(
    appeal: Id, body: AppealDecisionBody, command: CommandDep, programmes: ProgrammesDep
) -> Response:
    """Another certifier than the one whose decision it was decides; upheld, that decision is undone."""

    async def rule(work: Work) -> Appeal:
        found = await work.load(Appeal, appeal)
        permit(command.actor, found.site, Role.CERTIFIER, person=found.person)
        command.match(found)
        by, now = command.actor, command.now
        if found.certificate is None or found.against.decision is AppealedDecision.RETURNED:
            enrolment = await work.load(Enrolment, found.enrolment)
            rules = enrolment.rules(programmes)
            decide_on_return(
                found, enrolment, body.outcome, programme=rules, by=by, reason=body.reason, now=now
            )
        else:
            certificate = await work.load(Certificate, found.certificate)
            decide_on_standing(found, certificate, body.outcome, by=by, reason=body.reason, now=now)
        return found

    return await command.run(rule, view=AppealView.of)


async def _new(appeal: Appeal, work: Work) -> Appeal:
    if await work.find(Appeal, appeal.id) is not None:
        raise Conflict(
            "already_appealed", "You have appealed against this decision already; look at that appeal."
        )
    work.add(appeal)
    return appeal
