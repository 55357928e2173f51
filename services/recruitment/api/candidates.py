"""Candidates: the list, one in full, checks, the decision, withdrawing."""

from fastapi import APIRouter, Response

from services.recruitment import queries
from services.recruitment.api.bodies import CheckBody, DecisionBody, WithdrawalBody
from services.recruitment.api.views import CandidatePage, CandidateView
from services.recruitment.domain.candidate import Candidate, Stage
from services.recruitment.domain.person import Person
from shared.clock import utc_now
from shared.contracts.envelope import Id
from shared.domain.people import Actor, Role
from shared.web.commands import ActorDep, CommandDep
from shared.web.queries import DatabaseDep, Page, PagingDep, page, shown

router = APIRouter(tags=["candidates"])


@router.get("/candidates")
async def list_candidates(
    actor: ActorDep,
    database: DatabaseDep,
    paging: PagingDep,
    site: Id | None = None,
    stage: Stage | None = None,
) -> Page[CandidateView]:
    """Candidates at the sites you work for, oldest first."""
    where = queries.candidates_of_sites(actor, site=site, stage=stage)
    return await page(database, Candidate.collection, where, paging, view=_row)


@router.get("/me/applications")
async def my_applications(actor: ActorDep, database: DatabaseDep, paging: PagingDep) -> Page[CandidateView]:
    """Your own applications."""
    return await page(database, Candidate.collection, {"person": actor.person}, paging, view=_row)


@router.get("/candidates/{candidate}", response_model=CandidatePage)
async def get_candidate(candidate: Id, actor: ActorDep, database: DatabaseDep) -> Response:
    """One candidate: for coordinators of the site, the panel, and the person."""
    found = await queries.candidate_for(database, candidate, actor)
    applicant = await queries.person(database, found.person)
    return shown(found, _full(found, applicant, actor))


@router.post("/candidates/{candidate}/checks", response_model=CandidateView)
async def note_check(candidate: Id, body: CheckBody, command: CommandDep) -> Response:
    """Note how a check stands. A result is a code, never the report."""
    return await command.change(
        Candidate,
        candidate,
        allow=(Role.COORDINATOR,),
        do=lambda found: found.note_check(
            body.check, body.result, by=command.actor.person, now=command.now, expires=body.expires
        ),
        view=CandidateView.of,
    )


@router.post("/candidates/{candidate}/decision", response_model=CandidateView)
async def decide(candidate: Id, body: DecisionBody, command: CommandDep) -> Response:
    """Decide about a candidate, with a reason."""
    return await command.change(
        Candidate,
        candidate,
        allow=(Role.COORDINATOR,),
        do=lambda found: found.decide(
            body.outcome,
            by=command.actor.person,
            reason=body.reason,
            now=command.now,
            deferred_until=body.deferred_until,
            support_contacts=tuple(body.support_contacts),
        ),
        view=CandidateView.of,
    )


@router.post("/candidates/{candidate}/withdrawal", response_model=CandidateView)
async def withdraw(candidate: Id, command: CommandDep, body: WithdrawalBody = WithdrawalBody()) -> Response:
    """Take your application back; a coordinator may on your behalf, with a reason."""
    return await command.change(
        Candidate,
        candidate,
        allow=(Role.COORDINATOR,),
        own="person",
        do=lambda found: found.withdraw(by=command.actor.person, reason=body.reason, now=command.now),
        view=CandidateView.of,
    )


def _row(document: dict[str, object]) -> CandidateView:
    return CandidateView.of(Candidate.rebuild(document))


def _full(candidate: Candidate, applicant: Person, actor: Actor) -> CandidatePage:
    reads = queries.may_read_text(candidate, actor)
    coordinates = actor.holds(candidate.site, Role.COORDINATOR)
    own = actor.person == candidate.person
    last = candidate.decisions[-1] if candidate.decisions else None
    return CandidatePage(
        **CandidateView.of(candidate).model_dump(),
        missing_for_acceptance=list(candidate.missing_for_acceptance(utc_now())) if coordinates else [],
        contact=applicant.contact if coordinates or own else None,
        text=candidate.application.text if reads else None,
        reason=last.reason if last and (coordinates or own) else None,
    )
