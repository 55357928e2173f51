"""Places in a programme, and the line for one."""

from fastapi import APIRouter, Response

from services.recruitment import queries
from services.recruitment.api.deps import KnownActorDep
from services.recruitment.api.outcome_bodies import PositionBody, ReleaseBody
from services.recruitment.api.outcome_views import PositionView, WaitingView
from services.recruitment.api.views import CandidateView
from services.recruitment.api.weighing import keep, terms_of
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.intake import Intake
from shared.contracts.envelope import Code, Id
from shared.domain.people import Role
from shared.messaging.work import Work
from shared.web.commands import ActorDep, CommandDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep, shown

router = APIRouter(tags=["places"])

_LINE = "/sites/{site}/programmes/{programme}/waiting"


@router.get(_LINE, response_model=WaitingView)
async def waiting_list(site: Id, programme: Code, actor: ActorDep, database: DatabaseDep) -> Response:
    """Who waits for a place, in order. When one becomes free nobody is accepted until a coordinator does."""
    terms = await queries.terms_for(database, site, programme, actor)
    waits = await queries.waits(database, terms.intake)
    return shown(terms.intake, WaitingView.of(terms.intake, terms.offer, waits=waits))


@router.put(_LINE + "/{candidate}", response_model=PositionView)
async def put_in_line(
    site: Id,
    programme: Code,
    candidate: Id,
    body: PositionBody,
    command: CommandDep,
    *,
    coordinator: KnownActorDep,
) -> Response:
    """Move somebody in the waiting list, with a reason; If-Match is held against the list's ETag."""

    async def rule(work: Work) -> Intake:
        permit(coordinator, site, Role.COORDINATOR)
        found = queries.here(await work.load(Candidate, candidate), site, programme)
        intake = (await terms_of(work, found)).intake
        command.match(intake)
        found.put_in_line(body.position, by=coordinator, reason=body.reason, intake=intake, now=command.now)
        return intake

    return await command.run(
        rule,
        view=lambda intake: PositionView(
            candidate=candidate, position=intake.position(candidate), of=len(intake.waiting)
        ),
    )


@router.post("/candidates/{candidate}/place/release", response_model=CandidateView)
async def release(
    candidate: Id, body: ReleaseBody, command: CommandDep, coordinator: KnownActorDep
) -> Response:
    """Note that somebody who was accepted needs the place no longer; the end of training does so by itself."""

    async def rule(work: Work) -> Candidate:
        found = await work.load(Candidate, candidate)
        permit(coordinator, found.site, Role.COORDINATOR)
        command.match(found)
        terms = await terms_of(work, found)
        found.give_up_place(by=coordinator, reason=body.reason, terms=terms, now=command.now)
        keep(work, terms.intake)
        return found

    return await command.run(rule, view=CandidateView.of)
