"""Going on: at another site, or earlier than a deferral said."""

from fastapi import APIRouter, Response

from services.recruitment import queries
from services.recruitment.api.deps import KnownActorDep
from services.recruitment.api.outcome_bodies import MoveBody
from services.recruitment.api.views import CandidateView
from services.recruitment.api.weighing import terms_if_any
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.person import Person
from shared.contracts.envelope import Id
from shared.domain.people import Role
from shared.messaging.work import Work
from shared.web.commands import CommandDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep

router = APIRouter(tags=["candidates"])


@router.post("/candidates/{candidate}/move", response_model=CandidateView)
async def move(
    candidate: Id, body: MoveBody, command: CommandDep, *, mover: KnownActorDep, database: DatabaseDep
) -> Response:
    """Go on at another site; a coordinator does it for the person, and notes that they agree."""

    async def rule(work: Work) -> Candidate:
        found = await work.load(Candidate, candidate)
        permit(mover, found.site, Role.COORDINATOR, person=found.person)
        command.match(found)
        to, was = await queries.site_of(work, body.site), found.site
        terms = await terms_if_any(work, found)
        found.move(to, by=mover, consent=body.consent, terms=terms, now=command.now)
        await queries.must_be_new_to_site(database, found)
        (await work.load(Person, found.person)).goes_on_at(found.site, was=was)
        return found

    return await command.run(rule, view=CandidateView.of)


@router.post("/candidates/{candidate}/return", response_model=CandidateView)
async def come_back(candidate: Id, command: CommandDep) -> Response:
    """Say that you are ready before the date of your deferral; a coordinator can note it for you."""
    return await command.change(
        Candidate,
        candidate,
        allow=(Role.COORDINATOR,),
        own="person",
        do=lambda found: found.come_back(by=command.actor, now=command.now),
        view=CandidateView.of,
    )
