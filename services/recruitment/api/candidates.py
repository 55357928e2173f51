"""Candidates: the list, one in full, checks, the decision, withdrawing."""

from fastapi import APIRouter, Response

from services.recruitment import queries
from services.recruitment.api.bodies import CheckBody, DecisionBody, WithdrawalBody
from services.recruitment.api.deps import KnownActorDep
from services.recruitment.api.views import CandidatePage, CandidateView
from services.recruitment.api.weighing import keep, terms_if_any, terms_of
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.stage import Stage
from shared.clock import utc_now
from shared.contracts.envelope import Id
from shared.domain.people import Role
from shared.messaging.work import Work
from shared.web.commands import ActorDep, CommandDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep, Page, PagingDep, VaultDep, page, shown

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
async def get_candidate(
    candidate: Id, reader: KnownActorDep, database: DatabaseDep, vault: VaultDep
) -> Response:
    """One candidate: for staff of the site, the panel and the person, each as far as it concerns them."""
    found = await queries.candidate_for(database, candidate, reader)
    if found.shows_text_to(reader) or found.shows_decision_to(reader):
        await vault.open(found)
    applicant = await queries.person(database, found.person)
    offer = await queries.offer_about(database, found)
    position = await queries.position_of(database, found)
    alike = await queries.alike(database, found) if found.is_coordinated_by(reader) else ()
    seen = CandidatePage.for_reader(
        found,
        reader,
        contact=applicant.contact,
        offer=offer,
        position=position,
        alike=alike,
        now=utc_now(),
    )
    return shown(found, seen)


@router.post("/candidates/{candidate}/checks", response_model=CandidateView)
async def note_check(
    candidate: Id, body: CheckBody, command: CommandDep, coordinator: KnownActorDep
) -> Response:
    """Note how a check stands, or renew it on somebody accepted. A result is a code, never the report."""
    return await command.change(
        Candidate,
        candidate,
        allow=(Role.COORDINATOR,),
        do=lambda found: found.note_check(
            body.check,
            body.result,
            by=coordinator,
            now=command.now,
            expires=body.expires,
            provider_reference=body.provider_reference,
        ),
        view=CandidateView.of,
    )


@router.post("/candidates/{candidate}/decision", response_model=CandidateView)
async def decide(
    candidate: Id, body: DecisionBody, command: CommandDep, coordinator: KnownActorDep
) -> Response:
    """Decide about a candidate, with a reason."""

    async def rule(work: Work) -> Candidate:
        found = await work.load(Candidate, candidate)
        permit(coordinator, found.site, Role.COORDINATOR)
        command.match(found)
        terms = await terms_of(work, found)
        found.decide(
            body.outcome,
            terms=terms,
            by=coordinator,
            reason=body.reason,
            now=command.now,
            deferred_until=body.deferred_until,
            support_contacts=tuple(body.support_contacts),
            beyond_capacity=body.beyond_capacity,
        )
        keep(work, terms.intake)
        return found

    return await command.run(rule, view=CandidateView.of)


@router.post("/candidates/{candidate}/withdrawal", response_model=CandidateView)
async def withdraw(candidate: Id, command: CommandDep, body: WithdrawalBody = WithdrawalBody()) -> Response:
    """Take your application back; a coordinator may on your behalf, with a reason."""

    async def rule(work: Work) -> Candidate:
        found = await work.load(Candidate, candidate)
        permit(command.actor, found.site, Role.COORDINATOR, person=found.person)
        command.match(found)
        terms = await terms_if_any(work, found)
        found.withdraw(by=command.actor, reason=body.reason, terms=terms, now=command.now)
        return found

    return await command.run(rule, view=CandidateView.of)


def _row(document: dict[str, object]) -> CandidateView:
    return CandidateView.of(Candidate.rebuild(document))
