"""Appeals against a decline: made by the person, decided by somebody who had no part in it."""

from fastapi import APIRouter, Response

from services.recruitment import queries
from services.recruitment.api.deps import KnownActorDep
from services.recruitment.api.outcome_bodies import AppealBody, RulingBody
from services.recruitment.api.views import CandidateView
from services.recruitment.api.weighing import terms_of
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.reading import JUDGES
from shared.contracts.envelope import Id
from shared.messaging.work import Work
from shared.web.commands import CommandDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep

router = APIRouter(tags=["appeals"])


@router.post("/candidates/{candidate}/appeal", response_model=CandidateView, status_code=201)
async def appeal(candidate: Id, body: AppealBody, command: CommandDep, database: DatabaseDep) -> Response:
    """Ask that somebody else looks at the decline of your application; once, in the time you were told."""

    async def rule(work: Work) -> Candidate:
        found = await work.load(Candidate, candidate)
        permit(command.actor, found.site, person=found.person)
        command.match(found)
        await queries.must_hold_no_other_place(database, found)
        terms = await terms_of(work, found)
        found.appeal(words=body.words, offer=terms.offer, now=command.now)
        return found

    return await command.run(rule, view=CandidateView.of, status=201)


@router.post("/candidates/{candidate}/appeal/decision", response_model=CandidateView)
async def decide_appeal(
    candidate: Id, body: RulingBody, command: CommandDep, judge: KnownActorDep
) -> Response:
    """Decide an appeal, with a reason: as somebody who neither declined nor interviewed this person."""
    return await command.change(
        Candidate,
        candidate,
        allow=JUDGES,
        do=lambda found: found.decide_appeal(body.outcome, by=judge, reason=body.reason, now=command.now),
        view=CandidateView.of,
    )
